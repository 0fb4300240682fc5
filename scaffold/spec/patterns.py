"""The regular expressions that a field may demand: the part that every engine reads alike.

A pattern ends up in Python, in PostgreSQL and in the OpenAPI document (ECMA-262). Allowed is what
means the same in all of them: literals, character classes, groups, alternation and quantifiers. No
look-around, back-references, flags or shorthands such as \\d, which is Unicode to some engines.

A pattern may not be expensive for an engine that backtracks: inside a repetition there is only one
way to go on at each character, and outside at most one choice is left open (quadratic time).
"""

import re
from dataclasses import dataclass, field
from itertools import combinations

from .problems import Refusal, quote, word

MAX_PATTERN = 200
_MAX_REPEAT = 1_000
_MAX_DEPTH = 10

_SYNTAX = frozenset("\\^$.|?*+()[]{}/")
_QUANTIFIER = re.compile(r"\?|\*|\+|\{(\d{1,4})(?:(,)(\d{0,4}))?\}", re.ASCII)
_OTHER = -1
"""Stands for all characters outside ASCII in a set of characters."""

Characters = frozenset[int]
_EVERYTHING: Characters = frozenset(range(128)) | {_OTHER}


@dataclass(slots=True)
class _Piece:
    """A part of a pattern: one character of a set, or a group of alternatives, repeated."""

    characters: Characters = frozenset()
    alternatives: list[list["_Piece"]] = field(default_factory=list)
    low: int = 1
    high: int | None = 1

    @property
    def loops(self) -> bool:
        """Whether it can match several times in a row."""
        return self.high is None or self.high > 1

    @property
    def first(self) -> Characters:
        """The characters that a match can begin with."""
        return self.characters.union(*(_first(pieces) for pieces in self.alternatives))

    @property
    def can_be_empty(self) -> bool:
        return self.low == 0 or any(_can_be_empty(pieces) for pieces in self.alternatives)


def check(pattern: str) -> str:
    """Return `pattern` when it is safe and portable, else raise a `Refusal`."""
    if len(pattern) > MAX_PATTERN:
        raise _refused("It is too long", f"Use at most {MAX_PATTERN} characters.")
    if not pattern.startswith("^") or not re.search(r"(?<!\\)(\\\\)*\$$", pattern):
        raise _refused(
            f"{quote(pattern)} does not say how the whole value looks",
            "Begin the pattern with ^ and end it with $.",
        )
    if _choices(_Parser(pattern[1:-1]).parse(), frozenset()) > 1:
        raise _refused(
            "It can match one text in many ways, which takes long",
            "Let each repetition end at a character that it does not contain itself.",
        )
    try:
        re.compile(pattern)
    except (re.error, OverflowError) as error:
        raise _refused(
            f"{quote(pattern)} is not a regular expression: {word(str(error))}"
        ) from None
    return pattern


def matches(pattern: str, text: str) -> bool:
    """Return whether a checked pattern matches the whole text."""
    return re.fullmatch(pattern, text, re.ASCII) is not None


def _refused(wrong: str, hint: str = "") -> Refusal:
    return Refusal("E-PATTERN", wrong, hint)


