"""Insecure drift: what widens is found, and what does not widen is let through."""
