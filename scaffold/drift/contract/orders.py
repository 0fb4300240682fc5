"""How what a contract promises compares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scaffold.drift.verdict import Absent, Order, Rate, Verdict, combined, from_both

Alternatives = frozenset[frozenset[str]]
Branch = Mapping[str, Any]
"""What one of the schemas that a value may match asks for, by keyword."""

ANONYMOUS: Final[Alternatives] = frozenset({frozenset()})
UPPER: Final = ("maxLength", "maxItems", "maximum", "maxProperties", "exclusiveMaximum")
LOWER: Final = ("minLength", "minItems", "minimum", "minProperties", "exclusiveMinimum")
SAME: Final = ("pattern", "format", "const", "multipleOf", "not", "propertyNames", "default")
_RATE: Final = re.compile(r"([0-9]+)/([0-9]+)s", re.ASCII)


@dataclass(frozen=True, slots=True)
class Credentials(Order):
    """Alternatives of credentials; each has to be shown as a whole."""

    absent: Absent = "nothing"

    def verdict(self, before: Any | None, after: Any | None) -> Verdict:
        """A new operation is wider where it asks for nothing."""
        if after is None:
            return "equal" if before is None else "narrowed"
        if before is None:
            return "widened" if frozenset() in after else "equal"
        return Order.verdict(self, before, after)

    def compare(self, before: Any, after: Any) -> Verdict:
        """Narrower, if every alternative contains one of the others."""
        return from_both(_within(after, before), _within(before, after))


def _within(one: Alternatives, other: Alternatives) -> bool:
    return all(any(each >= least for least in other) for each in one)


def least(alternatives: Alternatives) -> Alternatives:
    """Without the alternatives that ask for more than another one."""
    return frozenset(
        each for each in alternatives if not any(other < each for other in alternatives)
    )


@dataclass(frozen=True, slots=True)
class Rates(Order):
    """Rates by their scope; a scope without one is not limited."""

    absent: Absent = "nothing"

    def compare(self, before: Any, after: Any) -> Verdict:
        """Scope by scope."""
        scopes = sorted(before.keys() | after.keys())
        order = Rate()
        return combined(
            order.verdict(_rate(before.get(each)), _rate(after.get(each))) for each in scopes
        )


def _rate(text: object) -> str | None:
    if text is None:
        return None
    found = _RATE.fullmatch(str(text))
    return f"{found[1]} in {found[2]} s" if found else str(text)


@dataclass(frozen=True, slots=True)
class Values(Order):
    """What a value may be: one of some branches, each with its bounds."""

    absent: Absent = "nothing"

    def compare(self, before: Any, after: Any) -> Verdict:
        """Narrower, if every branch is within one of the others."""
        return from_both(_covered(after, before), _covered(before, after))


def _covered(one: tuple[Branch, ...], other: tuple[Branch, ...]) -> bool:
    return all(any(_fits(each, wide) for wide in other) for each in one)


def _fits(one: Branch, other: Branch) -> bool:
    """Is every value of `one` one of `other`, as far as that can be told?"""
    for key in UPPER:
        if key in other and not (key in one and _number(one[key]) <= _number(other[key])):
            return False
    for key in LOWER:
        if key in other and not (key in one and _number(one[key]) >= _number(other[key])):
            return False
    for key in SAME:
        if key in other and one.get(key) != other[key] and not _is_null(one):
            return False
    if "default" in one and "default" not in other:
        return False
    if "enum" in other and not ("enum" in one and one["enum"] <= other["enum"]):
        return False
    if "type" in other and not ("type" in one and _types(one["type"]) <= _types(other["type"])):
        return False
    return not any(other.get(key) and not one.get(key) for key in ("uniqueItems", "required"))


def _is_null(branch: Branch) -> bool:
    return branch.get("type") == frozenset({"null"})


def _types(types: frozenset[str]) -> frozenset[str]:
    return types | {"integer"} if "number" in types else types


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("inf")
