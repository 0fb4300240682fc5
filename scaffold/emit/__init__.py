"""From a design to files: the plan is pure, the tree is what lies on disk."""
