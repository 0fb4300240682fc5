"""The resources: each has its models, its statements and its handlers."""
