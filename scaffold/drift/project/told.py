"""How the rules of this layer are written, and the orders that only they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scaffold.drift.rule import Example, Rule, Severity
from scaffold.drift.verdict import Absent, Exact, Names, Order, Verdict

PRESENT: Final = Exact()
GUARD: Final = Exact(absent="everything")
REASONS: Final = Names()
"""Reasons why something is weak: more of them are wider, and none is no fact."""


@dataclass(frozen=True, slots=True)
class Unjudged(Order):
    """What could not be read: it may permit anything."""

    absent: Absent = "nothing"

    def verdict(self, before: Any | None, after: Any | None) -> Verdict:
        """Unknown as soon as it is there and was not, or is another one."""
        if after is None:
            return "equal" if before is None else "narrowed"
        return "equal" if before == after else "unknown"

    def compare(self, before: Any, after: Any) -> Verdict:
        """Always unknown."""
        del before, after
        return "unknown"


def rule(
    id_: str,
    name: str,
    severity: Severity,
    *controls: str,
    what: str,
    why: str,
    remedy: str,
    files: Mapping[str, str],
    change: Mapping[str, str | None],
    dual: Mapping[str, str | None],
    order: Order = PRESENT,
    note: bool = False,
    waivable: bool = True,
) -> Rule:
    """A rule of this layer."""
    return Rule(
        id=f"SCF{id_}",
        name=name,
        severity=severity,
        controls=controls,
        layer="project",
        what=what,
        why=why,
        remedy=remedy,
        example=Example(files, change, dual),
        order=order,
        note=note,
        waivable=waivable,
    )


def shown(reasons: frozenset[str] | set[str]) -> str:
    """Reasons in one line, in one order."""
    return "; ".join(sorted(reasons))
