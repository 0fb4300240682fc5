"""datetime: a moment in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from scaffold.spec.base import about
from scaffold.spec.field_base import RANGE, CommonField, as_text
from scaffold.spec.problems import Refusal, quote

from .emitted import Emitted


@dataclass(frozen=True, slots=True)
class DatetimeKind(Emitted):
    """A moment (RFC 3339, date-time with an offset)."""

    name: ClassVar[str] = "datetime"
    SQL: ClassVar[str] = "timestamptz"
    STORED: ClassVar[str] = "datetime"
    SCALAR: ClassVar[str] = "DateTime"
    FORMAT: ClassVar[str] = "date-time"


class DatetimeField(CommonField):
    """A moment in time."""

    KIND = DatetimeKind
    FILTERS = ("eq", *RANGE)
    SORTS = True
    PERSONAL = "never"

    type: Annotated[Literal["datetime"], about("A moment, as in 2030-01-31T12:00:00Z.", "datetime")]
    default: Annotated[
        str | None, about("The moment when it is left out, in UTC.", "2030-01-31T12:00:00Z")
    ] = None

    def check_literal(self, value: object) -> None:
        """Refuses what is not a moment in UTC (RFC 3339)."""
        text = as_text(value)
        try:
            known = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").strftime("%Y") <= "9999"
        except ValueError:
            known = False
        if not known or len(text) != 20:
            raise Refusal(
                "E-VALUE",
                f"{quote(text)} is not a moment in UTC",
                "Write it as 2030-01-31T12:00:00Z.",
            )
