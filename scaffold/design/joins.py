"""What whoever becomes a member is told: the same for every way to become one."""

from __future__ import annotations

from scaffold import naming
from scaffold.design.model import Design, Input
from scaffold.types.kind import Kind
from scaffold.types.list import ListKind
from scaffold.types.string import StringKind
from scaffold.types.uuid import UuidKind

MEMBERSHIP = "Membership"
"""The model of the answer."""
MAX_ROLES = 50
MAX_ROLE = 40


def membership(design: Design) -> tuple[Input, ...]:
    """The members of the answer: the tenant, who one is in it, and what one may do."""
    tenant = naming.words(design.tenant)
    return (
        _told(
            naming.reference(design.tenant), UuidKind(), f"The {tenant} that one belongs to now."
        ),
        _told("member_id", UuidKind(), "Who one is there."),
        _told(
            "roles", ListKind(StringKind(0, MAX_ROLE), 0, MAX_ROLES, unique=False), "Their roles."
        ),
    )


def _told(name: str, kind: Kind, description: str) -> Input:
    return Input(name, kind, description, False, True, None, "internal")
