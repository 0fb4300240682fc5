"""The predicates of policies: what always holds, what is bound to a tenant, what implies what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from scaffold.drift.database.tokens import Unreadable, split, text_of

Words = tuple[str, ...]
MAX_DEPTH: Final = 60
MAX_ATOMS: Final = 200
MAX_WORDS: Final = 3000

_BEFORE_GROUP: Final = frozenset(
    {"and", "or", "not", "=", "<>", "<", ">", "<=", ">=", "(", ",", "&&", "||", "+", "-", "*"}
    | {"is", "then", "when", "else", "case", "where", "select", "from", "on", "between"}
)
"""What stands in front of parentheses that only group. After a name they are those of a call."""
TIGHT: Final = (
    *((" . ", "."), ("( ", "("), (" )", ")"), (" ,", ","), (" :: ", "::")),
    *((" [ ", "["), ("[ ", "["), (" ]", "]")),
)
"""How words are put together again, to be read."""
_CLAUSES: Final = frozenset({"from", "where", "union", ",", "limit", "offset", "as", "group"})
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'|-?[0-9][0-9.]*|true|false|null")
_COLUMN: Final = re.compile(r"[a-z_][a-z0-9_$]*|\".+\"")
_RESERVED: Final = frozenset(
    {"true", "false", "null", "current_user", "session_user", "user", "current_role", "now"}
)
_KEYS: Final = frozenset({"tenant_id", "id"})
"""Columns that are never null."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A predicate: `and` and `or` of other ones, the opposite of one, or words."""

    sort: Literal["and", "or", "not", "atom"]
    parts: frozenset[Expression] = frozenset()
    words: Words = ()

    def __str__(self) -> str:
        """The predicate, always written alike."""
        if self.sort == "atom":
            return spelled(self.words)
        inner = sorted(str(each) for each in self.parts)
        if self.sort == "not":
            return f"not ({inner[0]})"
        return "(" + f" {self.sort} ".join(inner) + ")"

    @property
    def size(self) -> int:
        """How many atoms it has."""
        return sum(each.size for each in self.parts) or 1


TRUE: Final = Expression("atom", words=("true",))
FALSE: Final = Expression("atom", words=("false",))


def spelled(words: Sequence[str]) -> str:
    """Words on one line, as people write them."""
    text = " ".join(words)
    for spaced, tight in TIGHT:
        text = text.replace(spaced, tight)
    return re.sub(r"(\w) \(", r"\1(", text)


def read(words: Sequence[str], table: str = "") -> Expression:
    """The predicate in some words; columns that are said to be of `table` lose its name.

    Raises:
        Unreadable: it is nested too deeply, or too long.
    """
    if len(words) > MAX_WORDS:
        raise Unreadable("a predicate is too long")
    return _read(_unqualified(tuple(words), table), 0)


def ungrouped(words: Sequence[str]) -> Words:
    """The words of a statement without parentheses that change nothing.

    Those are a second pair around the same, a pair around one word or one call where a value may
    stand, and one around a comparison between `and` and `or`. A list, a row and a subquery keep
    theirs.
    """
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for at, each in enumerate(words):
        if each == "(":
            opened.append(at)
        elif each == ")" and opened:
            pairs[opened.pop()] = at
    gone: set[int] = set()
    for begin, end in pairs.items():
        if _groups_nothing(words, begin, end, pairs):
            gone |= {begin, end}
    return tuple(each for at, each in enumerate(words) if at not in gone)


def _groups_nothing(words: Sequence[str], begin: int, end: int, pairs: dict[int, int]) -> bool:
    """Is a pair of parentheses without an effect?"""
    inside = _level(words, begin, end)
    if not inside or {",", *_QUERIES} & inside:
        return False
    before = words[begin - 1] if begin else ""
    after = words[end + 1] if end + 1 < len(words) else ";"
    if before == "(" and pairs.get(begin - 1) == end + 1:
        return True
    inner = tuple(words[begin + 1 : end])
    if (len(inner) == 1 or _is_call(inner)) and before in _BEFORE_GROUP:
        return after not in (".", "[")
    if before not in _BEFORE_CONDITION or after not in _AFTER_CONDITION:
        return False
    return not {"and", "or", "not", "case"} & inside


