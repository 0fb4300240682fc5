"""The tree: what lies on disk, compared with what the spec yields, and brought to it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffold.tree import lock as locks
from scaffold.tree.digest import digest
from scaffold.tree.lock import LockError
from scaffold.tree.paths import LOCK, Roots, UnsafePath, confine
from scaffold.tree.transaction import change

if TYPE_CHECKING:
    from scaffold.emission import Emission

IRREGULAR = "not a regular file"
REPLACE = "--replace-initial-migration"

CACHES = frozenset({".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"})


@dataclass(frozen=True, slots=True)
class Difference:
    """What it takes to bring the tree to what the spec yields.

    `left` are files that the lock lists and that are not generated files: nobody touches them.
    `extra` are files in the generated directories that scaffold did not write: nobody touches
    them either, and `check` finds them until somebody moves or deletes them.
    """

    created: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    left: tuple[str, ...]
    extra: tuple[str, ...]

    def __bool__(self) -> bool:
        """Is there anything to do?"""
        return bool(self.created or self.changed or self.removed)


def compare(project: Path, emission: Emission, listed: Iterable[str] | None = None) -> Difference:
    """What `lay` would do to a project.

    `listed` are the files that were generated before; if left out, those of the lock.

    Raises:
        HistoryError: a migration is not as it was written.
    """
    from scaffold.history.past import HistoryError

    for path in changed_history(project, emission):
        gone = digest_of(project, path) is None
        raise HistoryError(
            f"{path} {'is missing' if gone else 'was changed'}. A migration that was "
            "written is history: databases may have it already. Take it back from version "
            "control, or, as long as nothing is deployed, have the history begin anew:\n"
            f"  scaffold generate {REPLACE}"
        )
    wanted = {**emission.files, LOCK: locks.write(emission.lock)}
    found = {path: digest_of(project, path) for path in wanted}
    former = _former(project, emission, _listed(project) if listed is None else listed)
    return Difference(
        created=tuple(path for path, each in found.items() if each is None),
        changed=tuple(
            path
            for path, each in found.items()
            if each is not None and each != digest(wanted[path])
        ),
        removed=tuple(path for path in former if emission.roots.hold(path)),
        left=tuple(path for path in former if not emission.roots.hold(path)),
        extra=tuple(path for path in extra(project, emission) if path not in former),
    )


def lay(project: Path, emission: Emission, difference: Difference) -> None:
    """Brings a project to what its spec yields, as a whole or not at all.

    Raises:
        TransactionError, UnsafePath, OSError: it cannot be done; the tree is as it was.
    """
    wanted = {**emission.files, LOCK: locks.write(emission.lock)}
    write = {path: wanted[path] for path in (*difference.created, *difference.changed)}
    change(project, write, difference.removed, emission.roots)


def changed_history(project: Path, emission: Emission) -> list[str]:
    """The migrations that are not as they were written."""
    kept = emission.kept
    return [path for path, written in kept.items() if digest_of(project, path) != written]


def _listed(project: Path) -> Iterable[str]:
    try:
        known = locks.read(project)
    except LockError:
        return ()  # it is about to be replaced
    return known[0].files if known else ()


def _former(project: Path, emission: Emission, listed: Iterable[str]) -> list[str]:
    """The files among those `listed` that exist, and that are no longer emitted."""
    # On a file system that ignores case, APP.py is app.py.
    emitted = {path.casefold() for path in emission.lock.files}
    return sorted(
        path for path in {*listed} if path.casefold() not in emitted and _exists(project, path)
    )


def _exists(project: Path, path: str) -> bool:
    try:
        return os.path.lexists(confine(project, path))
    except UnsafePath:
        return False


def content_of(project: Path, path: str) -> bytes | None:
    """The content of a file of the project, None where there is none that can be read."""
    try:
        return _content(project, path)
    except (UnsafePath, OSError):
        return None


def _content(project: Path, path: str) -> bytes | None:
    """The content of a regular file, and None of anything else."""
    place = confine(project, path)
    return place.read_bytes() if stat.S_ISREG(place.lstat().st_mode) else None


def digest_of(project: Path, path: str) -> str | None:
    """The digest of a file of the project, None where there is none, or `IRREGULAR`."""
    try:
        content = _content(project, path)
        return IRREGULAR if content is None else digest(content)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (UnsafePath, OSError):
        return IRREGULAR


def holds(project: Path, files: Mapping[str, str], allowed: Roots) -> bool:
    """Does the project hold these files, by their digests, and no other in the generated roots?"""
    lying = set(_lying(project, allowed))
    return lying <= files.keys() and all(
        digest_of(project, path) == each for path, each in files.items()
    )


def extra(project: Path, emission: Emission) -> list[str]:
    """What lies in the generated directories and is not emitted."""
    known = emission.lock.files
    return sorted(path for path in _lying(project, emission.roots) if path not in known)


def _lying(project: Path, roots: Roots) -> Iterator[str]:
    """Every file and link in the generated directories, caches of Python tools aside."""
    for root in roots.directories:
        if (project / root).is_symlink():
            yield root
            continue
        for directory, directories, files in os.walk(project / root):
            below = Path(directory).relative_to(project).as_posix()
            compiled = below.endswith("/__pycache__")
            links = [each for each in directories if os.path.islink(f"{directory}/{each}")]
            directories[:] = [each for each in directories if each not in CACHES]
            for name in (*links, *files):
                if not (compiled and name.endswith(".pyc")):
                    yield f"{below}/{name}"
