"""The developer's own code: what it does that a hook is not given to do. Read, and never run."""

from scaffold.drift.code.read import RULES, read

__all__ = ["RULES", "read"]