def _level(words: Sequence[str], begin: int, end: int) -> set[str]:
    """The words in a pair of parentheses that are in no other pair."""
    depth, found = 0, set()
    for each in words[begin + 1 : end]:
        depth += (each in ("(", "[")) - (each in (")", "]"))
        if depth == 0:
            found.add(each)
    return found


_QUERIES: Final = frozenset({"select", "with", "values", "table"})
_BEFORE_CONDITION: Final = frozenset({"where", "and", "or", "on", "having", "when", "if", "("})
"""What stands in front of a condition."""
_AFTER_CONDITION: Final = frozenset(
    {"and", "or", ")", ";", "then", "group", "order", "limit", "returning", "for", "do"}
)
"""What ends one."""


def all_of(parts: Sequence[Expression]) -> Expression:
    """All of some predicates."""
    return _joined("and", parts)


def any_of(parts: Sequence[Expression]) -> Expression:
    """One of some predicates; false where there is none."""
    return _joined("or", parts) if parts else FALSE


def _unqualified(words: Words, table: str) -> Words:
    found: list[str] = []
    at = 0
    while at < len(words):
        if table and words[at] == table and words[at + 1 : at + 2] == (".",):
            at += 2
            continue
        found.append("<>" if words[at] == "!=" else words[at])
        at += 1
    return tuple(found)


def _read(words: Words, depth: int) -> Expression:
    if depth > MAX_DEPTH:
        raise Unreadable("a predicate is nested too deeply")
    words = _bare(words)
    for sort in ("or", "and"):
        parts = [words[start:end] for start, end in _split(words, sort)]
        if len(parts) > 1:
            return _joined(sort, [_read(each, depth + 1) for each in parts])
    if words[:1] == ("not",):
        inner = _read(words[1:], depth + 1)
        opposite = {TRUE: FALSE, FALSE: TRUE}.get(inner)
        return opposite or Expression("not", frozenset({inner}))
    return _atom(_simple(words, depth))


def _joined(sort: str, parts: Sequence[Expression]) -> Expression:
    unit, zero = (TRUE, FALSE) if sort == "and" else (FALSE, TRUE)
    found: set[Expression] = set()
    for each in parts:
        found |= each.parts if each.sort == sort else {each}
    if zero in found:
        return zero
    found.discard(unit)
    if len(found) > 1:
        return Expression("and" if sort == "and" else "or", frozenset(found))
    return found.pop() if found else unit


def _bare(words: Words) -> Words:
    """Without parentheses around, and without a select around that selects from nothing."""
    while len(words) > 1:
        if words[0] == "(" and closing(words, 0) == len(words) - 1:
            words = words[1:-1]
        elif words[0] == "select" and not _selects(words):
            words = words[1:]
        else:
            break
    return words


def _selects(words: Words) -> bool:
    """Is it more than `select EXPRESSION`?"""
    depth = 0
    for each in words[1:]:
        depth += (each in "([") - (each in ")]")
        if depth == 0 and each in _CLAUSES:
            return True
    return False


def closing(words: Sequence[str], at: int) -> int:
    """Where the parenthesis at a place closes; behind the last word where it does not."""
    depth = 0
    for position in range(at, len(words)):
        depth += (words[position] in ("(", "[")) - (words[position] in (")", "]"))
        if depth == 0:
            return position
    return len(words)


def _split(words: Words, by: str) -> Iterator[tuple[int, int]]:
    """As `split`, knowing that the `and` of `between` and what is inside `case` join nothing."""
    depth = start = between = 0
    for at, each in enumerate(words):
        if each in ("(", "[", "case"):
            depth += 1
        elif each in (")", "]", "end"):
            depth -= 1
        elif depth == 0 and each == "between":
            between += 1
        elif depth == 0 and each == "and" and between:
            between -= 1
        elif depth == 0 and each == by:
            yield start, at
            start = at + 1
    yield start, len(words)


