"""What the developer's own SQL does to the database that the generated SQL makes."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.drift.change import Change, changes
from scaffold.drift.database.read import SUFFIXES, read
from scaffold.drift.facts import surface_of
from scaffold.drift.trees import Entry, Tree


class Generated(Tree):
    """A tree without the SQL that is not below the store of its service."""

    def __init__(self, tree: Tree, package: str) -> None:
        self.name = tree.name
        self._tree = tree
        self._inside = f"{package}/store/"

    @property
    def entries(self) -> dict[str, Entry]:
        """The files that are left."""
        return {
            path: entry
            for path, entry in self._tree.entries.items()
            if path.startswith(self._inside) or not path.lower().endswith(SUFFIXES)
        }

    def read(self, path: str) -> bytes | None:
        """The bytes of a file."""
        return self._tree.read(path)


def beside(head: Tree, before: Tree | None, package: str) -> Iterator[Change]:
    """What SQL outside of the store of a service changes, and did not change in `before`.

    It is taken to be applied last. Nothing is read where there is none.
    """
    known = {each.fingerprint for each in _done(before, package)} if before else set()
    for each in _done(head, package):
        if each.fingerprint not in known:
            yield each


def _done(tree: Tree, package: str) -> list[Change]:
    inside = f"{package}/store/"
    if not any(
        path.lower().endswith(SUFFIXES) and not path.startswith(inside) for path in tree.entries
    ):
        return []
    without = surface_of(read(Generated(tree, package), package))
    return [*changes(without, surface_of(read(tree, package)))]
