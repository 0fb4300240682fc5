"""Events of providers that are heard now, and were not before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scaffold.drift.spec.witness import Asked, named
from scaffold.drift.witness import Trial, Tried, Witness
from scaffold.features.inbound.design import view

IMPORTS: Final = ("import time", "from tests.contract.test_inbound import effective, event_of")
MARGIN: Final = 5
"""Seconds by which an event was too old."""


def older_event(asked: Asked) -> Iterator[Witness]:
    """An event that was signed longer ago."""
    age = _number(asked.old) + MARGIN
    if age + MARGIN < _number(asked.now):
        said = f"signed {age} seconds ago"
        yield _heard(asked, said, {"age": age}, "assert 401 in ")


def larger_event(asked: Asked) -> Iterator[Witness]:
    """An event with a larger body."""
    size = _number(asked.old) + 1
    yield _heard(asked, f"of {size} bytes", {"size": size}, "assert 413 in ")


def other_mode(asked: Asked) -> Iterator[Witness]:
    """An event that says of itself that it is meant for somewhere else."""
    both = [
        {
            each.type
            for at, each in view(design).tried
            if at.name == asked.match["webhook"] and each.hook is None  # which may decline
        }
        for design in (asked.before.design, asked.after.design)
    ]
    if asked.now == "not asked":
        for each in sorted(both[0] & both[1]):
            more = {"mode": tuple(asked.old.split(".")), "type": each}
            yield _heard(asked, "of another mode", more, "assert 'other_mode' == ")


def _heard(asked: Asked, said: str, more: Mapping[str, Any], before: str) -> Witness:
    webhook = asked.match["webhook"]
    name = named(webhook, asked.change.key.rpartition(" ")[2])
    whole = {"webhook": webhook, "age": 0, "size": 0, "mode": (), "type": "", **more}
    test = Trial(name, "inbound/witness_event.jinja", whole, before, IMPORTS)
    return Tried(f"an event of {webhook} that is {said} is heard now", test)


def _number(text: str) -> int:
    found = re.match(r"[0-9]+", text)
    return int(found[0]) if found else 0