def _simple(words: Words, depth: int) -> Words:
    """The words of an atom without parentheses that only group one thing."""
    found: list[str] = []
    at = 0
    while at < len(words):
        each = words[at]
        if each == "(":
            end = closing(words, at)
            inner = _simple(_bare(words[at + 1 : end]), depth + 1) if depth < MAX_DEPTH else ()
            before = found[-1] if found else "("
            single = len(inner) == 1 or _is_call(inner)
            if single and (before in _BEFORE_GROUP):
                found += inner
            else:
                found += ["(", *inner, ")"]
            at = end + 1
            continue
        found.append(each)
        at += 1
    return tuple(found)


def _is_call(words: Words) -> bool:
    """Is it one call, perhaps with casts behind?"""
    if len(words) < 3 or words[1] != "(" or not _COLUMN.fullmatch(words[0]):
        return False
    return all(
        each in ("::", "[", "]") or each.isidentifier() for each in words[closing(words, 1) + 1 :]
    )


def _atom(words: Words) -> Expression:
    if not words:
        return TRUE
    both = sides(words)
    if both is not None:
        left, operator, right = both
        if left == right and operator in ("=", "<=", ">="):
            return TRUE
        if constant(left) and constant(right) and operator in ("=", "<>"):
            return TRUE if (left == right) is (operator == "=") else FALSE
        if operator in ("=", "<>"):
            left, right = sorted((left, right))
        return Expression("atom", words=(*left, operator, *right))
    if words[-3:] == ("is", "not", "null") and len(words) == 4 and words[0] in _KEYS:
        return TRUE
    if words[-4:-1] == ("is", "not", "distinct"):
        return Expression("atom", words=words)
    if words == ("null", "is", "null") or words[-2:] == ("like", "'%'"):
        return TRUE
    for mark in (("is", "not", "distinct", "from"), ("is", "true")):
        at = _find(words, mark)
        if at and words[:at] == words[at + len(mark) :]:
            return TRUE
    return Expression("atom", words=words)


def _find(words: Words, mark: Words) -> int:
    for at in range(len(words) - len(mark) + 1):
        if words[at : at + len(mark)] == mark:
            return at
    return 0


def constant(words: Words) -> bool:
    """Is it one literal?"""
    return len(words) == 1 and _LITERAL.fullmatch(words[0]) is not None


def sides(words: Words) -> tuple[Words, str, Words] | None:
    """The two sides of a comparison."""
    depth = 0
    for at, each in enumerate(words):
        depth += (each in ("(", "[", "case")) - (each in (")", "]", "end"))
        if depth == 0 and each in ("=", "<>", "<=", ">=", "<", ">"):
            return words[:at], each, words[at + 1 :]
    return None


def settings(words: Sequence[str]) -> Iterator[str]:
    """The settings that some words read; `?` is one whose name is no literal."""
    for at in range(len(words) - 2):
        if words[at] == "current_setting" and words[at + 1] == "(":
            found = words[at + 2]
            yield lowered(text_of(found)) if found.startswith("'") else "?"


def lowered(name: str) -> str:
    """Names of settings do not differ by case."""
    return name.lower()


def is_house(setting: str) -> bool:
    """Is it a setting that the stored functions bind, and no caller?"""
    return re.fullmatch(r"app(?:_[0-9a-f]{8})?\.[a-z_]+", setting) is not None


def _setting(words: Words) -> str | None:
    """The setting that some words are, with casts and an empty text as null."""
    words = _bare(words)
    while len(words) > 2 and words[-2] == "::":
        words = _bare(words[:-2])
    while len(words) > 4 and words[-2:] == ("[", "]"):
        words = words[:-2]
    if words[:2] == ("nullif", "(") and words[-3:] == (",", "''", ")"):
        return _setting(words[2:-3])
    if words[:2] == ("current_setting", "(") and closing(words, 1) == len(words) - 1:
        return next(settings(words), None)
    return None


