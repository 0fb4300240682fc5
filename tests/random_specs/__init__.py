"""What lint accepts is green: corners of the language, and random specs, made into projects."""
