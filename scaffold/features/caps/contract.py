"""Caps in the contract."""

from __future__ import annotations

from typing import Any

from scaffold.contract.parts import LIMIT, RESETS_AT, Components, Demands
from scaffold.design.model import Operation
from scaffold.features.caps.design import of
from scaffold.spec.names import MAX_NAME

EXPLAINED: dict[str, Any] = {
    "cap": {
        "type": "string",
        "maxLength": MAX_NAME,
        "description": "With spending_cap_exceeded: the cap.",
    },
    "limit": LIMIT,
    "resets_at": RESETS_AT,
}
"""What the problem document of a cap says beside its reason."""


def components() -> Components:
    """The members of that problem document."""
    return Components(members=EXPLAINED)


def demands(operation: Operation) -> Demands | None:
    """How much each role may spend by the operation."""
    found = {
        each.name: {limits.role: dict(each.written(limits)) for limits in each.roles}
        for each in of(operation)
    }
    return Demands(extensions={"x-caps": found}) if found else None
