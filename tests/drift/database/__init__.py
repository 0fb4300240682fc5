"""The static read of SQL."""
