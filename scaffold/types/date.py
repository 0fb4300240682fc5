"""date: a day of the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Literal

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


class DateField(CommonField):
    """A day of the calendar."""

    KIND = DateKind
    FILTERS = ("eq", *RANGE)
    SORTS = True

    type: Annotated[Literal["date"], about("A day, as in 2030-01-31.", "date")]
    default: Annotated[str | None, about("The day when it is left out.", "2030-01-31")] = None

    def check_literal(self, value: object) -> None:
        """Refuses what is not a full date of RFC 3339."""
        text = as_text(value)
        try:
            known = date.fromisoformat(text).isoformat() == text
        except ValueError:
            known = False
        if not known:
            raise Refusal("E-VALUE", f"{quote(text)} is not a date", "Write it as 2030-01-31.")
