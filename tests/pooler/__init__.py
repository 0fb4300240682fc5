"""The emitted service behind PgBouncer in transaction mode."""
