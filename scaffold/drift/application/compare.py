"""What became of the application as it runs since a base."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scaffold.drift.application.read import read
from scaffold.drift.application.run import ApplicationError
from scaffold.drift.change import Change, changes
from scaffold.drift.facts import Surface, surface_of
from scaffold.drift.trees import Tree
from scaffold.emission import Emission, ProjectError, emit_project
from scaffold.history.past import HistoryError
from scaffold.spec.problems import SpecError

LAID: Final = (".py", ".yaml", ".json", ".sql", ".toml", ".lock", ".pyc", ".pth")
"""Files of a base that an import may read."""


def changed(
    project: Path, python: Path, emission: Emission, before: Tree | None
) -> Iterator[Change]:
    """In what the application of a project is not what its spec yields, and was not in `before`.

    The application of `before` is looked at where that of the project is not as it is to be, and
    excuses what may be approved: a wrapper that was there is no change. An application of the base
    that cannot be looked at excuses nothing.

    Raises:
        ApplicationError: the application of the project could not be looked at.
    """
    found = surface_of(read(project, python, emission))
    known = _known(before, python) if found and before is not None else {}
    for each in changes(known, found):
        if each.blocks:
            yield each


def _known(before: Tree, python: Path) -> Surface:
    """What may be approved, and is so in a base."""
    try:
        with _laid(before) as place:
            told = [*read(place, python, emit_project(place))]
    except (ApplicationError, ProjectError, SpecError, HistoryError, OSError):
        return {}
    return surface_of(each for each in told if each.rule.waivable)


@contextmanager
def _laid(tree: Tree) -> Iterator[Path]:
    """A directory with the files of a tree that an import may read."""
    with tempfile.TemporaryDirectory(prefix="scaffold-") as directory:
        place = Path(directory)
        for path in tree.under("", suffix=""):
            content = tree.read(path) if path.endswith(LAID) else None
            if content is None or ".." in path.split("/") or path.startswith("/"):
                continue
            target = place / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        yield place
