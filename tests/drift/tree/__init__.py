"""What edits of generated files do."""
