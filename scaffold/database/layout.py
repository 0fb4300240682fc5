"""Layout of SQL: expressions as trees, broken into lines only where they are too long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

WIDTH = 120
"""No line of the emitted SQL is longer, in characters."""

STEP = 2
TRUE, FALSE = "true", "false"


LINE = "\n"
"""The joint of parts that stand on lines of their own where they do not fit on one."""


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of an expression that belong together.

    `joint` stands between the parts, `opening` and `closing` around them: a comma for a list, a
    word for a conjunction or a disjunction, a space for what is read on, `LINE` for cases. `text`
    is all of it on one line.
    """

    parts: tuple[Sql, ...]
    joint: str
    opening: str = ""
    closing: str = ""
    text: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        joint = " " if self.joint == LINE else self.joint
        inner = joint.join([flat(each) for each in self.parts])
        object.__setattr__(self, "text", f"{self.opening}{inner}{self.closing}")


Sql: TypeAlias = str | Group


def flat(node: Sql) -> str:
    """An expression on one line."""
    return node if isinstance(node, str) else node.text


def lay(node: Sql, column: int, after: int = 0, indent: int | None = None, deeper: int = 0) -> str:
    """An expression that begins in `column`, broken into lines where it is too long for one.

    `after` characters follow it on its last line. `indent` is where its line begins: by default
    where the expression does. All of it will be moved `deeper` spaces to the right.
    """
    if deeper:
        moved = lay(node, column + deeper, after, None if indent is None else indent + deeper)
        return moved.replace(f"{LINE}{' ' * deeper}", LINE)
    text = flat(node)
    if isinstance(node, str) or column + len(text) + after <= WIDTH:
        return text
    start = column if indent is None else indent
    match node.joint:
        case ", ":
            return _list(node, column, after)
        case "" | " ":
            return _flow(node, column, after, start)
        case _:
            return _stack(node, column, after, start)


def _list(node: Group, column: int, after: int) -> str:
    """As many parts on a line as there is room for; the lines begin below each other."""
    inner = column + len(node.opening)
    lines: list[str] = []
    for index, each in enumerate(node.parts):
        last = len(node.closing) + after if index == len(node.parts) - 1 else 1
        text = lay(each, inner, last)
        room = WIDTH - inner - len(lines[-1]) - 1 if lines else 0
        if len(text) + last <= room and LINE not in text + lines[-1]:
            lines[-1] += f" {text},"
        else:
            lines.append(f"{text},")
    body = f"\n{' ' * inner}".join(lines)[:-1]
    return f"{node.opening}{body}{node.closing}"


def _flow(node: Group, column: int, after: int, start: int) -> str:
    """One part after the other, each broken by itself; on a new line where it has to be."""
    lines = [" " * column + node.opening]
    further = column + len(node.opening) if node.opening == "(" else start + 2 * STEP
    for index, each in enumerate(node.parts):
        last = len(node.closing) + after if index == len(node.parts) - 1 else 0
        joint = node.joint if index else ""
        at = len(lines[-1]) + len(joint)
        text = lay(each, at, last, start)
        unbreakable = at + len(flat(each)) + last > WIDTH and not _breakable(each)
        if index and at > further and (unbreakable or _width(text, at) + last > WIDTH):
            lines[-1] = lines[-1].rstrip()
            lines.append(" " * further)
            joint, text = "", lay(each, further, last, start)
        first, *rest = text.split(LINE)
        lines[-1] += joint + first
        lines += rest
    return LINE.join(lines)[column:] + node.closing


def _width(text: str, column: int) -> int:
    """How long the longest line of a text is whose first line begins in a column."""
    first, *rest = text.split(LINE)
    return max(column + len(first), *map(len, rest), 0)


def _breakable(node: Sql) -> bool:
    """May an expression begin on a line that it does not fit on?"""
    if isinstance(node, str) or node.joint == ", ":
        return False
    if node.joint == LINE and len(node.parts) == 1:
        return False
    return bool(node.opening) or _breakable(node.parts[0])


def _stack(node: Group, column: int, after: int, start: int) -> str:
    """Each part on a line of its own, after the word that joins it to the one before."""
    word = f"{node.joint.strip()} ".lstrip()
    if node.opening.endswith("(") and word:
        inner = column + len(node.opening)
        lines = []
        for index, each in enumerate(node.parts):
            joint = word if index else ""
            last = len(node.closing) + after if index == len(node.parts) - 1 else 0
            lines.append(joint + lay(each, inner + len(joint), last))
        return node.opening + f"\n{' ' * inner}".join(lines) + node.closing
    inner = start + STEP
    lines = []
    for index, each in enumerate(node.parts):
        joint = word if index else ""
        lines.append(joint + lay(each, inner + len(joint), 1, inner))
    body = f"\n{' ' * inner}".join(lines)
    opening = f"{node.opening.rstrip()}\n{' ' * inner}" if node.opening else ""
    closing = f"\n{' ' * start}{node.closing.lstrip()}" if node.closing else ""
    return f"{opening}{body}{closing}"


def listed(parts: Iterable[Sql], opening: str = "(", closing: str = ")") -> Group:
    """Parts between commas."""
    return Group(tuple(parts), ", ", opening, closing)


def all_of(parts: Iterable[Sql]) -> Sql:
    """The conjunction; of nothing it is true."""
    found = tuple(each for each in parts if each != TRUE)
    if not found:
        return TRUE
    if len(found) == 1:
        return found[0]
    return Group(found, " and ")


def any_of(parts: Iterable[Sql]) -> Sql:
    """The disjunction in parentheses; of nothing it is false."""
    found = tuple(parts)
    if TRUE in found:
        return TRUE
    if not found:
        return FALSE
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
