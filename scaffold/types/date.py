"""date: a day of the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal

from scaffold.spec.base import about
from scaffold.spec.field_base import RANGE, CommonField, as_text
from scaffold.spec.problems import Refusal, quote

from .emitted import Emitted


@dataclass(frozen=True, slots=True)
class DateKind(Emitted):
    """A day (RFC 3339, full-date)."""

    name: ClassVar[str] = "date"
    SQL: ClassVar[str] = "date"
    STORED: ClassVar[str] = "date"
    SCALAR: ClassVar[str] = "Date"
    FORMAT: ClassVar[str] = "date"

    def examples(self) -> tuple[str, ...]:
        """Days that follow each other."""
        return ("2030-01-01", "2030-01-02", "2030-01-03")

    def accepts(self, value: object) -> bool:
        """Is it a full date?"""
        return isinstance(value, str) and is_date(value)

    def beside(self, value: Any, step: Literal[-1, 1]) -> str | None:
        """The day before, or after."""
        try:
            return (date.fromisoformat(value) + timedelta(days=step)).isoformat()
        except OverflowError:
            return None

    @property
    def claimed(self) -> str:
        """Whether it is a full date."""
        return "_is_date(value)"

    @property
    def unread(self) -> tuple[Any, ...]:
        """Another type, another notation, and no day of the calendar."""
        return (20300101, "20300101", "2030-02-30")


class DateField(CommonField):
    """A day of the calendar."""

    KIND = DateKind
    FILTERS = ("eq", *RANGE)
    SORTS = True
    COMPARES = "date"

    type: Annotated[Literal["date"], about("A day, as in 2030-01-31.", "date")]
    default: Annotated[str | None, about("The day when it is left out.", "2030-01-31")] = None

    def check_literal(self, value: object) -> None:
        """Refuses what is not a full date of RFC 3339."""
        text = as_text(value)
        if not is_date(text):
            raise Refusal("E-VALUE", f"{quote(text)} is not a date", "Write it as 2030-01-31.")


def is_date(text: str) -> bool:
    """Is it a full date of RFC 3339?"""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
