"""The generated files beside what the spec yields: what an edit of them does."""
