"""Layout of SQL: expressions as trees, broken into lines only where they are too long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 120
"""No line of the emitted SQL is longer, in characters."""

STEP = 2


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of an expression that belong together: a list, a conjunction or a disjunction.

    `joint` stands between the parts, `opening` and `closing` around them.
    """

    parts: tuple[Sql, ...]
    joint: str
    opening: str = ""
    closing: str = ""


Sql: TypeAlias = str | Group


def flat(node: Sql) -> str:
    """An expression on one line."""
    if isinstance(node, str):
        return node
    return node.opening + node.joint.join(flat(each) for each in node.parts) + node.closing


def lay(node: Sql, column: int, after: int = 0) -> str:
    """An expression that begins in `column`; `after` characters follow it on its last line."""
    text = flat(node)
    if isinstance(node, str) or column + len(text) + after <= WIDTH:
        return text
    if node.joint == ", ":
        return _list(node, column)
    inner = column + STEP if node.opening else column
    word = f"{node.joint.strip()} ".lstrip()
    lines = [
        ("" if index == 0 else word) + lay(each, inner + (len(word) if index else 0))
        for index, each in enumerate(node.parts)
    ]
    body = f"\n{' ' * inner}".join(line.rstrip() for line in lines)
    if not node.opening:
        return body
    return f"{node.opening.rstrip()}\n{' ' * inner}{body}\n{' ' * column}{node.closing.lstrip()}"


def _list(node: Group, column: int) -> str:
    """A list with as many parts on a line as there is room for."""
    inner = column + STEP if node.opening else column
    lines: list[str] = []
    for each in node.parts:
        text = lay(each, inner, 1)
        if lines and inner + len(lines[-1]) + 2 + len(text) < WIDTH and "\n" not in text:
            lines[-1] += f" {text},"
        else:
            lines.append(f"{text},")
    lines[-1] = lines[-1][:-1]
    body = f"\n{' ' * inner}".join(lines)
    if not node.opening:
        return body
    return f"{node.opening}\n{' ' * inner}{body}\n{' ' * column}{node.closing}"


def listed(parts: Iterable[Sql], opening: str = "(", closing: str = ")") -> Group:
    """Parts between commas."""
    return Group(tuple(parts), ", ", opening, closing)


def all_of(parts: Sequence[Sql]) -> Sql:
    """The conjunction; of nothing it is true."""
    if not parts:
        return "true"
    if len(parts) == 1:
        return parts[0]
    return Group(tuple(parts), " and ")


def any_of(parts: Iterable[Sql]) -> Sql:
    """The disjunction in parentheses; of nothing it is false."""
    found = tuple(parts)
    if not found:
        return "false"
    if len(found) == 1:
        return found[0]
    return Group(tuple(_apart(each) for each in found), " or ", "(", ")")


def parenthesized(node: Sql) -> Sql:
    """An expression in exactly one pair of parentheses."""
    if isinstance(node, Group) and (node.opening, node.closing) == ("(", ")"):
        return node
    if isinstance(node, Group) and not node.opening:
        return Group(node.parts, node.joint, "(", ")")
    return Group((node,), "", "(", ")")


def _apart(node: Sql) -> Sql:
    """A conjunction inside a disjunction, in parentheses for whoever reads it."""
    if isinstance(node, Group) and node.joint == " and " and not node.opening:
        return Group(node.parts, node.joint, "(", ")")
    return node
