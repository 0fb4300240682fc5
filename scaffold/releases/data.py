"""The releases: `releases.toml` beside this module, read and checked.

A release lists what it changed in the files that scaffold writes. An entry of kind `security`
stands in the release that mends a weakness and says which versions had it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from scaffold.releases.version import Range, Version, version, version_range

Kind = Literal["security", "changed", "fixed", "added"]
"""The kinds of entries, in the order in which they are told."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

Severity = Literal["critical", "high", "medium", "low"]
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)

Surface = Mapping[str, Any]

PLACE: Final = Path(__file__).with_name("releases.toml")

_ID = re.compile(r"SCF-20[0-9]{2}-[0-9]{3}")
_CONTROL = re.compile(r"[A-Z]+-[0-9]+")


class ReleasesError(ValueError):
    """The data of the releases is wrong: a defect of scaffold."""


@dataclass(frozen=True, slots=True)
class Where:
    """What a project has to use for a weakness to concern it: a fact of the surface in its lock.

    The section has a fact, and one of the words of its name is `word` if there is one, such as
    `idempotency_key` of `order:create idempotency_key`.
    """

    section: str
    word: str | None

    def holds(self, surface: Surface) -> bool:
        """Does a surface, which may be anybody's, have such a fact?"""
        facts = surface.get(self.section)
        if not isinstance(facts, Mapping):
            return False
        return any(self.word is None or self.word in str(name).split() for name in facts)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `text` says what, and of a weakness what was weak."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Weakness(Entry):
    """A weakness of what versions of scaffold wrote, and what its users do.

    `controls` are ids of docs/controls.md. Without `where` it concerns every project.
    """

    id: str
    severity: Severity
    affected: Range
    remedy: str
    controls: tuple[str, ...]
    where: Where | None

    def concerns(self, written_by: Version, surface: Surface) -> bool:
        """Does it concern a project that a version wrote, with this surface?"""
        return written_by in self.affected and (self.where is None or self.where.holds(surface))


@dataclass(frozen=True, slots=True)
class Release:
    """What one version changed."""

    version: Version
    entries: tuple[Entry, ...]


def releases(place: Path = PLACE) -> tuple[Release, ...]:
    """All releases, the oldest first.

    Raises:
        ReleasesError: the data is wrong.
    """
    return parse(place.read_text(encoding="utf-8"))


def parse(text: str) -> tuple[Release, ...]:
    """The releases that a text in TOML says, the oldest first.

    Raises:
        ReleasesError: it is not of the form of releases.toml.
    """
    try:
        found = [_release(each) for each in tomllib.loads(text)["release"]]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReleasesError(f"the releases are wrong: {error}") from error
    versions = [each.version for each in found]
    ids = [each.id for one in found for each in one.entries if isinstance(each, Weakness)]
    if len(set(versions)) < len(versions) or len(set(ids)) < len(ids):
        raise ReleasesError("a version or the id of a weakness stands there twice")
    return tuple(sorted(found, key=lambda each: each.version))


def _release(content: Mapping[str, Any]) -> Release:
    content = dict(content)
    number = version(content.pop("version"))
    entries = tuple(_entry(each) for each in content.pop("entry"))
    _closed(content)
    for each in entries:
        if isinstance(each, Weakness) and number in each.affected:
            raise ValueError(f"{each.id} stands in {number}, which it says to be affected")
    return Release(number, entries)


def _entry(content: Mapping[str, Any]) -> Entry:
    content = dict(content)
    kind, text = content.pop("kind"), _text(content.pop("text"))
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a kind")
    if kind != "security":
        _closed(content)
        return Entry(kind, text)
    where = content.pop("where", None)
    found = Weakness(
        kind=kind,
        text=text,
        id=content.pop("id"),
        severity=content.pop("severity"),
        affected=version_range(content.pop("affected")),
        remedy=_text(content.pop("remedy")),
        controls=tuple(content.pop("controls")),
        where=None if where is None else _where(where),
    )
    _closed(content)
    if not _ID.fullmatch(found.id) or found.severity not in SEVERITIES:
        raise ValueError(f"{found.id!r}, {found.severity!r}: wrong id or severity")
    if not found.controls or not all(_CONTROL.fullmatch(each) for each in found.controls):
        raise ValueError(f"{found.id} names no control, or one that is no id")
    return found


def _where(content: Mapping[str, Any]) -> Where:
    content = dict(content)
    found = Where(_text(content.pop("section")), content.pop("word", None))
    _closed(content)
    return found


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text is missing")
    return " ".join(value.split())


def _closed(rest: Mapping[str, Any]) -> None:
    if rest:
        raise ValueError(f"{sorted(rest)} are no keys")
