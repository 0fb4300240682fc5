"""The emitted SQL on a real PostgreSQL: two releases side by side, and their migrations."""
