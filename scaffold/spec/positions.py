"""Where the parts of a spec stand."""

from dataclasses import dataclass

from .problems import Path


@dataclass(slots=True)
class Node:
    """Where a value stands. In a mapping `key_line` and `key_column` say where its key stands."""

    line: int
    column: int
    key_line: int
    key_column: int
    children: "dict[str, Node] | list[Node] | None" = None

    def child(self, key: str | int) -> "Node | None":
        """Return the node under a key or index, or None when there is none."""
        match self.children:
            case dict() if isinstance(key, str):
                return self.children.get(key)
            case list() if isinstance(key, int) and 0 <= key < len(self.children):
                return self.children[key]
        return None


class Positions:
    """Where the parts of a spec stand. Lines and columns count from 1."""

    def __init__(self, root: Node) -> None:
        """Look up positions below `root`."""
        self.root = root

    def of(self, path: Path) -> tuple[int, int]:
        """Return where `path` begins: its key in a mapping, the item itself in a list.

        For a path that the spec does not spell out it is the nearest part around it.
        """
        node = self._nearest(path)
        return node.key_line, node.key_column

    def value(self, path: Path) -> tuple[int, int]:
        """Return where the value of `path` begins; as `of` for a path that is not there."""
        node = self._nearest(path)
        if self.has(path):
            return node.line, node.column
        return node.key_line, node.key_column

    def has(self, path: Path) -> bool:
        """Return whether the spec spells `path` out."""
        node: Node | None = self.root
        for key in path:
            node = node.child(key) if node else None
        return node is not None

    def _nearest(self, path: Path) -> Node:
        node = self.root
        for key in path:
            below = node.child(key)
            if below is None:
                break
            node = below
        return node
