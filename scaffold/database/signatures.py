"""The parameters and results that the stored functions share."""

from __future__ import annotations

from scaffold.database.schema import Parameter

BIGINT, BOOLEAN, JSONB, TEXT, UUID = "bigint", "boolean", "jsonb", "text", "uuid"
TEXTS, VERSIONS = "text[]", "bigint[]"

INPUT = Parameter("p_input", TEXT, argument="call.body or None")
"""What an action was sent."""
CALLER = ("p_caller", "caller_")
CALL = (("p_tenant", UUID), ("p_caller", JSONB))
ID = ("id", UUID)
OUTCOME = ("outcome", TEXT)
ROLES = ("roles", TEXTS)
VERSION = ("version", BIGINT)
BODY = ("body", TEXT)


def parameters(*pairs: tuple[str, str]) -> tuple[Parameter, ...]:
    """Parameters or results from their names and types."""
    return tuple(Parameter(name, type_) for name, type_ in pairs)
