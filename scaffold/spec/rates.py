"""Rates: how often something may happen, or why there is no limit."""

from typing import Annotated

from annotated_types import MinLen
from pydantic import BeforeValidator, Discriminator, Tag

from .base import Model, about
from .problems import Refusal, quote
from .scalars import RATE_SCHEMA, Line, rate


class Rate(Model):
    """`count` requests in `seconds`."""

    count: int
    seconds: int


class Unlimited(Model):
    """No limit, and the reason why."""

    unlimited_because: Annotated[
        Line, MinLen(10), about("Why there is no limit.", "A batch import runs at night.")
    ]


def _rate(value: object) -> Rate:
    if isinstance(value, Rate):
        return value
    if isinstance(value, dict):
        raise Refusal("E-RATE", "This cannot be unlimited", "Write a rate: 30/min.")
    if not isinstance(value, str):
        raise Refusal("E-RATE", f"{quote(value)} is not a rate", "Write it as 60/min.")
    count, seconds = rate(value)
    return Rate(count=count, seconds=seconds)


RateText = Annotated[Rate, BeforeValidator(_rate), RATE_SCHEMA]
Limit = Annotated[
    Annotated[RateText, Tag("rate")] | Annotated[Unlimited, Tag("unlimited")],
    Discriminator(lambda value: "unlimited" if isinstance(value, dict | Unlimited) else "rate"),
]
