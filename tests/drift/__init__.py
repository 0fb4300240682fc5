"""Insecure drift: who gained what."""
