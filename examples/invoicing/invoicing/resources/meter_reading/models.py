"""What travels: the answers of meter readings, and what their operations accept."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from invoicing.types import Closed, DateTime, Line, cardless, whole


class MeterReading(TypedDict):
    """A meter reading as an answer."""

    id: UUID
    meter: str
    """What is counted."""
    period: str
    """The day or the month in UTC: 2001-02-28 or 2001-02."""
    starts_at: datetime
    """When the period begins."""
    used: int
    """How much is used in it."""
    closed_at: datetime | None
    """When it was closed: nothing is counted in it any more. Null before."""


class MeterReadingPage(TypedDict):
    """A page of meter readings."""

    items: list[MeterReading]
    next_cursor: str | None


class MeterReadingQuery(Closed):
    """The query parameters of a list of meter readings."""

    limit: Annotated[int, Field(ge=1, le=100), whole] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] = ""
    meter: Annotated[Line, Field(max_length=28), cardless] | None = None
    period: Annotated[Line, Field(max_length=10)] | None = None
    period_prefix: Annotated[Line, Field(min_length=1, max_length=10)] | None = Field(
        default=None, alias="period.prefix"
    )
    starts_at_gte: DateTime | None = Field(default=None, alias="starts_at.gte")
    starts_at_lt: DateTime | None = Field(default=None, alias="starts_at.lt")
