"""In which definitions two texts of a Python module differ."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

MAX_SOURCE: Final = 2 * 1024 * 1024
MODULE: Final = "the module"
IMPORTS: Final = "imports"


class Unparsed(ValueError):
    """A text is no Python that this version can read."""


@dataclass(frozen=True, slots=True)
class Part:
    """A definition: what it is like, whatever its comments and its place, and its line."""

    text: str
    line: int

    @property
    def digest(self) -> str:
        """A short digest of what it is like."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def parts(source: bytes) -> Mapping[str, Part]:
    """The definitions of a module by their qualified names.

    Raises:
        Unparsed: it cannot be read.
    """
    if len(source) > MAX_SOURCE:
        raise Unparsed("it is too large to be read")
    try:
        # Of bytes: a declared encoding counts, as it does when the module is imported.
        tree = ast.parse(source)
        _strip(tree)
        found: dict[str, list[tuple[str, int]]] = {}
        for name, node in _named(tree.body, ""):
            found.setdefault(name, []).append((_dump(node), getattr(node, "lineno", 1)))
        whole = hashlib.sha256(_dump(tree).encode("utf-8", "surrogatepass")).hexdigest()
    except SyntaxError as error:
        raise Unparsed(f"it is no Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unparsed(f"it cannot be read: {type(error).__name__}") from None
    result = {
        name: Part("\n".join(text for text, _ in all_), all_[0][1]) for name, all_ in found.items()
    }
    result[""] = Part(whole, 1)
    return result


def differing(before: bytes, after: bytes) -> list[tuple[str, Part | None, Part | None]]:
    """The names of the definitions that differ, with what they were and are; empty if none does.

    Raises:
        Unparsed: one of them cannot be read.
    """
    old, new = parts(before), parts(after)
    if old[""] == new[""]:
        return []
    found = []
    for name in sorted((old.keys() | new.keys()) - {""}):
        one, other = old.get(name), new.get(name)
        if (one and one.text) != (other and other.text):
            found.append((name, one, other))
    return found or [(f"{MODULE} (the order of statements)", old[""], new[""])]


def _strip(tree: ast.Module) -> None:
    """Takes docstrings and other texts that stand alone away."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if not isinstance(body, list) or not body:
                continue
            kept = [
                each
                for each in body
                if not (
                    isinstance(each, ast.Expr)
                    and isinstance(each.value, ast.Constant)
                    and isinstance(each.value.value, str)
                )
            ]
            body[:] = kept or [ast.Pass()]


def _dump(node: ast.AST) -> str:
    return ast.dump(node)


def _named(body: Sequence[ast.stmt], within: str) -> Iterator[tuple[str, ast.AST]]:
    """Statements by what they are called; methods apart from their class."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield within + node.name, node
        elif isinstance(node, ast.ClassDef):
            inner = [
                each
                for each in node.body
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            ]
            rest = [each for each in node.body if each not in inner]
            yield from _named(inner, f"{within}{node.name}.")
            yield from _named(rest, f"{within}{node.name}.")
            yield within + node.name, _head(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield within + IMPORTS, node
        else:
            yield within + (_target(node) or MODULE), node


def _head(node: ast.ClassDef) -> ast.ClassDef:
    """A class without its body."""
    return ast.ClassDef(
        name=node.name,
        bases=node.bases,
        keywords=node.keywords,
        body=[],
        decorator_list=node.decorator_list,
        lineno=node.lineno,
    )


def _target(node: ast.stmt) -> str:
    """What a statement assigns to; empty where it assigns to no plain name."""
    if isinstance(node, ast.Assign):
        names = [each.id for each in node.targets if isinstance(each, ast.Name)]
        return names[0] if names else ""
    if isinstance(node, ast.AnnAssign | ast.AugAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return ""
