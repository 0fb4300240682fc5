"""What touches PostgreSQL: every statement is a constant, every value a parameter."""
