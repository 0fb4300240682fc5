"""What a mutant is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scaffold.drift.rule import Severity
from tests.drift.mutation.services import Files, Service

Operator = Callable[[Service], Files]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change for the worse, and its dual: one of the same kind that must not block.

    Both raise NoPlace where a service has no place for them. `runs` says that the application is
    looked at as well.
    """

    id: str
    title: str
    severity: Severity
    change: Operator
    dual: Operator
    runs: bool = False
