"""Versions of the generator, `X.Y.Z`, and ranges of them. Both are closed grammars."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = r"(?:0|[1-9][0-9]{0,5})"
_VERSION = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})", re.ASCII)
_BOUND = re.compile(r"(>=|<=|==|<|>)(\S+)")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version; versions compare as numbers do."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        """The version as it is written."""
        return f"{self.major}.{self.minor}.{self.patch}"


def version(text: str) -> Version:
    """The version that a text says.

    Raises:
        ValueError: it is not of the form X.Y.Z.
    """
    found = _VERSION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r:.60} is not a version of the form X.Y.Z")
    return Version(*map(int, found.groups()))


@dataclass(frozen=True, slots=True)
class Range:
    """Versions that keep all of the bounds, each an operator and a version."""

    bounds: tuple[tuple[str, Version], ...]

    def __contains__(self, other: Version) -> bool:
        """Does a version keep every bound?"""
        return all(_keeps(other, operator, bound) for operator, bound in self.bounds)

    def __str__(self) -> str:
        """The range as it is written."""
        return ",".join(f"{operator}{bound}" for operator, bound in self.bounds)


def _keeps(other: Version, operator: str, bound: Version) -> bool:
    match operator:
        case ">=":
            return other >= bound
        case "<=":
            return other <= bound
        case "<":
            return other < bound
        case ">":
            return other > bound
    return other == bound


def version_range(text: str) -> Range:
    """The range that a text says, such as `>=0.2.0,<0.4.1`.

    Raises:
        ValueError: it is none.
    """
    bounds = []
    for each in text.split(","):
        found = _BOUND.fullmatch(each.strip())
        if found is None:
            raise ValueError(f"{text!r:.60} is not a range such as >=0.2.0,<0.4.1")
        bounds.append((found[1], version(found[2])))
    return Range(tuple(bounds))
