"""Verdicts, and the orders in which the values of facts are compared.

`a <= b` says: whatever a permits, b permits too. An order that cannot tell says `unknown`, which
blocks as `widened` does.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Final, Literal

Verdict = Literal["equal", "narrowed", "widened", "incomparable", "unknown"]
BLOCKING: Final[frozenset[Verdict]] = frozenset({"widened", "incomparable", "unknown"})

Absent = Literal["nothing", "everything", "other"]
"""What it means that a fact is not there: nothing is permitted, everything is, or neither."""

_RATE = re.compile(r"([0-9]+) (?:\w+ )?in ([0-9]+) s", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)


def from_both(less: bool, more: bool) -> Verdict:
    """The verdict where `less` says after <= before, and `more` says before <= after."""
    if less and more:
        return "equal"
    if less:
        return "narrowed"
    return "widened" if more else "incomparable"


def combined(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a product of orders: a narrowing in one never pays for a hole in another."""
    found = {*verdicts} - {"equal"}
    if not found:
        return "equal"
    if "unknown" in found:
        return "unknown"
    if found == {"narrowed"}:
        return "narrowed"
    return "widened" if found == {"widened"} else "incomparable"


def turned(verdict: Verdict) -> Verdict:
    """The verdict in the opposite order."""
    if verdict in ("narrowed", "widened"):
        return "widened" if verdict == "narrowed" else "narrowed"
    return verdict


class Order(ABC):
    """How two values of one fact compare. `absent` says what it means that there is none; None is
    that it means nothing."""

    absent: Absent | None = "nothing"
    in_words: ClassVar[bool] = False
    """Can it compare a value with a bound that somebody has written down?"""

    def verdict(self, before: Any | None, after: Any | None) -> Verdict:
        """What became of a value; None is that the fact is not there."""
        if before is None or after is None:
            if self.absent is None or before is after:
                return "equal"
            if self.absent == "other":
                return "incomparable"
            appears = before is None
            return "widened" if appears is (self.absent == "nothing") else "narrowed"
        return "equal" if before == after else self.compare(before, after)

    @abstractmethod
    def compare(self, before: Any, after: Any) -> Verdict:
        """What became of a value that is another one now."""


@dataclass(frozen=True, slots=True)
class Exact(Order):
    """That it is there permits something. Another value is another thing: neither less nor more."""

    absent: Absent | None = "nothing"
    in_words: ClassVar[bool] = True

    def compare(self, before: Any, after: Any) -> Verdict:
        """Always incomparable."""
        del before, after
        return "incomparable"


@dataclass(frozen=True, slots=True)
class Free(Order):
    """A value that says nothing about authority. Unless `absent` says what it means that there is
    none, that says nothing either."""

    absent: Absent | None = None

    def compare(self, before: Any, after: Any) -> Verdict:
        """Always equal."""
        del before, after
        return "equal"


@dataclass(frozen=True, slots=True)
class Number(Order):
    """The first number in a text; `more` of it permits more, or less. Some words have no bound."""

    more: Literal["wider", "narrower"] = "wider"
    unbounded: tuple[str, ...] = ("none", "unlimited")
    absent: Absent | None = "nothing"
    in_words: ClassVar[bool] = True

    def compare(self, before: Any, after: Any) -> Verdict:
        """By size; a text without a number cannot be compared."""
        old, new = self._read(before), self._read(after)
        if old is None or new is None:
            return "unknown"
        verdict = from_both(new <= old, old <= new)
        if verdict == "equal" and str(before) != str(after):
            # The same number of something else: 25 a month is not 25 a day.
            without = (_NUMBER.sub("", str(each), count=1) for each in (before, after))
            return "equal" if len({*without}) == 1 else "incomparable"
        return verdict if self.more == "wider" else turned(verdict)

    def _read(self, value: Any) -> Decimal | None:
        text = str(value)
        if text in self.unbounded:
            return Decimal("Infinity")
        found = _NUMBER.search(text)
        try:
            return Decimal(found[0]) if found else None
        except InvalidOperation:
            return None


@dataclass(frozen=True, slots=True)
class Rate(Order):
    """So many in so many seconds. A rate permits another one if it does so in every interval.

    `n` tokens that fill up in `w` seconds let n + t * n / w through in t seconds: both the count
    and the count a second have to be as large.
    """

    absent: Absent | None = "everything"
    in_words: ClassVar[bool] = True

    def compare(self, before: Any, after: Any) -> Verdict:
        """By the burst and by the steady rate."""
        old, new = self.read(before), self.read(after)
        if old is None or new is None:
            return "unknown"
        less = new[0] <= old[0] and new[1] <= old[1]
        return from_both(less, old[0] <= new[0] and old[1] <= new[1])

    def read(self, value: Any) -> tuple[Decimal, Decimal] | None:
        """The count, and the count a second; None where it is no rate."""
        if value in ("unlimited", "none"):
            return Decimal("Infinity"), Decimal("Infinity")
        found = _RATE.fullmatch(str(value))
        if found is None or int(found[2]) == 0:
            return None
        count, window = Decimal(found[1]), Decimal(found[2])
        return count, count / window


@dataclass(frozen=True, slots=True)
class Names(Order):
    """A set of names; with `more` narrower, each further one asks for more."""

    more: Literal["wider", "narrower"] = "wider"
    empty: tuple[str, ...] = ("none", "nothing", "no field")
    absent: Absent | None = "nothing"
    in_words: ClassVar[bool] = True

    def compare(self, before: Any, after: Any) -> Verdict:
        """By inclusion."""
        old, new = self.read(before), self.read(after)
        verdict = from_both(new <= old, old <= new)
        return verdict if self.more == "wider" else turned(verdict)

    def read(self, value: Any) -> frozenset[str]:
        """The names in a value."""
        if not isinstance(value, str):
            return frozenset(value)
        if value in self.empty:
            return frozenset()
        return frozenset(each.strip() for each in value.split(","))


@dataclass(frozen=True, slots=True)
class Chain(Order):
    """A few values, each of which permits all that those before it permit."""

    levels: tuple[str, ...]
    absent: Absent | None = "nothing"
    in_words: ClassVar[bool] = True

    def compare(self, before: Any, after: Any) -> Verdict:
        """By place; a value that is not among them cannot be compared."""
        if before not in self.levels or after not in self.levels:
            return "unknown"
        old, new = self.levels.index(before), self.levels.index(after)
        return from_both(new <= old, old <= new)


@dataclass(frozen=True, slots=True)
class Both(Order):
    """An order of what is there before and after. What comes or goes is told elsewhere."""

    inner: Order
    absent: Absent = "nothing"

    def verdict(self, before: Any | None, after: Any | None) -> Verdict:
        """As the other order says, where both are there."""
        if before is None or after is None:
            return "equal"
        return self.inner.verdict(before, after)

    def compare(self, before: Any, after: Any) -> Verdict:
        """As the other order says."""
        return self.inner.compare(before, after)


@dataclass(frozen=True, slots=True)
class By(Order):
    """Whatever a function says."""

    function: Callable[[Any, Any], Verdict]
    absent: Absent | None = "nothing"

    def compare(self, before: Any, after: Any) -> Verdict:
        """As the function says."""
        return self.function(before, after)


@dataclass(frozen=True, slots=True)
class ByWords(By):
    """Whatever a function says of two texts."""

    in_words: ClassVar[bool] = True
