"""How the types of values compare: which values a caller may send, or is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scaffold.drift.verdict import Verdict, combined, from_both
from scaffold.types.kind import Kind, holds


@dataclass(frozen=True, slots=True)
class Values:
    """A type with its bounds, and whether the value may be left out."""

    kind: Kind
    optional: bool = False
    many: bool = False


def compare(before: Values | str, after: Values | str) -> Verdict:
    """Does the type of now take more values? A text is a type that follows from other facts."""
    if isinstance(before, str) or isinstance(after, str):
        return "equal"
    old, new = before.kind.data(), after.kind.data()
    if before.many != after.many or old["type"] != new["type"]:
        return "incomparable"
    optional = from_both(before.optional >= after.optional, before.optional <= after.optional)
    found = combined([optional, *_parts(old, new)])
    return "incomparable" if found == "equal" and str(before.kind) != str(after.kind) else found


def _parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Verdict]:
    if "item" in before and "item" in after:
        yield from _parts(before["item"], after["item"])
    if "members" in before and "members" in after:
        yield from _members(before["members"], after["members"])
    old, new = ({k: v for k, v in e.items() if k not in _INNER} for e in (before, after))
    yield from_both(holds(old, new), holds(new, old))


_INNER = ("item", "members", "description")


def _members(before: list[Any], after: list[Any]) -> Iterator[Verdict]:
    old, new = ({each["name"]: each for each in e} for e in (before, after))
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield "narrowed"
        elif name not in old:
            yield "widened"
        else:
            mine, theirs = old[name]["nullable"], new[name]["nullable"]
            yield from_both(mine >= theirs, mine <= theirs)
            yield from _parts(old[name]["kind"], new[name]["kind"])
