"""In which statements two texts of SQL differ, and where two documents in JSON do."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from scaffold.drift.database.expression import closing, ungrouped
from scaffold.drift.database.expression import read as condition
from scaffold.drift.database.read import body
from scaffold.drift.database.tokens import Statement, statements, text_of

MARK: Final = re.compile(
    r"^-- (?:policy|index|step|renames|alone|refuses|loses|needs|after)\b.*$", re.MULTILINE
)
"""Comments by which the runner of the migrations finds what to do."""
MARKS: Final = "the marks of the runner"
ORDER: Final = "the order of statements"
MOST: Final = 20
"""Places of a document that are named."""


def differing_sql(before: str, after: str) -> list[tuple[str, int]]:
    """The statements that differ, by what they make, each with its line; empty where none does.

    Raises:
        Unreadable: one of them cannot be read.
    """
    old, new = ([(_plain(each), each) for each in statements(text)] for text in (before, after))
    found: dict[str, int] = {}
    counts = Counter(text for text, _ in old)
    for text, each in new:
        counts[text] -= 1
        if counts[text] < 0:
            found.setdefault(title(each), each.line)
    counts = Counter(text for text, _ in new)
    for text, each in old:
        counts[text] -= 1
        if counts[text] < 0:
            found.setdefault(title(each), 1)
    if not found and [text for text, _ in old] != [text for text, _ in new]:
        found[ORDER] = 1
    if MARK.findall(before.replace("\r\n", "\n")) != MARK.findall(after.replace("\r\n", "\n")):
        found.setdefault(MARKS, 1)
    return sorted(found.items())


def _plain(statement: Statement) -> str:
    """A statement as it is read: without comments, layout and needless parentheses, also in the
    body that it may have; of a policy, what its conditions say."""
    words = []
    for word, kind in zip(statement.words, statement.kinds, strict=True):
        words.append(body(text_of(word)) if kind == "text" and "\n" in word else word)
    if words[:2] == ["create", "policy"]:
        return " ".join(_policy(words))
    return " ".join(ungrouped(words))


def _policy(words: list[str]) -> Iterator[str]:
    """The words of a policy, with its conditions always written alike."""
    at = 0
    while at < len(words):
        yield words[at]
        at += 1
        if words[at : at + 1] == ["("] and words[at - 1] in ("using", "check"):
            end = closing(words, at)
            yield f"({condition(words[at + 1 : end])})"
            at = end + 1


def title(statement: Statement) -> str:
    """What a statement makes or changes, in a few words."""
    words = [*statement.words]
    if words[:3] == ["create", "or", "replace"]:
        words[1:3] = []
    if words[:1] == ["create"] and "on" in words[:6] and words[1] in ("policy", "trigger"):
        at = words.index("on")
        return " ".join([*words[1:3], *words[at : at + 2]])
    if words[:2] in (["create", "function"], ["create", "view"], ["create", "table"]):
        return " ".join(words[1:3])
    if words[:1] in (["grant"], ["revoke"]) and "on" in words:
        at = words.index("on")
        return " ".join([words[0], *words[at:]])[:80]
    return " ".join(words)[:60]


def differing_json(before: bytes, after: bytes) -> list[str]:
    """Pointers to the places where two documents differ, at most MOST of them.

    Raises:
        ValueError, RecursionError: one of them is no JSON.
    """
    found: list[str] = []
    for each in _places(json.loads(before), json.loads(after), ""):
        found.append(each)
        if len(found) == MOST:
            break
    return found


def _places(one: Any, other: Any, at: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            below = f"{at}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in one or key not in other:
                yield below
            else:
                yield from _places(one[key], other[key], below)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _places(left, right, f"{at}/{number}")
    elif type(one) is not type(other) or one != other:
        yield at or "/"
