"""What is told of a comparison, in every format."""
