"""The regular expressions that a field may demand: the part that every engine reads alike.

A pattern ends up in Python, in PostgreSQL and in the OpenAPI document (ECMA-262). Allowed is what
means the same in all of them: literals, character classes, groups, alternation and quantifiers. No
look-around, back-references, flags or shorthands such as \\d, which is Unicode to some engines.

A pattern may not be expensive for an engine that backtracks: inside a repetition there is only one
way to go on at each character, and outside at most one choice is left open (quadratic time). Nor
may it be large for one that builds an automaton.

A pattern is about one line of text, whose characters are the same with and without a pattern: `.`
and `[^a]` are written out for the engines, which otherwise disagree about line breaks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations

from scaffold.spec.problems import Refusal, quote, word

MAX_PATTERN = 200
_MAX_REPEAT = 1_000
_MAX_DEPTH = 10
_MAX_SIZE = 10_000
"""Characters, with the repetitions written out."""
_POSTGRESQL_REPEAT = 255
"""The most repetitions that PostgreSQL can count."""

CONTROLS = r"\x00-\x1f\x7f-\x9f"
"""The control characters of Unicode, for a class of characters."""
NOT_IN_A_LINE = rf"{CONTROLS}\u2028\u2029"
"""The characters that one line of text cannot have: these and the separators of lines."""
_EXCLUDED = ((0x00, 0x1F), (0x7F, 0x9F), (0x2028, 0x2029))
"""The same as ranges of code points."""

_SYNTAX = frozenset("\\^$.|?*+()[]{}/")
_QUANTIFIER = re.compile(r"\?|\*|\+|\{(\d{1,4})(?:(,)(\d{0,4}))?\}", re.ASCII)
_OTHER = -1
"""Stands for all characters outside ASCII in a set of characters."""

Characters = frozenset[int]
_EVERYTHING: Characters = frozenset(range(128)) | {_OTHER}
_PLAIN: Characters = frozenset(range(0x20, 0x7F))
_SAMPLES = (
    "".join(sorted(map(chr, range(0x20, 0x7F)), key=lambda each: not each.isalnum())) + "éЖあ😀"
)
"""Characters that stand for those of a class."""
_MAX_EXAMPLES = 3


@dataclass(slots=True)
class _Piece:
    """A part of a pattern: one character of a set, or a group of alternatives, repeated."""

    characters: Characters = frozenset()
    alternatives: list[list["_Piece"]] = field(default_factory=list)
    low: int = 1
    high: int | None = 1
    text: str = ""
    once: str = ""
    """The same without the repetition."""

    @property
    def samples(self) -> str:
        """A few of its characters, letters and digits first."""
        own = {each for each in self.once if not each.isascii()}
        return "".join(filter(re.compile(self.once).fullmatch, (*_SAMPLES, *sorted(own))))

    @property
    def size(self) -> int:
        """How many characters it matches, or chooses from, with the repetitions written out."""
        once = sum(each.size for pieces in self.alternatives for each in pieces) or 1
        return once * max(1, self.low, self.high or 0)

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
    """The pattern, if it is safe and portable; any other is refused."""
    if len(pattern) > MAX_PATTERN:
        raise _refused("The pattern is too long", f"Use at most {MAX_PATTERN} characters.")
    if not pattern.startswith("^") or not re.search(r"(?<!\\)(\\\\)*\$$", pattern):
        raise _refused(
            f"{quote(pattern)} does not describe the whole value",
            "Begin the pattern with ^ and end it with $.",
        )
    pieces = _Parser(pattern[1:-1]).parse()
    if sum(each.size for each in pieces) > _MAX_SIZE:
        raise _refused(
            "The pattern is too large when its repetitions are written out",
            f"Repeat less: it can have {_MAX_SIZE} characters in all.",
        )
    if _choices(pieces, frozenset()) > 1:
        raise _refused(
            "The pattern can match one text in many ways, which takes long",
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
    """Whether a checked pattern matches the whole text."""
    return re.fullmatch(pattern, text, re.ASCII) is not None


@lru_cache(maxsize=1_000)
def single_line(pattern: str) -> str:
    """A checked pattern as every engine reads it: it matches no text of several lines."""
    return f"^{_text(_Parser(pattern[1:-1]).parse())}$"


@lru_cache(maxsize=1_000)
def postgresql(pattern: str) -> str:
    """A checked pattern as PostgreSQL can count it; it does not say what a line is."""
    return f"^{_text(_Parser(pattern[1:-1], for_postgresql=True).parse())}$"


@dataclass(frozen=True, slots=True)
class Extent:
    """What a pattern says by itself of each text that it matches.

    It has `low` to `high` characters, any number where that is None. A `plain` one has no control
    character and none outside of ASCII, to PostgreSQL as well.
    """

    low: int
    high: int | None
    plain: bool


ANY = Extent(0, None, plain=False)
"""What is known of a text without a pattern."""


@lru_cache(maxsize=1_000)
def extent(pattern: str) -> Extent:
    """What a checked pattern says of the texts that it matches."""
    return _extent(_Parser(pattern[1:-1]).parse())


def _extent(pieces: list[_Piece]) -> Extent:
    low, plain = 0, True
    high: int | None = 0
    for piece in pieces:
        once = _extent_once(piece)
        low += once.low * piece.low
        if high is None or once.high is None or piece.high is None:
            high = None
        else:
            high += once.high * piece.high
        plain &= once.plain
    return Extent(low, high, plain)


def _extent_once(piece: _Piece) -> Extent:
    """What is known of a piece without its repetition."""
    if not piece.alternatives:
        return Extent(1, 1, piece.characters <= _PLAIN)
    found = [_extent(each) for each in piece.alternatives]
    highs = [each.high for each in found if each.high is not None]
    high = max(highs) if len(highs) == len(found) else None
    return Extent(min(each.low for each in found), high, all(each.plain for each in found))


@lru_cache(maxsize=1_000)
def examples(pattern: str, low: int, high: int) -> tuple[str, ...]:
    """A few texts of `low` to `high` characters that a checked pattern matches, if one does."""
    pieces = _Parser(pattern[1:-1]).parse()
    found = [_short(pieces, number) for number in range(9)]
    found = [each for each in dict.fromkeys(found) if low <= len(each) <= high]
    found = [each for each in found if matches(pattern, each)]
    if not found:
        rests = _rests(pieces, high)
        possible = [length for length in range(low, high + 1) if rests[0] >> length & 1]
        lengths = possible[:_MAX_EXAMPLES] or ()
        texts = (_compose(pieces, each, number, high) for number, each in enumerate(lengths))
        found = list(dict.fromkeys(texts))
    return tuple(found[: _MAX_EXAMPLES if max(map(len, found), default=0) <= MAX_PATTERN else 1])


def _short(pieces: list[_Piece], number: int) -> str:
    """The text that the `number`-th choices lead to, with as few repetitions as possible."""
    found = ""
    for piece in pieces:
        if piece.alternatives:
            once = _short(piece.alternatives[number % len(piece.alternatives)], number)
        else:
            samples = piece.samples
            once = samples[number % len(samples)] if samples else ""
        found += once * max(piece.low, 0 if piece.high == 0 else 1)
    return found


# The lengths that texts can have are sets of numbers: that of `n` is in a set if its bit 2**n is.


def _sum(one: int, other: int, longest: int) -> int:
    """The lengths of a text of the one and a text of the other, up to the longest."""
    if one.bit_count() > other.bit_count():
        one, other = other, one
    found = 0
    while one:
        first = one & -one
        found |= other << (first.bit_length() - 1)
        one ^= first
    return found & ((2 << longest) - 1)


def _times(once: int, count: int, longest: int) -> int:
    """The lengths of `count` texts, each with one of the lengths `once`."""
    found = 1
    for bit in f"{count:b}":
        found = _sum(found, found, longest)
        if bit == "1":
            found = _sum(found, once, longest)
    return found


def _one_round(piece: _Piece, longest: int) -> int:
    """The lengths of a piece without its repetition."""
    if not piece.alternatives:
        return 2 if piece.samples else 0
    found = 0
    for each in piece.alternatives:
        found |= _rests(each, longest)[0]
    return found


def _lengths(piece: _Piece, longest: int) -> int:
    """The lengths of a piece with its repetition."""
    once = _one_round(piece, longest)
    more = longest if piece.high is None else min(piece.high - piece.low, longest)
    least = _times(once, piece.low, longest)
    if once == 2:  # a character: any number of them
        return least * ((2 << more) - 1) & ((2 << longest) - 1)
    return _sum(least, _times(once | 1, more, longest), longest)


def _rests(pieces: list[_Piece], longest: int) -> list[int]:
    """The lengths of the sequence from each of its pieces on, and of nothing."""
    found = [1]
    for piece in reversed(pieces):
        found.append(_sum(_lengths(piece, longest), found[-1], longest))
    return found[::-1]


def _compose(pieces: list[_Piece], length: int, number: int, longest: int) -> str:
    """A text of a length that the sequence can have; `number` chooses among such texts."""
    found, rests = "", _rests(pieces, longest)
    for piece, rest in zip(pieces, rests[1:], strict=True):
        own = _lengths(piece, longest)
        share = next(n for n in range(length + 1) if own >> n & 1 and rest >> (length - n) & 1)
        found += _repeat(piece, share, number, longest)
        length -= share
    return found


def _repeat(piece: _Piece, length: int, number: int, longest: int) -> str:
    """As many rounds of a piece as make a text of the length."""
    if not piece.alternatives:
        return (piece.samples[number % len(piece.samples)] * length) if length else ""
    once = _one_round(piece, longest)
    sums = [1]
    while len(sums) <= piece.low or not sums[-1] >> length & 1:
        sums.append(_sum(sums[-1], once, longest))
    found = ""
    for rest in sums[-2::-1]:
        share = next(n for n in range(length + 1) if once >> n & 1 and rest >> (length - n) & 1)
        ways = [each for each in piece.alternatives if _rests(each, longest)[0] >> share & 1]
        found += _compose(ways[number % len(ways)], share, number, longest)
        length -= share
    return found


def _text(pieces: list[_Piece]) -> str:
    return "".join(each.text for each in pieces)


def _refused(wrong: str, hint: str = "") -> Refusal:
    return Refusal("E-PATTERN", wrong, hint)


def _counted(text: str, quantifier: str, low: int, high: int | None) -> str:
    """A repetition as several ones, where it is too long for one."""
    if max(low, high or 0) <= _POSTGRESQL_REPEAT:
        return text + quantifier
    found = ""
    while low > _POSTGRESQL_REPEAT:
        found += f"{text}{{{_POSTGRESQL_REPEAT}}}"
        low -= _POSTGRESQL_REPEAT
        high = high and high - _POSTGRESQL_REPEAT
    while high is not None and high > _POSTGRESQL_REPEAT:
        found += f"{text}{{{low},{_POSTGRESQL_REPEAT}}}"
        low, high = 0, high - _POSTGRESQL_REPEAT
    return f"{found}{text}{{{low},{'' if high is None else high}}}"


class _Parser:
    """Reads a pattern from left to right; the recursion is as deep as its groups, at most 10.

    The texts of the pieces are what every engine reads alike, or what PostgreSQL does.
    """

    def __init__(self, text: str, *, for_postgresql: bool = False) -> None:
        self.text = text
        self.for_postgresql = for_postgresql
        self.at = 0

    def parse(self) -> list[_Piece]:
        alternatives = self._alternatives(0)
        if len(alternatives) > 1:
            raise _refused(
                "The anchors ^ and $ belong to the first and the last alternative only",
                "Put the alternatives into a group: ^(a|b)$.",
            )
        if self.at < len(self.text):
            raise _refused(
                "A closing parenthesis has no opening one", r"Write \) for the character."
            )
        return alternatives[0]

    def _alternatives(self, depth: int) -> list[list[_Piece]]:
        if depth > _MAX_DEPTH:
            raise _refused(
                "The groups of the pattern are nested too deep", f"Nest at most {_MAX_DEPTH}."
            )
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
                return self._class()
            case ".":
                return _Piece(
                    _EVERYTHING, text="." if self.for_postgresql else f"[^{NOT_IN_A_LINE}]"
                )
            case "\\":
                escaped = self._escape(_SYNTAX)
                return _Piece(_only(escaped), text=f"\\{escaped}")
            case "]" | "}":
                raise _refused(f"{character} has no opening bracket", f"Write \\{character}.")
            case "^" | "$":
                raise _refused(f"{character} is inside the pattern", "Use it at the ends only.")
            case "*" | "+" | "?" | "{":
                raise _refused(
                    f"There is nothing before {character} that it could repeat",
                    f"Write \\{character} for the character.",
                )
        return _Piece(_only(character), text=_in_a_line(character))

    def _group(self, depth: int) -> _Piece:
        opening = "("
        if self.text.startswith("?:", self.at):
            self.at += 2
            opening = "(?:"
        elif self.text.startswith("?", self.at):
            raise _refused(
                "Look-around, named groups and flags are not part of every regular expression",
                "Use (...) or (?:...).",
            )
        alternatives = self._alternatives(depth + 1)
        if self._next() != ")":
            raise _refused(
                "An opening parenthesis has no closing one", r"Write \( for the character."
            )
        text = f"{opening}{'|'.join(map(_text, alternatives))})"
        return _Piece(alternatives=alternatives, text=text)

    def _repeated(self, piece: _Piece) -> _Piece:
        piece.once = piece.text
        found = _QUANTIFIER.match(self.text, self.at)
        if found is None:
            return piece
        self.at = found.end()
        piece.low, piece.high = _counts(found)
        if _QUANTIFIER.match(self.text, self.at):
            raise _refused(
                "Two quantifiers follow each other",
                "Remove one of them: lazy and possessive quantifiers are not portable.",
            )
        if max(piece.low, piece.high or 0) > _MAX_REPEAT or (piece.high or piece.low) < piece.low:
            raise _refused(
                f"{quote(found[0])} is not a possible repetition",
                f"Repeat at most {_MAX_REPEAT} times, and write the smaller number first.",
            )
        if self.for_postgresql:
            piece.text = _counted(piece.text, found[0], piece.low, piece.high)
        else:
            piece.text += found[0]
        return piece

    def _escape(self, allowed: frozenset[str]) -> str:
        character = self._next()
        if character in allowed:
            return character
        raise _refused(
            f"{quote(chr(92) + character)} does not mean the same everywhere",
            "Spell the characters out in a class, such as [0-9].",
        )

    def _class(self) -> _Piece:
        negated = self.text.startswith("^", self.at)
        self.at += negated
        start = self.at
        found: Characters = frozenset()
        parts: list[str] = []
        narrowed = False
        while (character := self._next()) != "]":
            if character == "[" or self.text[self.at - 1 : self.at + 1] in ("&&", "--", "~~", "||"):
                raise _refused(
                    f"{quote(character)} in a class does not mean the same everywhere",
                    f"Write \\{character}.",
                )
            if character == "\\":
                escaped = self._escape(_SYNTAX | {"-"})
                found |= _only(escaped)
                parts.append(f"\\{escaped}")
            elif self.text.startswith("-", self.at) and self.text[self.at + 1 : self.at + 2] != "]":
                self.at += 1
                end = self._next()
                if end in "\\[" or end < character:
                    raise _refused(
                        f"{quote(f'{character}-{end}')} is not a range of characters",
                        "Write the smaller character first, such as [a-z].",
                    )
                found |= _spread(f"{character}-{end}")
                parts.append(_in_a_line(character, end, negated))
                narrowed |= parts[-1] != f"{character}-{end}"
            else:
                found |= _only(character)
                parts.append("\\-" if character == "-" else _in_a_line(character, "", negated))
        if self.at - 1 == start:
            raise _refused("A character class is empty", r"Write \] for the character.")
        text = f"[{self.text[start - negated : self.at]}"
        if negated:
            found = _EVERYTHING - (found - {_OTHER})
        if (negated or narrowed) and not self.for_postgresql:
            inside = "".join(parts)
            text = f"[^{inside}{NOT_IN_A_LINE}]" if negated else f"[{inside}]"
        return _Piece(found, text=text)

    def _next(self) -> str:
        if self.at >= len(self.text):
            raise _refused("The pattern ends in the middle of a group, a class or an escape")
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
    """The characters that a match of the sequence can begin with."""
    found: Characters = frozenset()
    for piece in pieces:
        found |= piece.first
        if not piece.can_be_empty:
            break
    return found


def _can_be_empty(pieces: list[_Piece]) -> bool:
    return all(piece.can_be_empty for piece in pieces)


def _choices(pieces: list[_Piece], follow: Characters) -> int:
    """How often a match of the sequence, followed by `follow`, can go on in two ways.

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
    """Whether no text begins with a match of both sequences."""
    for left, right in zip(one, other, strict=False):
        if not left.first & right.first and not left.can_be_empty and not right.can_be_empty:
            return True
        if any(each.alternatives or not each.low == each.high == 1 for each in (left, right)):
            return False
    return False


