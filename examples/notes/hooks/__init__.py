"""What the actions of the service do: yours to write."""
