"""The tree: what lies on disk, compared with what the spec yields, and brought to it whole."""
