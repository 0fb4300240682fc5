"""What an audit trail means: each effect leaves an event, which nobody changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scaffold.design.model import Design, Operation

FILTERED = ("resource", "resource_id", "member_id")
"""The fields of events that are asked for by their value."""
EVENT = "audit_event"
"""The resource of events, and their table."""


@dataclass(frozen=True, slots=True)
class View:
    """What is told to the emitted tests: a role that lists all events, or nothing, whether somebody
    exports them, and what each role that does can filter them by."""

    reader: str
    exports: bool
    filters: Mapping[str, str]


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
    """Has some operation an effect, or is somebody granted the events?"""
    return any(each.writes or each.entity == EVENT for each in design.operations)


def exports(design: Design) -> list[Operation]:
    """The export of events, if somebody is granted it."""
    return [each for each in design.operations if each.entity == EVENT and each.verb == "export"]


def filters(design: Design) -> Mapping[str, str]:
    """By role: a field by which it filters the events that it exports, if it is shown one."""
    found: dict[str, str] = {}
    for export in exports(design):
        columns = [e for e in design.entity(EVENT).columns if e.name in FILTERED]
        for way in export.alternatives:
            shown = [each.name for each in columns if way.covers(each)]
            for role in way.roles if shown else ():
                found.setdefault(role, min(shown, key=FILTERED.index))
    return found


def reader(design: Design) -> str:
    """A role that lists all events with all that they say, if there is one."""
    for each in design.operations:
        if each.entity == EVENT and each.verb == "list":
            for way in each.alternatives:
                if not way.conditions and way.fields is None:
                    return way.roles[0]
    return ""
