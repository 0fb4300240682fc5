"""The facts of the contract of a tree."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scaffold.drift.contract import rules
from scaffold.drift.contract.orders import ANONYMOUS, Alternatives, Branch, least
from scaffold.drift.contract.shapes import Document, Shape, Unresolved
from scaffold.drift.database.build import digest
from scaffold.drift.facts import Fact, Place
from scaffold.drift.rule import Rule
from scaffold.drift.trees import Tree

RULES: Final[tuple[Rule, ...]] = rules.RULES
CONTRACT: Final = "openapi.json"
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
PRECONDITIONS: Final = ("if-match", "idempotency-key")
REFUSALS: Final = frozenset(
    {"401", "402", "403", "404", "409", "412", "413", "415", "422", "428", "429"}
)
MEANING: Final = ("x-permission", "x-tenancy", "x-feature", "x-quota", "x-runs-as")
LONG: Final = 100
_PARAMETER: Final = re.compile(r"\{[^{}/]*\}")


def read(tree: Tree, package: str) -> Iterator[Fact]:
    """The facts of a contract; none where there is no contract."""
    path = f"{package}/{CONTRACT}"
    entry = tree.entries.get(path)
    if entry is None:
        return
    place = Place(path)
    yield Fact(rules.there, path, "is there", place)
    content = tree.read(path)
    try:
        if content is None:
            raise Unresolved(f"it is a {entry.sort}, or too large")
        document = json.loads(content, object_pairs_hook=_once)
        if not isinstance(document, dict):
            raise Unresolved("it is no object")
        yield from [*_facts(Document(document), _Lines(content, path))]
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        said = " ".join(str(error).split())[:120] or type(error).__name__
        yield Fact(rules.unjudged, path, said, place)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; readers do not agree on one that has a key twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unresolved("an object has a key twice")
    return found


class _Lines:
    """Where the paths of a contract stand in its text."""

    def __init__(self, content: bytes, path: str) -> None:
        self._path = path
        self._known: dict[bytes, int] = {}
        for number, line in enumerate(content.split(b"\n"), 1):
            if line.lstrip().startswith(b'"/'):
                self._known.setdefault(line.strip().split(b'"')[1], number)

    def of(self, path: str) -> Place:
        """The place of a path of the contract, or of the contract."""
        return Place(self._path, self._known.get(path.encode("utf-8", "replace"), 1))


def _facts(document: Document, lines: _Lines) -> Iterator[Fact]:
    root = document.root
    yield from _servers("servers", root, lines.of(""))
    schemes = document.resolved(root.get("components", {})).get("securitySchemes", {})
    for section, sent in (("paths", False), ("webhooks", True)):
        items = root.get(section) or {}
        for path, item in items.items():
            item = document.resolved(item)
            for method in METHODS:
                if method not in item:
                    continue
                key = f"{method.upper()} {_PARAMETER.sub('{}', path)}"
                if sent:
                    yield from _event(document, f"webhook {key}", item[method], lines.of(path))
                    continue
                called = _Operation(document, key, item, item[method], lines.of(path))
                yield from called.facts(root.get("security"), schemes)


def _servers(key: str, node: Mapping[str, Any], place: Place) -> Iterator[Fact]:
    if "servers" not in node:
        return
    found = set()
    for each in node["servers"]:
        url = str(each.get("url", ""))
        for name, variable in (each.get("variables") or {}).items():
            choices = variable.get("enum")
            said = "|".join(sorted(map(str, choices))) if choices else "anything"
            url = url.replace(f"{{{name}}}", f"<{said}>")
        found.add(url.rstrip("/").replace(",", "%2C") or "/")
    value = ", ".join(sorted(found)) or "none"
    yield Fact(rules.servers, key, value, place)


def _event(
    document: Document, key: str, operation: Mapping[str, Any], place: Place
) -> Iterator[Fact]:
    """What an event tells its receiver."""
    yield Fact(rules.operation, key, "is sent", place)
    yield _names(rules.answered, key, _told(_bodies(document, operation.get("requestBody"))), place)


def _names(rule: Rule, key: str, names: set[str], place: Place) -> Fact:
    value = ", ".join(sorted(names)) or "none"
    if len(value) > LONG:
        value = f"{len(names)} of them ({digest(value)})"
    return Fact(rule, key, value, place, frozenset(names))


def _told(shapes: Mapping[str, Shape]) -> set[str]:
    return {
        place
        for each in shapes.values()
        for place in each.places
        if place
        and not any(place == one or place.startswith((f"{one}.", f"{one}[")) for one in each.secret)
    }


def _bodies(document: Document, body: Any) -> dict[str, Shape]:
    """The shapes of a body by their media types."""
    content = document.resolved(body).get("content") or {}
    return {
        media.split(";")[0].strip().lower(): document.shape(document.resolved(each).get("schema"))
        for media, each in content.items()
        if document.resolved(each).get("schema") is not None
    }


class _Operation:
    """One operation of a contract."""

    def __init__(
        self,
        document: Document,
        key: str,
        item: Mapping[str, Any],
        operation: Mapping[str, Any],
        place: Place,
    ) -> None:
        self._document = document
        self._key = key
        self._item = item
        self._operation = operation
        self._place = place

    def facts(self, inherited: Any, schemes: Mapping[str, Any]) -> Iterator[Fact]:
        """What is promised of it."""
        key, place = self._key, self._place
        yield Fact(rules.operation, key, "is there", place)
        found = self._credentials(inherited, schemes)
        yield Fact(rules.credentials, key, _said(found), place, found)
        for node in (self._item, self._operation):
            yield from _servers(f"{key}: servers", node, place)
        yield from self._parameters()
        responses = self._operation.get("responses") or {}
        yield _names(rules.refusals, key, {*responses} & REFUSALS, place)
        yield from self._bodies()
        answers = {
            status: _bodies(self._document, each)
            for status, each in responses.items()
            if str(status).startswith(("2", "3", "d"))
        }
        told = {each for shapes in answers.values() for each in _told(shapes)}
        yield _names(rules.answered, key, told, place)
        yield from self._extensions()

    def _credentials(self, inherited: Any, schemes: Mapping[str, Any]) -> Alternatives:
        asked = self._operation.get("security", inherited)
        if not asked:
            return ANONYMOUS
        found = set()
        for alternative in asked:
            needed = set()
            for name, scopes in alternative.items():
                scheme = _scheme(self._document.resolved(schemes.get(name)), name)
                needed.add(scheme)
                needed |= {f"{scheme} {scope}" for scope in scopes}
            found.add(frozenset(needed))
        return least(frozenset(found))

    def _parameters(self) -> Iterator[Fact]:
        """Parameters, those of the path included."""
        found: dict[tuple[str, str], Mapping[str, Any]] = {}
        for node in (self._item, self._operation):
            for each in node.get("parameters") or ():
                one = self._document.resolved(each)
                where, name = str(one.get("in")), str(one.get("name"))
                found[where, name.lower() if where == "header" else name] = one
        for name in PRECONDITIONS:
            one = found.get(("header", name), {})
            value = "none" if not one else "required" if one.get("required") is True else "optional"
            yield Fact(rules.precondition, f"{self._key}: {name}", value, self._place)
        named = {f"{where} {name}" for where, name in found if where != "path"}
        yield _names(rules.parameters, self._key, named, self._place)
        for (where, name), one in sorted(found.items()):
            shape = self._document.shape(one.get("schema", {}))
            label = where if where == "path" else f"{where} {name}"
            yield from self._bounds(label, shape)

    def _bodies(self) -> Iterator[Fact]:
        shapes = _bodies(self._document, self._operation.get("requestBody"))
        opened = {f"{place} ({media})" for media, each in shapes.items() for place in each.open}
        yield _names(rules.opened, self._key, opened, self._place)
        written = {place for each in shapes.values() for place in each.places if place}
        media = {f"({each})" for each in shapes}
        yield _names(rules.written, self._key, written | media, self._place)
        for each in shapes.values():
            yield from self._bounds("", each)

    def _bounds(self, label: str, shape: Shape) -> Iterator[Fact]:
        for place, branches in shape.places.items():
            name = f"{label} {place}".strip() or "body"
            value = " or ".join(_spelled(each) for each in branches)
            if len(value) > LONG:
                value = f"{value[: LONG - 20]}... ({digest(value)})"
            yield Fact(rules.bounds, f"{self._key}: {name}", value, self._place, branches)

    def _extensions(self) -> Iterator[Fact]:
        operation, key, place = self._operation, self._key, self._place
        rates = {f"{k}": v for k, v in (operation.get("x-rate-limit") or {}).items()}
        plans = operation.get("x-rate-limit-of-plans") or {}
        rates |= {f"plan {plan}": each for plan, each in plans.items()}
        value = ", ".join(f"{k} {v}" for k, v in sorted(rates.items())) or "none"
        yield Fact(rules.rates, key, value, place, rates)
        callers = {*map(str, operation.get("x-roles") or ())}
        if "x-open-to" in operation:
            callers.add(f"({operation['x-open-to']})")
        yield _names(rules.roles, key, callers, place)
        value = str(operation.get("x-step-up-seconds", "none"))
        yield Fact(rules.step_up, key, value, place)
        said = {each: operation[each] for each in MEANING if each in operation}
        value = json.dumps(said, sort_keys=True)
        yield Fact(rules.meaning, key, value if len(value) <= LONG else digest(value), place, value)


def _scheme(scheme: Mapping[str, Any], name: str) -> str:
    """What a scheme is, whatever it is called."""
    kind = scheme.get("type")
    if kind == "http":
        return f"http {scheme.get('scheme', '')} {scheme.get('bearerFormat', '')}".strip()
    if kind == "apiKey":
        return f"{scheme.get('in')} {scheme.get('name')}"
    if kind in ("oauth2", "openIdConnect"):
        flows = json.dumps([scheme.get("flows"), scheme.get("openIdConnectUrl")], sort_keys=True)
        return f"{kind} {digest(flows)}"
    return str(kind or f"{name} (undefined)")


def _said(alternatives: Alternatives) -> str:
    if frozenset() in alternatives:
        return "nobody is asked who they are"
    return " or ".join(sorted(" and ".join(sorted(each)) for each in alternatives))


def _spelled(branch: Branch) -> str:
    words = []
    for key, value in sorted(branch.items()):
        shown = "|".join(sorted(value)) if isinstance(value, frozenset) else value
        words.append(f"{key} {shown}")
    return ", ".join(words) or "anything"
