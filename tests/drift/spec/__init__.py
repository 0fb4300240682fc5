"""The layer of the spec."""
