"""Where values come from within a function: what a caller sent, a row, or what the service knows.

Labels follow names, attributes, items, texts, containers and calls within a function, in any order
of its statements, and arguments into functions of the same module, one call deep. What they do not
follow: attributes of instances, values that another module keeps, functions that are called by a
name that is not their own, and calls that give a number, an id or a truth value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, Literal

from scaffold.drift.code.source import Module, Scope, tells_tenant

Label = Literal["input", "row", "action"]
"""`input`: what a caller sent now. `row`: what is stored, which some caller sent before. `action`:
what the service itself says of the call."""
CALLERS: Final[frozenset[Label]] = frozenset({"input", "row"})
NOTHING: Final[frozenset[Label]] = frozenset()

HARMLESS: Final = frozenset(
    {f"builtins.{each}" for each in ("int", "float", "bool", "len", "hash", "isinstance", "round")}
    | {f"builtins.{each}" for each in ("any", "all", "id", "type", "ord")}
    | {"uuid.UUID", "decimal.Decimal", "urllib.parse.quote", "urllib.parse.quote_plus"}
    | {"urllib.parse.urlencode", "datetime.date.fromisoformat", "datetime.datetime.fromisoformat"}
    | {"hashlib.sha256", "hmac.new", "hmac.digest", "hmac.compare_digest"}
)
"""Calls whose result leads nowhere, whatever is given to them."""

_INPUTS: Final = frozenset(
    {"request", "req", "scope", "websocket", "environ", "payload", "event", "body", "headers"}
    | {"query_params", "cookies", "form"}
)
_READS: Final = frozenset({"rows", "connection"})


class Flow:
    """The labels of the expressions of a module."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._names: dict[tuple[int, str], frozenset[Label]] = {}
        self._under_way: set[tuple[int, str]] = set()
        self._given: dict[tuple[int, str], frozenset[Label]] = {}
        self._own: dict[int, dict[str, frozenset[Label]]] = {}
        self.sources = self._sources()
        if self.sources:
            self._pass_on()

    def labels(self, node: ast.AST | None, scope: Scope, left: int = 24) -> frozenset[Label]:
        """What an expression may come from."""
        if node is None or left <= 0 or not self.sources:
            return NOTHING
        if isinstance(node, ast.Name):
            return self._name(node.id, scope)
        if isinstance(node, ast.Constant | ast.Compare | ast.Lambda):
            return NOTHING
        if isinstance(node, ast.Attribute):
            found = self.labels(node.value, scope, left - 1)
            if "action" in found and node.attr in _READS:
                return (found - {"action"}) | {"row"}
            return found
        if isinstance(node, ast.Call):
            return self._call(node, scope, left)
        if isinstance(node, ast.Subscript):
            return self.labels(node.value, scope, left - 1)
        if isinstance(node, ast.IfExp):
            return self.labels(node.body, scope, left - 1) | self.labels(
                node.orelse, scope, left - 1
            )
        found = NOTHING
        for each in ast.iter_child_nodes(node):
            if isinstance(each, ast.comprehension):
                found |= self.labels(each.iter, scope, left - 1)
            else:
                found |= self.labels(each, scope, left - 1)
        return found

    def from_callers(self, node: ast.AST | None, scope: Scope) -> bool:
        """May callers have chosen the value of an expression?"""
        return bool(self.labels(node, scope) & CALLERS)

    def from_input(self, node: ast.AST | None, scope: Scope) -> bool:
        """May the caller of now have chosen it?"""
        return "input" in self.labels(node, scope)

    def from_action(self, node: ast.AST | None, scope: Scope) -> bool:
        """Does it come from what the service says of the call?"""
        return "action" in self.labels(node, scope)

    def labels_within(self, node: ast.AST, scope: Scope) -> frozenset[Label]:
        """What the names of an expression come from, also of one that only asks."""
        found = NOTHING
        for each in ast.walk(node):
            if isinstance(each, ast.Name):
                found |= self._name(each.id, scope)
        return found

    def _call(self, node: ast.Call, scope: Scope, left: int) -> frozenset[Label]:
        origin = self.module.origin(node.func, scope)
        if origin in HARMLESS:
            return NOTHING
        found = self.labels(node.func, scope, left - 1) if origin is None else NOTHING
        for each in node.args:
            found |= self.labels(each, scope, left - 1)
        for keyword in node.keywords:
            found |= self.labels(keyword.value, scope, left - 1)
        return found

    def _name(self, name: str, scope: Scope) -> frozenset[Label]:
        where = scope.where(name)
        if where is None:
            return NOTHING
        key = (id(where), name)
        known = self._names.get(key)
        if known is not None:
            return known
        if key in self._under_way:
            return NOTHING
        self._under_way.add(key)
        found = NOTHING
        if name in where.parameters:
            found |= self._own.get(id(where), {}).get(name, NOTHING)
            found |= self._given.get(key, NOTHING)
        for value, _ in where.assigned.get(name, ()):
            found |= self.labels(value, where)
        self._under_way.discard(key)
        if not self._under_way:
            # Within a cycle of names the answer may still lack what the others have.
            self._names[key] = found
        return found

    def _sources(self) -> bool:
        for _, scope in self.module.of(ast.FunctionDef, ast.AsyncFunctionDef):
            own = dict(self._parameters(scope))
            if own:
                self._own[id(scope)] = own
        return bool(self._own)

    def _parameters(self, scope: Scope) -> Iterator[tuple[str, frozenset[Label]]]:
        hook = is_hook(self.module, scope)
        for name, parameter in scope.parameters.items():
            label = self._annotated(parameter, scope) or self._called(name, hook)
            if label:
                yield name, frozenset({label})

    def _annotated(self, parameter: ast.arg, scope: Scope) -> Label | None:
        origin = _type(self.module, parameter, scope.parent or scope)
        tail = origin.rpartition(".")[2]
        if tells_tenant(tail):
            return "action"
        if origin.startswith(f"{self.module.package}.resources.") or origin == tail:
            if tail.endswith("Row"):
                return "row"
            if tail.endswith("Input"):
                return "input"
        if tail in ("Request", "WebSocket", "HTTPConnection"):
            return "input"
        return None

    def _called(self, name: str, hook: bool) -> Label | None:
        if name in _INPUTS:
            return "input"
        if hook:
            if name in ("action", "committed"):
                return "action"
            return "input" if name == "data" else "row"
        return None

    def _pass_on(self) -> None:
        for _ in range(2):
            for call, scope in self.module.of(ast.Call):
                target = self._target(call, scope)
                if target is None:
                    continue
                names = list(target.parameters)
                if names[:1] in (["self"], ["cls"]):
                    names = names[1:]
                pairs = [*zip(names, call.args, strict=False)]
                pairs += [(k.arg, k.value) for k in call.keywords if k.arg in target.parameters]
                for name, value in pairs:
                    key = (id(target), str(name))
                    found = self.labels(value, scope)
                    if found - self._given.get(key, NOTHING):
                        self._given[key] = self._given.get(key, NOTHING) | found
            self._names.clear()

    def _target(self, call: ast.Call, scope: Scope) -> Scope | None:
        function = call.func
        if isinstance(function, ast.Name):
            where = scope.where(function.id)
            found = where.children.get(function.id) if where else None
            return found if found is not None and found.is_function else None
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            if function.value.id == "self":
                at: Scope | None = scope
                while at is not None and not isinstance(at.node, ast.ClassDef):
                    at = at.parent
                return at.children.get(function.attr) if at else None
            where = scope.where(function.value.id)
            owner = where.children.get(function.value.id) if where else None
            return owner.children.get(function.attr) if owner else None
        return None


def is_hook(module: Module, scope: Scope) -> bool:
    """Is a function one that the service calls?"""
    if not module.is_hooks or not scope.is_function or not scope.parameters:
        return False
    if scope.parent is None or scope.parent.parent is not None:
        return False
    name, first = next(iter(scope.parameters.items()))
    if name in ("action", "committed") or first.annotation is None:
        return True
    if scope.name.startswith("backfill_"):
        return True
    return tells_tenant(_type(module, first, module.scope).rpartition(".")[2])


def _type(module: Module, parameter: ast.arg, scope: Scope) -> str:
    """The dotted name of the type of a parameter, without what it is of; of one that is written as
    a text, the last word; empty where there is none."""
    annotation = parameter.annotation
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    if isinstance(annotation, ast.Constant):
        return str(annotation.value).partition("[")[0].rpartition(".")[2]
    return module.origin(annotation, scope) or "" if annotation is not None else ""
