"""The surface of a project: facts of several layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from scaffold.drift.rule import Rule

Layer = Literal["spec", "tree", "application", "code", "contract", "database", "project"]
"""Where a fact is read: the spec; the generated files; the application as it runs; the developer's
own code; the contract; a database; configuration, requirements and what git and CI are told."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a fact stands in the project: a path relative to it, and a line that counts from 1."""

    path: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is true of a state of a project.

    `key` is stable: it does not change while the thing stays the same, and holds no line number.
    `value` is what people read, one line; `point` is what the order of the rule compares, where
    that is not the value itself.
    """

    rule: Rule
    key: str
    value: str
    place: Place
    point: Any = None

    @property
    def compared(self) -> Any:
        """What the order compares."""
        return self.value if self.point is None else self.point


Surface = Mapping[tuple[str, str], Fact]
"""Facts by the id of their rule and their key."""


def surface_of(facts: Iterable[Fact]) -> Surface:
    """The surface of some facts. Of two with one key, the later one is numbered."""
    found: dict[tuple[str, str], Fact] = {}
    numbers: dict[tuple[str, str], int] = {}
    for each in facts:
        first = key = (each.rule.id, each.key)
        while key in found:
            numbers[first] = number = numbers.get(first, 1) + 1
            key = (each.rule.id, f"{each.key} ({number})")
        found[key] = each
    return found
