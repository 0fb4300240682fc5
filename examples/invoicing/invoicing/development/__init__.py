"""For a developer's machine only: a database, an issuer of tokens, data, and a docs page."""
