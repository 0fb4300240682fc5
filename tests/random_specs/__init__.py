"""What lint accepts is green: corners of the language and random specs, each made into a project."""