class _Parser:
    """Reads a pattern from left to right; the recursion is as deep as its groups, at most 10."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def parse(self) -> list[_Piece]:
        alternatives = self._alternatives(0)
        if len(alternatives) > 1:
            raise _refused(
                "The anchors ^ and $ bind to the first and last alternative only",
                "Put the alternatives into a group: ^(a|b)$.",
            )
        if self.at < len(self.text):
            raise _refused("A parenthesis is closed that was never opened")
        return alternatives[0]

    def _alternatives(self, depth: int) -> list[list[_Piece]]:
        if depth > _MAX_DEPTH:
            raise _refused("Its groups are nested too deep", f"Nest at most {_MAX_DEPTH}.")
        found: list[list[_Piece]] = [[]]
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at] == "|":
                self.at += 1
                found.append([])
            else:
                found[-1].append(self._repeated(self._atom(depth)))
        return found

    def _atom(self, depth: int) -> _Piece:
        character = self._next()
        match character:
            case "(":
                return self._group(depth)
            case "[":
                return _Piece(self._class())
            case ".":
                return _Piece(_EVERYTHING)
            case "\\":
                return _Piece(self._escape(_SYNTAX))
            case "]" | "}":
                raise _refused(f"{character} closes nothing", f"Write \\{character}.")
            case "^" | "$":
                raise _refused(f"{character} stands inside the pattern", "Use it at its ends only.")
            case "*" | "+" | "?" | "{":
                raise _refused(
                    f"{character} repeats nothing", f"Write \\{character} for the character."
                )
        return _Piece(_only(character))

    def _group(self, depth: int) -> _Piece:
        if self.text.startswith("?:", self.at):
            self.at += 2
        elif self.text.startswith("?", self.at):
            raise _refused(
                "Look-around, named groups and flags are not part of every regular expression",
                "Use (...) or (?:...).",
            )
        alternatives = self._alternatives(depth + 1)
        if self._next() != ")":
            raise _refused("A parenthesis is never closed")
        return _Piece(alternatives=alternatives)

    def _repeated(self, piece: _Piece) -> _Piece:
        found = _QUANTIFIER.match(self.text, self.at)
        if found is None:
            return piece
        self.at = found.end()
        piece.low, piece.high = _counts(found)
        if _QUANTIFIER.match(self.text, self.at):
            raise _refused(
                "Two quantifiers follow each other", "Lazy and possessive ones are not portable."
            )
        if max(piece.low, piece.high or 0) > _MAX_REPEAT or (piece.high or piece.low) < piece.low:
            raise _refused(f"{quote(found[0])} is no repetition", f"At most {_MAX_REPEAT} times.")
        return piece

    def _escape(self, allowed: frozenset[str]) -> Characters:
        character = self._next()
        if character in allowed:
            return _only(character)
        raise _refused(
            f"{quote(chr(92) + character)} does not mean the same everywhere",
            "Spell the characters out in a class, such as [0-9].",
        )

    def _class(self) -> Characters:
        negated = self.text.startswith("^", self.at)
        self.at += negated
        start = self.at
        found: Characters = frozenset()
        while (character := self._next()) != "]":
            if character == "[" or self.text[self.at - 1 : self.at + 1] in ("&&", "--", "~~", "||"):
                raise _refused(
                    f"{quote(character)} in a class does not mean the same everywhere",
                    f"Write \\{character}.",
                )
            if character == "\\":
                found |= self._escape(_SYNTAX | {"-"})
            elif self.text.startswith("-", self.at) and self.text[self.at + 1 : self.at + 2] != "]":
                self.at += 1
                end = self._next()
                if end in "\\[" or end < character:
                    raise _refused(f"{quote(f'{character}-{end}')} is no range of characters")
                found |= _spread(f"{character}-{end}")
            else:
                found |= _only(character)
        if self.at - 1 == start:
            raise _refused("A character class is empty", r"Write \] for the character.")
        return _EVERYTHING - (found - {_OTHER}) if negated else found

    def _next(self) -> str:
        if self.at >= len(self.text):
            raise _refused("It ends in the middle of a group, a class or an escape")
        self.at += 1
        return self.text[self.at - 1]


def _counts(found: re.Match[str]) -> tuple[int, int | None]:
    match found[0][0]:
        case "?":
            return 0, 1
        case "*":
            return 0, None
        case "+":
            return 1, None
    low = int(found[1])
    if found[2] is None:
        return low, low
    return low, int(found[3]) if found[3] else None


def _first(pieces: list[_Piece]) -> Characters:
    """Return the characters that a match of the sequence can begin with."""
    found: Characters = frozenset()
    for piece in pieces:
        found |= piece.first
        if not piece.can_be_empty:
            break
    return found


def _can_be_empty(pieces: list[_Piece]) -> bool:
    return all(piece.can_be_empty for piece in pieces)


def _choices(pieces: list[_Piece], follow: Characters) -> int:
    """Return how often a match of the sequence, followed by `follow`, can go on in two ways.

    Raises:
        Refusal: it can do so inside a repetition, which multiplies with each round.
    """
    count = 0
    for index, piece in enumerate(pieces):
        rest = pieces[index + 1 :]
        after = _first(rest) | (follow if _can_be_empty(rest) else frozenset())
        if piece.low != piece.high and piece.first & after:
            count += 1
        inside = sum(not _apart(one, other) for one, other in combinations(piece.alternatives, 2))
        again = after | piece.first if piece.loops else after
        inside += sum(_choices(alternative, again) for alternative in piece.alternatives)
        if piece.loops and (inside or any(map(_can_be_empty, piece.alternatives))):
            raise _refused(
                "A repeated group can match one text in two ways, which can take exponential time",
                "Let each round begin with a character that cannot continue the one before, as in "
                "^[a-z]+(-[a-z]+)*$.",
            )
        count += inside
    return count


def _apart(one: list[_Piece], other: list[_Piece]) -> bool:
    """Return whether no text begins with a match of both sequences."""
    for left, right in zip(one, other, strict=False):
        if not left.first & right.first and not left.can_be_empty and not right.can_be_empty:
            return True
        if any(each.alternatives or not each.low == each.high == 1 for each in (left, right)):
            return False
    return False


def _only(character: str) -> Characters:
    return frozenset({ord(character) if character.isascii() else _OTHER})


def _spread(ranges: str) -> Characters:
    """Return the characters of the ranges of a class, such as `A-Za-z_`."""
    found: set[int] = set()
    for part in re.findall(r".-.|.", ranges, re.DOTALL):
        first, last = ord(part[0]), ord(part[-1])
        found.update(range(min(first, 128), min(last, 127) + 1))
        if last > 127:
            found.add(_OTHER)
    return frozenset(found)
