"""What a new project is made of, and how its own files follow newer templates."""