def _in_a_line(first: str, last: str = "", may_be_none: bool = False) -> str:
    """A character or range without the characters that a line cannot have."""
    whole = (ord(first), ord(last or first))
    kept = list(_kept(*whole))
    if not kept and not may_be_none:
        raise _refused(
            f"{quote(first)} is a control character or a line break, which the text cannot have",
            "Leave it out.",
        )
    if kept == [whole]:
        return f"{first}-{last}" if last else first
    return "".join(f"{_spelled(low)}-{_spelled(high)}" for low, high in kept)


def _spelled(code: int) -> str:
    return f"\\u{code:04x}" if code <= 0xFFFF else chr(code)


def _kept(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The ranges of code points of a range that a line can have."""
    for first, last in _EXCLUDED:
        if low < first <= high:
            yield low, first - 1
        if first <= high:
            low = max(low, last + 1)
    if low <= high:
        yield low, high


def _only(character: str) -> Characters:
    return frozenset({ord(character) if character.isascii() else _OTHER})


def _spread(ranges: str) -> Characters:
    """The characters of the ranges of a class, such as `A-Za-z_`."""
    found: set[int] = set()
    for part in re.findall(r".-.|.", ranges, re.DOTALL):
        first, last = ord(part[0]), ord(part[-1])
        found.update(range(min(first, 128), min(last, 127) + 1))
        if last > 127:
            found.add(_OTHER)
    return frozenset(found)
