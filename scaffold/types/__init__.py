"""The field types: one module a type, with its keys and all that the stages ask of it."""
