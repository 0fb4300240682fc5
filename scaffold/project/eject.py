"""Leaving scaffold: a plain project, in which nothing speaks of where it comes from.

The service needs nothing of scaffold when it runs. What is left to do is in the files around it:
they are merged with those that a project without a generator has, as `scaffold update` merges.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scaffold import __version__
from scaffold.emission import Emission, emit_project, read_spec
from scaffold.history.past import SNAPSHOT
from scaffold.plan.files import plan
from scaffold.project import own
from scaffold.project.create import own_files
from scaffold.project.own import BASE, MAX_FILE, OWNED, Base
from scaffold.project.update import Offer, offers
from scaffold.spec.load import loads
from scaffold.spec.problems import SpecError
from scaffold.tree.check import check
from scaffold.tree.paths import LOCK, SCHEMA, SPEC, Roots, confine, roots
from scaffold.tree.transaction import TRANSACTION, change, interrupted, recover

WORD: Final = "scaffold"
PINS: Final = ("requirements-scaffold.txt", "requirements-scaffold-packages.txt")
HOOK: Final = ".pre-commit-config.yaml"
_FORGES: Final = (".github", ".gitlab")
_SKIPPED: Final = frozenset({"__pycache__", "node_modules"})


class EjectError(ValueError):
    """The project cannot be ejected; nothing was written."""


@dataclass(frozen=True, slots=True)
class Ejection:
    """What leaving takes: files to write and to remove, and what is left to their author.

    `package` is that of the service.
    """

    package: str
    write: Mapping[str, bytes]
    remove: tuple[str, ...]
    left: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A line that speaks of scaffold."""

    path: str
    line: int


def prepare(project: Path) -> Ejection:
    """What leaving takes.

    Raises:
        ProjectError, SpecError, HistoryError, BaseError: it is no sound project.
        EjectError: it is not what its spec yields, or nobody knows which edits are its author's.
    """
    emission = emit_project(project)
    if check(project, emission):
        raise EjectError(
            "The project is not what its spec yields. Run scaffold check, which says where, and "
            "scaffold generate. Nothing was written"
        )
    base = own.read(project, __version__)
    if base is None:
        raise EjectError(
            f"There is no {BASE}, so nobody can tell your edits from what scaffold wrote. Run "
            "scaffold update --adopt first. Nothing was written"
        )
    design = emission.design
    texts = own_files(base.project, design, base.pin, base.ci, ejected=True)
    found = list(offers(project, base, Base(__version__, base.project, base.pin, texts)))
    # Of a file with conflicts, what is clean: the lines in conflict stay their author's.
    taken = {each.path: each.content for each in found if each.content}
    kept = [LOCK, SCHEMA, BASE, *PINS, f"{design.name}/{SNAPSHOT}", SPEC]
    # With hooks of the developer's own in it, it stays, and is told as speaking of scaffold.
    if (hook := _text(project, HOOK)) is not None and hook == base.files.get(HOOK):
        kept.append(HOOK)
    return Ejection(
        package=design.name,
        write={**_plain(emission), **taken},
        remove=tuple(each for each in kept if os.path.lexists(project / each)),
        left=tuple(each for each in found if each.state in ("conflict", "left")),
    )


def _text(project: Path, path: str) -> str | None:
    """A file of the project, if it is a regular one and text."""
    try:
        place = confine(project, path)
        plain = place.is_file() and not place.is_symlink()
        return place.read_text(encoding="utf-8") if plain else None
    except (OSError, ValueError):
        return None


def eject(project: Path, found: Ejection) -> None:
    """Does what leaving takes, as a whole or not at all.

    Raises:
        TransactionError, UnsafePath, OSError: it cannot be done; the project is as it was.
    """
    change(project, found.write, found.remove, _allowed(found.package))


def undo(project: Path) -> bool:
    """Puts back what an interrupted ejection has done; False where there is none.

    Raises:
        TransactionError: it was another change that was interrupted.
        UnsafePath, OSError: it cannot be done.
    """
    if not interrupted(project):
        return False
    for place in (project / SPEC, project / TRANSACTION / "old" / SPEC):
        try:
            package = loads(read_spec(place), str(place)).service.name
        except (OSError, SpecError):
            continue
        return recover(project, _allowed(package))
    return False


def mentions(project: Path) -> Iterator[Mention]:
    """The lines of a project that speak of scaffold, environments and caches aside."""
    for directory, directories, files in os.walk(project):
        directories[:] = sorted(
            each
            for each in directories
            if each not in _SKIPPED and (not each.startswith(".") or each in _FORGES)
        )
        for name in sorted(files):
            place = Path(directory) / name
            for number in _lines(place):
                yield Mention(place.relative_to(project).as_posix(), number)


def _lines(place: Path) -> Iterator[int]:
    """The numbers of the lines of a text that speak of scaffold."""
    if place.is_symlink() or not place.is_file() or place.stat().st_size > MAX_FILE:
        return
    content = place.read_bytes()
    if b"\0" in content:
        return
    for number, line in enumerate(content.lower().splitlines(), 1):
        if WORD.encode() in line:
            yield number


def _plain(emission: Emission) -> dict[str, bytes]:
    """The generated files that have another text in an ejected project."""
    texts = plan(emission.design, ejected=True, fills=bool(emission.migration_hooks))
    found = {path: text.encode() for path, text in texts.items()}
    return {path: each for path, each in found.items() if each != emission.files[path]}


def _allowed(package: str) -> Roots:
    """What leaving may write or remove, and what its journal may name."""
    return Roots(roots(package).directories, (SCHEMA, BASE, SPEC, *sorted(OWNED)))
