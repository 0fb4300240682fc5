"""Member: Who belongs here."""
