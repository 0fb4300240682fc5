"""Note: a resource of Notes."""
