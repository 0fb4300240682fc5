"""From a spec of an older version of the language to the newest, with its positions."""

from dataclasses import replace

from .document import Data, Document
from .positions import Node, Positions
from .problems import Refusal, quote
from .versions import EACH, NEWEST, Rename, fits, since


def upgrade(document: Document) -> Document:
    """The document in the words of the newest version; its positions are those of the author.

    A spec without a version counts as one of the newest: the model refuses it.

    Raises:
        Refusal: it is of no version that is known.
    """
    version = _version(document.data.get("scaffold", NEWEST))
    data, root = document.data, document.positions.root
    for rename in since(version):
        data = _mapping(data, rename.where, rename)
        root = _node(root, rename.where, rename)
    if "scaffold" in data:
        data = {**data, "scaffold": NEWEST}
    return Document(data, Positions(root, version))


def _version(given: Data) -> int:
    """The version that a spec says it has."""
    if type(given) is int and 1 <= given <= NEWEST:
        return given
    hint = f"Write scaffold: {NEWEST}, or the older version that the spec is written in."
    if type(given) is int and given > NEWEST:
        hint = (
            f"This scaffold knows versions 1 to {NEWEST}: write scaffold: {NEWEST}, or use a newer "
            "scaffold."
        )
    raise Refusal(
        "E-VERSION", f"{quote(given)} is not a version of the language", hint, ("scaffold",)
    )


def _mapping(data: dict[str, Data], where: tuple[str, ...], rename: Rename) -> dict[str, Data]:
    """A mapping with the keys below `where` renamed."""
    if not where:
        return {rename.other(key): value for key, value in data.items()}
    return {
        key: _data(value, where[1:], rename) if fits(where[0], key) else value
        for key, value in data.items()
    }


def _data(value: Data, where: tuple[str, ...], rename: Rename) -> Data:
    match value:
        case dict():
            return _mapping(value, where, rename)
        case tuple() if where[:1] == (EACH,):
            return tuple(_data(each, where[1:], rename) for each in value)
    return value


def _node(node: Node, where: tuple[str, ...], rename: Rename) -> Node:
    """The places of a value with the keys below `where` renamed."""
    match node.children:
        case dict() as children if not where:
            return replace(
                node, children={rename.other(key): each for key, each in children.items()}
            )
        case dict() as children:
            return replace(
                node,
                children={
                    key: _node(each, where[1:], rename) if fits(where[0], key) else each
                    for key, each in children.items()
                },
            )
        case list() as children if where[:1] == (EACH,):
            return replace(node, children=[_node(each, where[1:], rename) for each in children])
    return node
