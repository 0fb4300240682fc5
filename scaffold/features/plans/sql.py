"""Periods of counters as SQL: days and months of the calendar in UTC."""

from __future__ import annotations

from collections.abc import Mapping

from scaffold.features.plans.keys import Period

_NOW = "now() at time zone 'UTC'"
_PERIODS: Mapping[Period, str] = {
    "held": "'held'",
    "day": f"to_char({_NOW}, 'YYYY-MM-DD')",
    "month": f"to_char({_NOW}, 'YYYY-MM')",
}


def period(over: Period) -> str:
    """The name of the period that is now."""
    return _PERIODS[over]


def ends(over: Period) -> str:
    """When it is over; null where rows are counted."""
    if over == "held":
        return "null"
    return f"(date_trunc('{over}', {_NOW}) + interval '1 {over}') at time zone 'UTC'"
