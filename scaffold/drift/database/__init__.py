"""The SQL of a tree, read without a database: what its statements leave behind, and for whom."""
