"""The history of a project's tables as it lies in its tree.

Migrations are written once and are immutable then: the snapshot beside them, and the lock, hold
their digests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scaffold.history.past import MIGRATIONS, SNAPSHOT, HistoryError, Past, read
from scaffold.tree.paths import UnsafePath, confine

MAX_BYTES = 64 * 1024 * 1024


def past_of(project: Path, package: str) -> Past | None:
    """The history of the service `package` in a project; None where there is none.

    Raises:
        HistoryError: its snapshot is missing or damaged.
    """
    content = _content(project, f"{package}/{SNAPSHOT}")
    if content is None:
        if any(_lying(project, package)):
            raise HistoryError(
                f"{package}/{SNAPSHOT} is missing, and there are migrations. Take it back from "
                "version control: it says which tables they have made."
            )
        return None
    return read(content)


def _lying(project: Path, package: str) -> Iterator[Path]:
    try:
        yield from confine(project, f"{package}/{MIGRATIONS}/x").parent.glob("*.sql")
    except UnsafePath:
        return


def _content(project: Path, path: str) -> bytes | None:
    """A file of the project, as far as it can be read and is of a sensible size."""
    try:
        with confine(project, path).open("rb") as file:
            return file.read(MAX_BYTES)
    except (OSError, UnsafePath):
        return None
