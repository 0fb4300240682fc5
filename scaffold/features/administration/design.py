"""What the administration of members means."""

from __future__ import annotations

from dataclasses import dataclass

from scaffold.design.model import Design

MEMBER = "member"
"""The resource of members, and their table, which every service has."""


@dataclass(frozen=True, slots=True)
class View:
    """What is told to the emitted tests: the operations on members that somebody is granted, by
    their names in the spec. `limited` says that some grant of another one than `assign` names
    roles, and `members` that there is a grant on them at all.
    """

    granted: frozenset[str]
    limited: bool
    members: bool

    def has(self, *names: str) -> bool:
        """Is one of these granted?"""
        return not self.granted.isdisjoint(names)


def used(design: Design) -> bool:
    """Is somebody granted members, or the tenant itself?"""
    return any(each.is_tenant or each.name == MEMBER for each in design.entities)


def view(design: Design) -> View:
    """The operations on members that somebody is granted."""
    found = [each for each in design.operations if each.entity == MEMBER]
    limited = any(
        way.gives is not None
        for each in found
        if each.action not in ("", "assign")
        for way in each.alternatives
    )
    return View(frozenset(each.action or each.verb for each in found), limited, bool(found))
