"""What the actions of the service do. Yours: scaffold never writes here again."""
