"""The shape of what is sent and answered, with references resolved, and bounded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from scaffold.drift.contract.orders import LOWER, SAME, UPPER, Branch

MAX_NODES: Final = 200_000
MAX_DEPTH: Final = 32
MAX_BRANCHES: Final = 64

Schema = Mapping[str, Any]


class Unresolved(ValueError):
    """A document cannot be followed; the message says why."""


@dataclass(slots=True)
class Shape:
    """The places of a value: what each may be, which are objects that take anything, and which
    are only ever written."""

    places: dict[str, tuple[Branch, ...]] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    secret: set[str] = field(default_factory=set)


class Document:
    """A document in JSON whose references point into itself."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self._left = MAX_NODES
        self._known: dict[int, tuple[Any, Shape]] = {}

    def resolved(self, node: Any) -> Mapping[str, Any]:
        """What a node is, or refers to.

        Raises:
            Unresolved: it refers to something else than a part of this document.
        """
        seen: set[str] = set()
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            target = node["$ref"]
            if target in seen:
                raise Unresolved(f"{target} refers to itself")
            seen.add(target)
            beside = {key: each for key, each in node.items() if key != "$ref"}
            found = self._at(target)
            node = {**found, **beside} if beside and isinstance(found, dict) else found
        return node if isinstance(node, dict) else {}

    def _at(self, target: str) -> Any:
        if not target.startswith("#"):
            raise Unresolved(f"{target:.80} is outside of the document")
        node: Any = self.root
        for part in target[1:].split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and name in node:
                node = node[name]
            else:
                raise Unresolved(f"{target:.80} is not there")
        return node

    def shape(self, schema: Any) -> Shape:
        """The shape of the values of a schema.

        Raises:
            Unresolved: it is too large, or refers to nothing.
        """
        target = self._target(schema)
        known = self._known.get(id(target))
        if known is None:
            known = (target, Shape())  # which is kept, so that nothing else has its id
            self._visit("", [(schema, False)], (), known[1])
            self._known[id(target)] = known
        return known[1]

    def _visit(
        self, at: str, schemas: Sequence[tuple[Any, bool]], above: tuple[int, ...], found: Shape
    ) -> None:
        if len(above) > MAX_DEPTH:
            return  # a recursive schema: what is deeper is as what is above
        branches: list[Branch] = []
        children: dict[str, list[tuple[Any, bool]]] = {}
        for schema, required in schemas:
            for each in self._alternatives(schema, False, 0):
                self._left -= 1
                if self._left < 0 or len(branches) > MAX_BRANCHES:
                    raise Unresolved("its schemas are too large")
                branches.append(_branch(each, required))
                if each.get("writeOnly") is True:
                    found.secret.add(at)
                if _is_object(each):
                    closed = each.get("additionalProperties") is False
                    if not closed and each.get("unevaluatedProperties") is not False:
                        found.open.add(at or "body")
                for name, child, needed in _children(each):
                    children.setdefault(f"{at}{name}".lstrip("."), []).append((child, needed))
        found.places[at] = tuple(branches)
        for name, below in sorted(children.items()):
            ids = tuple(id(self._target(each)) for each, _ in below)
            if ids and all(each in above for each in ids):
                found.places.setdefault(name, ({"recursive": True},))
                continue
            self._visit(name, below, (*above, *ids), found)

    def _target(self, schema: Any) -> Any:
        if isinstance(schema, dict) and isinstance(schema.get("$ref"), str) and len(schema) == 1:
            return self._at(schema["$ref"])
        return schema

    def _alternatives(self, schema: Any, closed: bool, depth: int) -> Iterator[Schema]:
        """A schema without `allOf`, `anyOf` and `oneOf`: each of the schemas that are one of it."""
        if depth > MAX_DEPTH:
            raise Unresolved("its schemas refer to each other")
        if schema is True or schema == {}:
            yield {}
            return
        node = self.resolved(schema)
        closed = closed or node.get("unevaluatedProperties") is False
        plain = {key: each for key, each in node.items() if key not in ("allOf", "anyOf", "oneOf")}
        if closed:
            plain["unevaluatedProperties"] = False
        whole: list[Schema] = [plain]
        for part in _list(node, "allOf"):
            whole = [
                _both(one, other)
                for one in whole
                for other in self._alternatives(part, closed, depth + 1)
            ][: MAX_BRANCHES + 1]
        for keyword in ("anyOf", "oneOf"):
            if parts := _list(node, keyword):
                whole = [
                    _both(one, other)
                    for one in whole
                    for part in parts
                    for other in self._alternatives(part, closed, depth + 1)
                ][: MAX_BRANCHES + 1]
        yield from whole


def _list(node: Schema, keyword: str) -> list[Any]:
    found = node.get(keyword)
    return found if isinstance(found, list) else []


def _both(one: Schema, other: Schema) -> Schema:
    merged = {**one, **other}
    for keyword in ("properties",):
        if isinstance(one.get(keyword), dict) and isinstance(other.get(keyword), dict):
            merged[keyword] = {**one[keyword], **other[keyword]}
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if one.get(keyword) is False:
            merged[keyword] = False
    if isinstance(one.get("required"), list) and isinstance(other.get("required"), list):
        merged["required"] = [*one["required"], *other["required"]]
    return merged


def _is_object(schema: Schema) -> bool:
    types = schema.get("type")
    named = types == "object" or (isinstance(types, list) and "object" in types)
    return named or (types is None and ("properties" in schema or not schema))


def _children(schema: Schema) -> Iterator[tuple[str, Any, bool]]:
    required = _list(schema, "required")
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for name, child in properties.items():
            yield f".{name}", child, name in required
    for keyword, mark in (("items", "[]"), ("additionalProperties", ".*"), ("contains", "[]")):
        if isinstance(schema.get(keyword), dict):
            yield mark, schema[keyword], False
    patterns = schema.get("patternProperties")
    if isinstance(patterns, dict):
        for pattern, child in patterns.items():
            yield f"./{pattern}/", child, False


def _branch(schema: Schema, required: bool) -> Branch:
    found: dict[str, Any] = {"required": True} if required else {}
    for key in (*UPPER, *LOWER, "uniqueItems"):
        if key in schema:
            found[key] = schema[key]
    for key in SAME:
        if key in schema:
            found[key] = json.dumps(schema[key], sort_keys=True)
    if isinstance(schema.get("enum"), list):
        found["enum"] = frozenset(json.dumps(each, sort_keys=True) for each in schema["enum"])
    types = schema.get("type")
    if isinstance(types, str | list):
        found["type"] = frozenset([types] if isinstance(types, str) else map(str, types))
    return found
