"""SQL as PostgreSQL reads it: tokens without comments, and statements.

Nothing is guessed: quoted text, dollar quotes, nested comments and Unicode escapes are read by the
rules of PostgreSQL, so that a word in a string is no statement and a statement in a comment is
none either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

NAME: Final = "name"
TEXT: Final = "text"
OTHER: Final = "other"
MAX_TOKENS: Final = 2_000_000

_START = r"A-Za-z_\x80-\U0010ffff"
_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\n\r\f\v]+|--[^\n\r]*)"
    r"|(?P<text>(?:[eEnNbBxX]|[uU]&)')"
    r'|(?P<quoted>(?:[uU]&)?"[^"]*+(?:""[^"]*+)*+")'
    rf"|(?P<word>[{_START}][{_START}0-9$]*)"
    r"|(?P<plain>'[^']*+(?:''[^']*+)*+')"
    r"|(?P<comment>/\*)"
    rf"|(?P<dollar>\$(?:[{_START}][{_START}0-9]*)?\$)"
    r"|(?P<number>\$?[0-9][0-9A-Za-z_.]*)"
    r"|(?P<other><>|<=|>=|!=|::|:=|=>|->>|->|\|\||&&|@>|<@|!~\*?|~\*|.)",
    re.DOTALL,
)
_COMMENT: Final = re.compile(r"/\*|\*/")
_ESCAPED: Final = re.compile(r"(?:[^'\\]|\\.|'')*+'", re.DOTALL)
_RAW: Final = re.compile(r"(?:[^']|'')*+'", re.DOTALL)
_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{1,3})|(.))", re.DOTALL
)
_POINT: Final = re.compile(r"\\(?:\+([0-9A-Fa-f]{6})|([0-9A-Fa-f]{4})|(\\))")
_SIMPLE: Final = re.compile(r"[a-z_][a-z0-9_$]*")
_LETTERS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LOWER: Final = {each: each + 32 for each in range(ord("A"), ord("Z") + 1)}


class Unreadable(ValueError):
    """A text is no SQL as far as it can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Statement:
    """The tokens of one statement, without comments, as words that are always spelled alike.

    Names are in lower case unless they were quoted; text in any quotes is `'text'`. `line` counts
    from 1.
    """

    words: tuple[str, ...]
    kinds: tuple[str, ...]
    line: int

    def __str__(self) -> str:
        """The statement in one line."""
        return " ".join(self.words)


def lowered(word: str) -> str:
    """A word as PostgreSQL folds it: the letters of ASCII alone."""
    return word.lower() if word.isascii() else word.translate(_LOWER)


def text_of(word: str) -> str:
    """The text of a literal as `statements` spells it."""
    return word[1:-1].replace("''", "'")


def literal(text: str) -> str:
    """A text as `statements` spells it."""
    return "'" + text.replace("'", "''") + "'"


@lru_cache(maxsize=16384)
def statements(text: str) -> tuple[Statement, ...]:
    """The statements of a text, split at semicolons.

    Raises:
        Unreadable: a quotation or a comment does not end, or it is a script of psql.
    """
    words: list[str] = []
    kinds: list[str] = []
    found: list[Statement] = []
    depth = bodies = 0
    begins = line = 1
    seen = 0
    for kind, word, offset in tokens(text):
        if not words:
            line += text.count("\n", seen, offset)
            seen, begins = offset, line
            depth = bodies = 0
        if kind is OTHER:
            if word in "([":
                depth += 1
            elif word in ")]":
                depth -= 1
            elif word == "\\":
                said = text[offset : offset + 12].split("\n", 1)[0]
                raise Unreadable(f"it has a command of psql ({said}), which no database reads")
            elif word == ";" and depth <= 0 and bodies <= 0:
                if words:
                    found.append(Statement(tuple(words), tuple(kinds), begins))
                words, kinds = [], []
                continue
        elif kind is NAME:
            if word == "atomic" and words and words[-1] == "begin":
                bodies = 1
            elif bodies and word == "case":
                bodies += 1
            elif bodies and word == "end":
                bodies -= 1
        words.append(word)
        kinds.append(kind)
    if words:
        found.append(Statement(tuple(words), tuple(kinds), begins))
    return tuple(found)


def tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Kind, spelling and offset of each token.

    Raises:
        Unreadable: a quotation or a comment does not end, or there are too many.
    """
    at, count, size = 0, 0, len(text)
    match = _TOKEN.match
    joined = -1
    pending: tuple[str, str, int] | None = None
    while at < size:
        found = match(text, at)
        assert found is not None
        kind, begin = found.lastgroup, at
        at = found.end()
        if kind == "space":
            continue
        if kind == "comment":
            at = _after_comment(text, begin)
            continue
        count += 1
        if count > MAX_TOKENS:
            raise Unreadable("it has too many tokens")
        token: tuple[str, str, int]
        if kind == "word":
            token = (NAME, lowered(found[0]), begin)
        elif kind == "plain":
            token = (TEXT, found[0], begin)
        elif kind == "dollar":
            end = text.find(found[0], at)
            if end < 0:
                raise Unreadable(f"the quotation {found[0]} does not end")
            token = (TEXT, literal(text[at:end]), begin)
            at = end + len(found[0])
        elif kind == "text":
            at, token = _text(text, found[0], begin, at)
        elif kind == "quoted":
            token = (NAME, _identifier(found[0]), begin)
        elif found[0] in ("'", '"'):
            raise Unreadable("a quotation does not end")
        else:
            token = (OTHER, found[0], begin)
        if pending is not None:
            # 'a' and 'b' on two lines are one literal.
            if token[0] is TEXT and kind == "plain" and "\n" in text[joined:begin]:
                pending = (TEXT, pending[1][:-1] + token[1][1:], pending[2])
                joined = at
                continue
            yield pending
            pending = None
        if token[0] is TEXT:
            pending, joined = token, at
        else:
            yield token
    if pending is not None:
        yield pending


def _after_comment(text: str, at: int) -> int:
    depth = 0
    for found in _COMMENT.finditer(text, at):
        depth += 1 if found[0] == "/*" else -1
        if not depth:
            return found.end()
    raise Unreadable("a comment does not end")


def _text(text: str, opening: str, begin: int, at: int) -> tuple[int, tuple[str, str, int]]:
    """A literal with a letter in front: where it ends, and its token."""
    letter = opening[0].lower()
    found = (_ESCAPED if letter == "e" else _RAW).match(text, at)
    if found is None:
        raise Unreadable("a quotation does not end")
    inside = found[0][:-1]
    if letter == "e":
        inside = _ESCAPE.sub(_escape, inside.replace("''", "\\'"))
        return found.end(), (TEXT, literal(inside), begin)
    if opening[:2].lower() == "u&":
        return found.end(), (TEXT, literal(_points(inside.replace("''", "'"))), begin)
    prefix = letter if letter in "bx" else ""
    return found.end(), (TEXT, literal(prefix + inside.replace("''", "'")), begin)


def _escape(found: re.Match[str]) -> str:
    for number, base in ((1, 16), (2, 16), (3, 16), (4, 8)):
        if found[number] is not None:
            value = int(found[number], base)
            return chr(value) if value <= 0x10FFFF else "\ufffd"
    return _LETTERS.get(found[5], found[5])


def _points(text: str) -> str:
    def point(found: re.Match[str]) -> str:
        if found[3]:
            return "\\"
        value = int(found[1] or found[2], 16)
        return chr(value) if value <= 0x10FFFF else "\ufffd"

    return _POINT.sub(point, text)


def _identifier(word: str) -> str:
    name = word[word.index('"') + 1 : -1].replace('""', '"')
    if word[0] != '"':
        name = _points(name)
    return name if _SIMPLE.fullmatch(name) else f'"{name}"'


def split(words: Sequence[str], by: str) -> Iterator[tuple[int, int]]:
    """The ranges of words between separators that are in no parentheses."""
    depth = start = 0
    for at, each in enumerate(words):
        if each in ("(", "["):
            depth += 1
        elif each in (")", "]"):
            depth -= 1
        elif each == by and depth == 0:
            yield start, at
            start = at + 1
    yield start, len(words)
