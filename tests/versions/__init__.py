"""The emitted services on each version of PostgreSQL that they may run on."""
