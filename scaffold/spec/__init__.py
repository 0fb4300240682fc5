"""The spec language: reads `scaffold.yaml` and says, with positions, what is wrong with it.

`load` is where it is entered. Nothing is imported here, so that a feature can take the words of the
language for its keys before the whole language is there.
"""
