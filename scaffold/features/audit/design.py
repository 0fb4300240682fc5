"""What an audit trail means: each effect leaves an event, which nobody changes."""

from __future__ import annotations

from dataclasses import dataclass

from scaffold.design.model import Design


@dataclass(frozen=True, slots=True)
class Trail:
    """Events are kept for so many days."""

    days: int


def days_of(design: Design) -> int:
    """How many days the events of a service are kept."""
    found = design.trait(Trail)
    assert found is not None
    return found.days


def used(design: Design) -> bool:
    """Has some operation an effect?"""
    return any(each.writes for each in design.operations)
