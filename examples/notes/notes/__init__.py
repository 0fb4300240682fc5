"""Notes: Notes that a team shares.

Generated from scaffold.yaml: change the spec and run `scaffold generate`. Your own code
lives in hooks/.
"""
