"""datetime: a moment in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from scaffold.spec.base import about
from scaffold.spec.field_base import RANGE, CommonField, as_text
from scaffold.spec.problems import Refusal, quote

from .emitted import Emitted

NOTATION = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class DatetimeKind(Emitted):
    """A moment (RFC 3339, date-time with an offset)."""

    name: ClassVar[str] = "datetime"
    SQL: ClassVar[str] = "timestamptz"
    STORED: ClassVar[str] = "datetime"
    SCALAR: ClassVar[str] = "DateTime"
    FORMAT: ClassVar[str] = "date-time"

    def examples(self) -> tuple[str, ...]:
        """Moments that follow each other."""
        return ("2030-01-01T09:00:00Z", "2030-01-01T09:00:01Z", "2030-01-01T09:00:02Z")

    def accepts(self, value: object) -> bool:
        """Is it a moment in UTC?"""
        return isinstance(value, str) and is_moment(value)

    def beside(self, value: Any, step: Literal[-1, 1]) -> str | None:
        """The second before, or after."""
        try:
            found = datetime.strptime(value, NOTATION) + timedelta(seconds=step)
        except OverflowError:
            return None
        return f"{found.isoformat()}Z"


class DatetimeField(CommonField):
    """A moment in time."""

    KIND = DatetimeKind
    FILTERS = ("eq", *RANGE)
    SORTS = True
    COMPARES = "datetime"
    PERSONAL = "never"

    type: Annotated[Literal["datetime"], about("A moment, as in 2030-01-31T12:00:00Z.", "datetime")]
    default: Annotated[
        str | None, about("The moment when it is left out, in UTC.", "2030-01-31T12:00:00Z")
    ] = None

    def check_literal(self, value: object) -> None:
        """Refuses what is not a moment in UTC (RFC 3339)."""
        text = as_text(value)
        if not is_moment(text):
            raise Refusal(
                "E-VALUE",
                f"{quote(text)} is not a moment in UTC",
                "Write it as 2030-01-31T12:00:00Z.",
            )


def is_moment(text: str) -> bool:
    """Is it a moment in UTC, with seconds and without their fractions?"""
    try:
        known = datetime.strptime(text, NOTATION).strftime("%Y") <= "9999"
    except ValueError:
        return False
    return known and len(text) == 20
