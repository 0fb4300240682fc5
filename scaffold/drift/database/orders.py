"""How facts of a database compare where the common orders do not say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scaffold.drift.database.expression import implies
from scaffold.drift.verdict import Absent, Chain, Exact, Names, Order, Verdict, from_both


@dataclass(frozen=True, slots=True)
class Implied(Order):
    """Predicates over rows: a wider one holds for all rows for which the other one holds."""

    absent: Absent = "nothing"

    def compare(self, before: Any, after: Any) -> Verdict:
        """By implication, as far as it can be told from how they are written."""
        return from_both(implies(after, before), implies(before, after))


@dataclass(frozen=True, slots=True)
class Unjudged(Order):
    """What could not be read: nobody knows what it permits, until it is gone."""

    absent: Absent = "nothing"

    def verdict(self, before: Any | None, after: Any | None) -> Verdict:
        """Unknown, wherever it is new or another one."""
        if before == after:
            return "equal"
        return "narrowed" if after is None else "unknown"

    def compare(self, before: Any, after: Any) -> Verdict:
        """Unknown."""
        del before, after
        return "unknown"


@dataclass(frozen=True, slots=True)
class Parts(Names):
    """What a table keeps by its definition; a table that comes or goes has a fact of its own."""

    def verdict(self, before: Any | None, after: Any | None) -> Verdict:
        """By inclusion, where the table is there before and after."""
        if before is None or after is None:
            return "equal"
        return Names.verdict(self, before, after)


@dataclass(frozen=True, slots=True)
class Kept(Chain):
    """A chain in which something new has to begin at the first level."""

    def verdict(self, before: Any | None, after: Any | None) -> Verdict:
        """As that of a chain; what is gone permits nothing."""
        if after is None:
            return "equal" if before is None else "narrowed"
        return Chain.verdict(self, self.levels[0] if before is None else before, after)


@dataclass(frozen=True, slots=True)
class Text(Order):
    """A text that decides; a new one is reached by its name alone, which nothing known calls."""

    absent: Absent = "nothing"

    def verdict(self, before: Any | None, after: Any | None) -> Verdict:
        """Another text is another thing."""
        if before is None or after is None or before == after:
            return "equal"
        return "incomparable"

    def compare(self, before: Any, after: Any) -> Verdict:
        """Incomparable."""
        del before, after
        return "incomparable"


TEXT = Text()
GUARD = Exact(absent="everything")
SETTING = Exact(absent="other")
PARTS = Parts(more="narrower")
