"""Advice about a spec that is valid: what it says, and its author probably did not mean."""
