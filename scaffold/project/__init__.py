"""A new project: the files that become the developer's, beside the generated ones."""