def is_bound(found: Expression) -> bool:
    """Does every row that it shows have a column that equals a setting of this transaction?"""
    if found.sort == "and":
        return any(is_bound(each) for each in found.parts)
    if found.sort == "or":
        return bool(found.parts) and all(is_bound(each) for each in found.parts)
    if found.sort == "not":
        return False
    both = sides(found.words)
    if both is None or both[1] != "=":
        return found == FALSE
    for one, other in ((both[0], both[2]), (both[2], both[0])):
        setting = _setting(one)
        if setting and is_house(setting) and _is_column(other):
            return True
    return False


def _is_column(words: Words) -> bool:
    words = _bare(words)
    while len(words) > 2 and words[-2] == "::":
        words = words[:-2]
    return len(words) == 1 and _COLUMN.fullmatch(words[0]) is not None and words[0] not in _RESERVED


def weakness(found: Expression) -> str:
    """Why a predicate does not keep tenants apart, in words; empty where it does."""
    if is_bound(found):
        return ""
    if found.sort == "or":
        first = min((each for each in found.parts if not is_bound(each)), key=str)
        return weakness(first)
    if found.sort == "and":
        reasons = sorted({weakness(each) for each in found.parts})
        telling = [each for each in reasons if not each.startswith("it asks for no tenant")]
        return (telling or reasons)[0]
    if found == TRUE:
        return "it is always true"
    if found.sort == "not":
        return f"it asks for no tenant: {found!s:.100}"
    read_ = [*settings(found.words)]
    foreign = [each for each in read_ if not is_house(each)]
    if foreign:
        return f"it reads the setting {foreign[0]:.60}, which is not bound by the service"
    if read_ and "coalesce" in found.words:
        return "it falls back on something else where no tenant is bound"
    if read_ and (found.words[-1] == "null" or "''" in found.words):
        return "it holds for whoever is bound to no tenant"
    return f"it asks for no tenant: {found!s:.100}"


def implies(one: Expression, other: Expression) -> bool:
    """Does `one` certainly imply `other`? False also where that cannot be told."""
    if one.size + other.size > MAX_ATOMS:
        return one == other
    return _implies(one, other)


@lru_cache(maxsize=20_000)
def _implies(one: Expression, other: Expression) -> bool:
    if one in (other, FALSE) or other == TRUE:
        return True
    if one.sort == "or":
        return all(_implies(each, other) for each in one.parts)
    if other.sort == "and":
        return all(_implies(one, each) for each in other.parts)
    if one.sort == "and" and any(_implies(each, other) for each in one.parts):
        return True
    if other.sort == "or":
        return any(_implies(one, each) for each in other.parts)
    return one.sort == other.sort == "atom" and _narrower(one.words, other.words)


def _narrower(one: Words, other: Words) -> bool:
    """Do they differ in one list of literals alone, of which the first has fewer?"""
    if one[:2] == other[:2] == () or not one or not other:
        return False
    begin = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), -1)
    if begin < 0:
        begin = min(len(one), len(other))
    opening = max((at for at in range(begin) if one[at] in ("(", "[")), default=-1)
    if opening < 1:
        return False
    ends = closing(one, opening), closing(other, opening)
    if one[ends[0] :] != other[ends[1] :]:
        return False
    lists = [
        _literals(words[opening + 1 : end]) for words, end in zip((one, other), ends, strict=True)
    ]
    if lists[0] is None or lists[1] is None or not lists[0] <= lists[1]:
        return False
    front = one[:opening]
    if front[-1] == "array":
        any_ = front[-3:-1] == ("any", "(") and "=" in one and "<>" not in one
        return any_ or front[-2:-1] == ("&&",)
    return front[-1] == "in" and front[-2:-1] != ("not",)


def _literals(words: Words) -> frozenset[str] | None:
    parts = [words[start:end] for start, end in split(words, ",")]
    if all(constant(each) for each in parts):
        return frozenset(each[0] for each in parts)
    return None
