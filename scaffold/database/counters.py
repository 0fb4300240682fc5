"""Counters in SQL, as several features say it: the table, its functions, and periods in UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from scaffold.database.layout import LINE, Group, Sql
from scaffold.database.sql import literal
from scaffold.spec.measured import Period

USAGE = "usage_"
"""The table: a resource of a spec may be called `usage`."""
TAKE = "take_"
"""The function that counts a use."""
COUNT = "count_rows_"
"""The function that makes the counters of rows."""
HELD = "held"
"""The period of a counter of rows that are there."""

NOW, CLOCK = "now()", "clock_timestamp()"
_FORMATS: Mapping[Period, str] = {"day": "YYYY-MM-DD", "month": "YYYY-MM"}


def period(over: Period, moment: str = NOW) -> str:
    """The name of the period that is at a moment."""
    if over == "held":
        return literal(HELD)
    return f"to_char({moment} at time zone 'UTC', {literal(_FORMATS[over])})"


def ends(over: Period) -> str:
    """When the one that is now is over; null where rows are counted."""
    if over == "held":
        return "null"
    now = "now() at time zone 'UTC'"
    return f"(date_trunc('{over}', {now}) + interval '1 {over}') at time zone 'UTC'"


def among(what: str, names: Sequence[str]) -> str:
    """The test that something is one of these."""
    if len(names) == 1:
        return f"{what} = {literal(names[0])}"
    return f"{what} in ({', '.join(map(literal, names))})"


def by_period(name: str, of: Iterable[tuple[str, Period]], value: Callable[[Period], str]) -> Sql:
    """The value for the period of the counter that the variable `name` names."""
    found: dict[Period, list[str]] = {}
    for counter, over in of:
        found.setdefault(over, []).append(counter)
    order: tuple[Period, ...] = ("held", "day")
    whens = tuple(
        Group((f"when {among(name, found[over])} then", value(over)), " ")
        for over in order
        if over in found
    )
    if not whens:
        return value("month")
    return Group((*whens, f"else {value('month')}"), LINE, "case ", " end")
