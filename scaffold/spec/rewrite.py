"""A spec file in the newest version of the language, with all else of the author's as it was.

Only the names of keys and the number of the version are replaced, where they stand: comments,
quotation marks, order, blank lines, line ends and a byte order mark stay.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .document import BREAK, Document, parse
from .problems import Path, Problem, SpecError, quote
from .upgrade import upgrade
from .versions import NEWEST

_MARK = "\ufeff"
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^']|'')*'", re.DOTALL)
_NUMBER = re.compile(r"\+?[0-9]+")


@dataclass(frozen=True, slots=True)
class _Token:
    """A key or a value to replace: where it stands, and what it says."""

    path: Path
    line: int
    column: int
    old: str
    new: str


def rewrite(content: bytes, source: str) -> bytes:
    """The content of a sound spec in the newest version.

    Raises:
        SpecError: it is no spec, or a key to rename is neither a word nor in quotation marks.
    """
    document = upgrade(parse(content, source))
    text = content.decode("utf-8")
    mark = _MARK if text.startswith(_MARK) else ""
    text = text.removeprefix(_MARK)
    starts = [0, *(found.end() for found in BREAK.finditer(text))]
    done, parts = 0, [mark]
    for token in sorted(_tokens(document), key=lambda each: (each.line, each.column)):
        start = starts[token.line - 1] + token.column - 1
        end, written = _written(text, start, token, source)
        parts += (text[done:start], written)
        done = end
    return "".join((*parts, text[done:])).encode("utf-8")


def _tokens(document: Document) -> Iterator[_Token]:
    """What the newest version writes differently."""
    positions = document.positions
    if positions.version == NEWEST:
        return
    path: Path = ("scaffold",)
    yield _Token(path, *positions.value(path), str(positions.version), str(NEWEST))
    for path, node in positions.renamed():
        written = positions.written(path)
        yield _Token(written, node.key_line, node.key_column, str(written[-1]), str(path[-1]))


def _written(text: str, start: int, token: _Token, source: str) -> tuple[int, str]:
    """Where the token that begins at `start` ends, and what takes its place."""
    if quoted := _QUOTED.match(text, start):
        return quoted.end(), f"{text[start]}{token.new}{text[start]}"
    if text.startswith(token.old, start):
        return start + len(token.old), token.new
    if number := _NUMBER.match(text, start):
        return number.end(), token.new
    problem = Problem(
        "E-UPGRADE",
        f"The key {quote(token.old)} is not written as a word or in quotation marks",
        f"Write {token.old}: at the beginning of its line, then upgrade.",
        token.path,
        token.line,
        token.column,
    )
    raise SpecError(source, [problem])
