"""The scalar types of the API: bounded, and accepted in one notation only."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from invoicing.gate.cards import FOUND, holds_card

DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
UUID_TEXT: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NUMBER: Final = re.compile(r"0|-?[1-9][0-9]*")


class Closed(BaseModel):
    """What a caller sends: an unknown name is an error, and no type is coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Stored(BaseModel):
    """A row as a hook is given it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _whole(value: object) -> object:
    """To JSON Schema, 1.0 is an integer. In a query, a number is plain digits."""
    if isinstance(value, str) and NUMBER.fullmatch(value) is None:
        raise ValueError("not a whole number")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _boolean(value: object) -> object:
    """In a query, a boolean is written as in JSON."""
    if value not in ("true", "false"):
        raise ValueError("neither true nor false")
    return value


def _date(value: object) -> object:
    """RFC 3339 full-date, and no other notation."""
    if isinstance(value, str):
        if DATE.fullmatch(value) is None:
            raise ValueError("not a date as in RFC 3339")
        return date.fromisoformat(value)
    return value


def _date_time(value: object) -> object:
    """RFC 3339 date-time with an offset, and no other notation; in UTC from here on."""
    if isinstance(value, str):
        if DATE_TIME.fullmatch(value) is None:
            raise ValueError("not a date-time with an offset as in RFC 3339")
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except OverflowError:
            raise ValueError("not within the years 1 to 9999") from None
    return value


def _uuid(value: object) -> object:
    """RFC 9562 text form, and no other notation."""
    if isinstance(value, str):
        if UUID_TEXT.fullmatch(value) is None:
            raise ValueError("not a UUID as in RFC 9562")
        return UUID(value)
    return value


def between(low: str | None, high: str | None) -> AfterValidator:
    """A validator of decimal text: bounds that are met exactly."""

    def check(value: str) -> str:
        number = Decimal(value)
        if low is not None and number < Decimal(low):
            raise ValueError(f"should be at least {low}")
        if high is not None and number > Decimal(high):
            raise ValueError(f"should be at most {high}")
        return value

    return AfterValidator(check)


def _cardless(value: str) -> str:
    """Free text, in which nobody keeps the number of a payment card."""
    if holds_card(value):
        raise PydanticCustomError(FOUND, "holds the number of a payment card")
    return value


cardless: Final = AfterValidator(_cardless)


def _distinct(values: list[Any]) -> list[Any]:
    if any(value in values[:index] for index, value in enumerate(values)):
        raise ValueError("items should be unique")
    return values


distinct: Final = AfterValidator(_distinct)

whole: Final = BeforeValidator(_whole)
boolean: Final = BeforeValidator(_boolean)

Line = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$")
]
Text = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$")
]
Email = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
    ),
]
Url = Annotated[
    str,
    StringConstraints(
        pattern=r"^https?://[^<>\x22\\^`{-}\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+$"
    ),
]
Date = Annotated[date, BeforeValidator(_date)]
DateTime = Annotated[datetime, BeforeValidator(_date_time)]
Uuid = Annotated[UUID, BeforeValidator(_uuid)]
