"""The contract of a tree: what it promises of each operation."""
