"""Notebook: a resource of Notes."""
