"""What an expression is worth as far as its text says so, and a short way to write it."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from scaffold.drift.code.source import Function, Module, Scope

HOLE: Final = "\0"
"""Where a text has something that is not known."""
LIMIT: Final = 90
"""Characters of what is shown of code."""
_DEEP: Final = 12
_FIELD: Final = re.compile(r"\{[^{}]*\}|%(?:\(\w+\))?[sdr]")
_CREDENTIALS: Final = re.compile(r"(://[^:/@\s]*):[^@/\s]+@")
_OPAQUE: Final = re.compile(r"(?=[A-Za-z0-9_+/=-]*[0-9])[A-Za-z0-9_+/=-]{24,}")
_SAME_TEXT: Final = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "casefold", "encode"})


@dataclass(slots=True)
class Folded:
    """A text with HOLE for what is not known, and the expressions that stand there."""

    text: str = ""
    holes: list[ast.expr] = field(default_factory=list)

    def add(self, other: Folded) -> None:
        """Appends another one."""
        self.text += other.text
        self.holes += other.holes


def constant(module: Module, node: ast.AST, scope: Scope) -> str | None:
    """The text of an expression that is constant; None for any other."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.expr):
        return None
    found = fold(module, node, scope)
    return None if found.holes or not found.text else found.text


def fold(module: Module, node: ast.expr, scope: Scope, left: int = _DEEP) -> Folded:
    """What is known of the text of an expression."""
    if left <= 0:
        return Folded(HOLE, [node])
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes):
            return Folded(node.value.decode("latin-1"))
        return Folded(str(node.value))
    if isinstance(node, ast.JoinedStr):
        return _joined(module, node.values, scope, left)
    if isinstance(node, ast.FormattedValue | ast.Await | ast.NamedExpr):
        return fold(module, node.value, scope, left - 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _joined(module, [node.left, node.right], scope, left)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _filled(module, node.left, [node.right], scope, left)
    if isinstance(node, ast.IfExp):
        found = fold(module, node.body, scope, left - 1)
        found.add(Folded("\n"))
        found.add(fold(module, node.orelse, scope, left - 1))
        return found
    if isinstance(node, ast.Call):
        return _call(module, node, scope, left)
    if isinstance(node, ast.Name):
        return _name(module, node, scope, left)
    if isinstance(node, ast.Attribute):
        dotted = module.origin(node, scope)
        elsewhere = _elsewhere(module, dotted, left) if dotted else None
        if elsewhere is not None:
            return elsewhere
    return Folded(HOLE, [node])


def _joined(module: Module, nodes: list[ast.expr], scope: Scope, left: int) -> Folded:
    found = Folded()
    for each in nodes:
        found.add(fold(module, each, scope, left - 1))
    return found


def _filled(
    module: Module, text: ast.expr, values: list[ast.expr], scope: Scope, left: int
) -> Folded:
    """A text whose fields are filled in, in the order of the values."""
    found = fold(module, text, scope, left - 1)
    parts = [
        each
        for value in values
        for each in (value.elts if isinstance(value, ast.Tuple) else [value])
    ]
    for part in parts:
        inside = fold(module, part, scope, left - 1)
        filled, count = _FIELD.subn(lambda _, text=inside.text: text, found.text, count=1)  # type: ignore[misc] # one each
        found.text = filled if count else f"{found.text} {inside.text}"
        found.holes += inside.holes
    return found


def _call(module: Module, node: ast.Call, scope: Scope, left: int) -> Folded:
    function = node.func
    if isinstance(function, ast.Attribute):
        if function.attr == "format":
            values = [*node.args, *(each.value for each in node.keywords)]
            return _filled(module, function.value, values, scope, left)
        if function.attr == "join" and len(node.args) == 1:
            listed = node.args[0]
            if isinstance(listed, ast.List | ast.Tuple):
                between = fold(module, function.value, scope, left - 1)
                found = Folded()
                for index, each in enumerate(listed.elts):
                    if index:
                        found.add(between)
                    found.add(fold(module, each, scope, left - 1))
                return found
        if function.attr in _SAME_TEXT or function.attr == "decode":
            return fold(module, function.value, scope, left - 1)
        if function.attr == "replace" and len(node.args) == 2:
            base = fold(module, function.value, scope, left - 1)
            old, new = (fold(module, each, scope, left - 1) for each in node.args)
            if not old.holes and not new.holes and old.text:
                return Folded(base.text.replace(old.text, new.text), base.holes)
            base.add(Folded(HOLE, new.holes or [node]))
            return base
    origin = module.origin(function, scope)
    known = ("builtins.str", "textwrap.dedent", "inspect.cleandoc", "sqlalchemy.text")
    if origin in known and node.args:
        return fold(module, node.args[0], scope, left - 1)
    return Folded(HOLE, [node])


def _name(module: Module, node: ast.Name, scope: Scope, left: int) -> Folded:
    where = scope.where(node.id)
    if where is None:
        return Folded(HOLE, [node])
    if node.id in where.imports:
        found = _elsewhere(module, where.imports[node.id], left)
        return found if found is not None else Folded(HOLE, [node])
    values = where.assigned.get(node.id, [])
    if node.id in where.parameters or not values or not all(exact for _, exact in values):
        return Folded(HOLE, [node])
    found = Folded()
    for value, _ in values:
        # One that is bound to itself and more adds only what is more.
        other = (
            Folded()
            if isinstance(value, ast.Name) and value.id == node.id
            else fold(module, value, where, left - 3)
        )
        found.add(other)
    return found


def _elsewhere(module: Module, dotted: str, left: int) -> Folded | None:
    """A constant of another module of the project."""
    if module.project is None:
        return None
    base, _, name = dotted.rpartition(".")
    other = module.project.modules.get(base)
    if other is None or name not in other.scope.assigned:
        return None
    found = Folded()
    for value, exact in other.scope.assigned[name]:
        if not exact:
            return None
        found.add(fold(other, value, other.scope, left - 3))
    return found


def shown(module: Module, node: ast.AST | None, scope: Scope) -> str:
    """A short way to write an expression, which no local name, layout or secret is part of."""
    text = _Shown(module).text(node, scope, 7)
    if len(text) <= LIMIT:
        return text
    return f"{text[: LIMIT - 12]}... #{digest(text)}"


def digest(text: str) -> str:
    """Eight digits that tell one text from another."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def quoted(text: str) -> str:
    """A text of the code in one line, without what may be a secret."""
    text = _CREDENTIALS.sub(r"\1:...@", " ".join(text.replace(HOLE, "{...}").split()))
    text = _OPAQUE.sub(lambda found: f"{found[0][:4]}...#{digest(found[0])}", text)
    return text if len(text) <= LIMIT else f"{text[: LIMIT - 12]}... #{digest(text)}"


class _Shown:
    def __init__(self, module: Module) -> None:
        self.module = module

    def text(self, node: ast.AST | None, scope: Scope, left: int) -> str:
        if node is None:
            return ""
        if left <= 0:
            return "..."
        origin = self.module.origin(node, scope)
        if origin is not None:
            return origin.removeprefix("builtins.")
        if isinstance(node, ast.Constant):
            return repr(quoted(node.value)) if isinstance(node.value, str) else repr(node.value)
        if isinstance(node, ast.Call):
            return self._call(node, scope, left)
        if isinstance(node, ast.Attribute):
            return f"{self.text(node.value, scope, left - 1)}.{node.attr}"
        if isinstance(node, ast.Subscript):
            inside = self.text(node.slice, scope, left - 1)
            return f"{self.text(node.value, scope, left - 1)}[{inside}]"
        if isinstance(node, ast.Name):
            return self._name(node, scope, left)
        if isinstance(node, ast.JoinedStr | ast.BinOp):
            return f"'{quoted(fold(self.module, node, scope).text)}'"
        if isinstance(node, ast.Await):
            return self.text(node.value, scope, left)
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return f"[{', '.join(self.text(each, scope, left - 1) for each in node.elts[:8])}]"
        if isinstance(node, ast.Dict):
            told = [
                f"{self.text(key, scope, left - 1) if key else '**'}: "
                f"{self.text(value, scope, left - 1)}"
                for key, value in zip(node.keys[:8], node.values, strict=False)
            ]
            return "{" + ", ".join(told) + "}"
        return "..."

    def _call(self, node: ast.Call, scope: Scope, left: int) -> str:
        given = [self.text(each, scope, left - 1) for each in node.args[:6]]
        given += sorted(
            f"{each.arg or '**'}={self.text(each.value, scope, left - 1)}"
            for each in node.keywords[:12]
        )
        return f"{self.text(node.func, scope, left - 1)}({', '.join(given)})"

    def _name(self, node: ast.Name, scope: Scope, left: int) -> str:
        where = scope.where(node.id)
        if where is None:
            return node.id
        values = where.assigned.get(node.id, [])
        if len(values) == 1 and values[0][1] and node.id not in where.parameters:
            return self.text(values[0][0], where, left - 2)
        return node.id if node.id in where.children else "..."


def code_digest(scope: Scope) -> str:
    """Eight digits of what a function or class does: not of its layout, comments, docstrings, or of
    the names of its own variables."""
    return digest("".join(_dumped(scope.node)))


def _dumped(node: ast.AST) -> Iterator[str]:
    local: dict[str, str] = {}
    for each in ast.walk(node):
        if isinstance(each, ast.arg):
            local.setdefault(each.arg, f"#{len(local)}")
        elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            local.setdefault(each.id, f"#{len(local)}")
    left: list[ast.AST] = [node]
    while left:
        at = left.pop()
        yield type(at).__name__
        body = getattr(at, "body", None)
        documented = at if isinstance(at, Function | ast.ClassDef | ast.Module) else None
        for name in at._fields:
            value = getattr(at, name, None)
            if name in ("ctx", "kind", "type_comment", "type_ignores"):
                continue
            if documented is not None and name == "body" and isinstance(body, list):
                value = [each for each in body if not _is_text(each)]
            if isinstance(value, list):
                yield f"[{len(value)}"
                left.extend(each for each in reversed(value) if isinstance(each, ast.AST))
                yield ",".join(str(each) for each in value if not isinstance(each, ast.AST))
            elif isinstance(value, ast.AST):
                left.append(value)
            elif isinstance(value, str) and name in ("id", "arg"):
                yield f"{name}={local.get(value, value)};"
            else:
                yield f"{name}={value!r};"


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
