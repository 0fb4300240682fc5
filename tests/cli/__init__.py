"""The commands, the tree and the lock."""
