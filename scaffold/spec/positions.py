"""Where the parts of a spec stand."""

from collections.abc import Iterator
from dataclasses import dataclass

from .problems import Path
from .versions import NEWEST, written


@dataclass(slots=True)
class Node:
    """Where a value stands. In a mapping `key_line` and `key_column` say where its key stands."""

    line: int
    column: int
    key_line: int
    key_column: int
    children: "dict[str, Node] | list[Node] | None" = None

    def child(self, key: str | int) -> "Node | None":
        """The node under a key or index, or None when there is none."""
        match self.children:
            case dict() if isinstance(key, str):
                return self.children.get(key)
            case list() if isinstance(key, int) and 0 <= key < len(self.children):
                return self.children[key]
        return None


class Positions:
    """Where the parts of a spec stand. Lines and columns count from 1.

    Paths are those of the newest version of the language; `version` is the one that was written.
    """

    def __init__(self, root: Node, version: int = NEWEST) -> None:
        """Looks up positions below `root`."""
        self.root = root
        self.version = version

    def written(self, path: Path) -> Path:
        """The path in the words of the version that the spec is written in."""
        return written(path, self.version)

    def renamed(self) -> Iterator[tuple[Path, Node]]:
        """The places of the keys that the newest version calls otherwise, with their paths."""
        left: list[tuple[Path, Node]] = [((), self.root)]
        while left:
            path, node = left.pop()
            if path[-1:] != self.written(path)[-1:]:
                yield path, node
            match node.children:
                case dict() as children:
                    left += (((*path, key), each) for key, each in children.items())
                case list() as children:
                    left += (((*path, index), each) for index, each in enumerate(children))

    def of(self, path: Path) -> tuple[int, int]:
        """Where `path` begins: its key in a mapping, the item itself in a list.

        For a path that the spec does not spell out it is the nearest part around it.
        """
        node, _ = self._nearest(path)
        return node.key_line, node.key_column

    def value(self, path: Path) -> tuple[int, int]:
        """Where the value of `path` begins; as `of` for a path that is not there.

        A single word stands for a list of one, so the first item of a scalar is the scalar.
        """
        node, depth = self._nearest(path)
        if depth == len(path) or (node.children is None and path[depth:] == (0,)):
            return node.line, node.column
        return node.key_line, node.key_column

    def has(self, path: Path) -> bool:
        """Whether the spec spells `path` out."""
        return self._nearest(path)[1] == len(path)

    def near(self, location: Path) -> tuple[int, int]:
        """Where `location` begins, without its keys that are not there.

        A location of the model has tags of unions among its keys.
        """
        node = self.root
        for key in location:
            node = node.child(key) or node
        return node.key_line, node.key_column

    def _nearest(self, path: Path) -> tuple[Node, int]:
        """The node of the longest part of `path` that is there, and its length."""
        node = self.root
        for depth, key in enumerate(path):
            below = node.child(key)
            if below is None:
                return node, depth
            node = below
        return node, len(path)
