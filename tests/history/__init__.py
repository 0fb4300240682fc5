"""What becomes of a database while its spec changes."""
