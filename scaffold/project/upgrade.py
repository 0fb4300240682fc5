"""The spec of a project in the newest version of the language: what it would be, and writing it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scaffold.design.resolve import resolve
from scaffold.emission import read_spec, spec_of
from scaffold.spec.load import loads, loads_with_positions
from scaffold.spec.problems import SpecError
from scaffold.spec.rewrite import rewrite
from scaffold.tree.paths import SPEC
from scaffold.tree.transaction import replace


class UpgradeError(ValueError):
    """The spec cannot be upgraded; nothing was written."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A spec file before and after; `version` is the one that it has before."""

    version: int
    before: bytes
    after: bytes


def upgrade(project: Path) -> Upgrade:
    """What the spec of a project is in the newest version, where it means the same.

    Raises:
        ProjectError, SpecError: there is no project, or its spec is refused.
        UpgradeError: the spec is a link, or would not mean the same.
    """
    place = spec_of(project)
    if place.is_symlink():
        raise UpgradeError(
            f"{place} is a symbolic link, and an upgrade would put a file in its place. Replace "
            "it by the file that it leads to"
        )
    before = read_spec(place)
    spec, positions = loads_with_positions(before, str(place))
    after = rewrite(before, str(place))
    try:
        same = resolve(loads(after, str(place))) == resolve(spec)
    except SpecError:
        same = False
    if not same:
        raise UpgradeError(
            f"{place} would not mean the same in the newest version of the language. Nothing was "
            "written. Rename its keys by hand, as the documentation of the language lists them"
        )
    return Upgrade(positions.version, before, after)


def write(project: Path, found: Upgrade) -> None:
    """Replaces the spec by the upgraded one.

    Raises:
        UpgradeError: it was changed meanwhile.
        TransactionError, UnsafePath, OSError: it cannot be done; the spec is as it was.
    """
    if read_spec(spec_of(project)) != found.before:
        raise UpgradeError(f"{project / SPEC} was changed meanwhile. Run this again")
    replace(project, SPEC, found.after)
