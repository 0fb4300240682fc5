"""The section `limits` of a spec."""

from typing import Annotated

from annotated_types import MinLen
from pydantic import BeforeValidator, Discriminator, Tag

from scaffold.spec.base import Model, about
from scaffold.spec.problems import Refusal, quote
from scaffold.spec.scalars import RATE_SCHEMA, Line, rate


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
        raise Refusal(
            "E-RATE", "Failed authentications cannot be unlimited", "Write a rate: 30/min."
        )
    if not isinstance(value, str):
        raise Refusal("E-RATE", f"{quote(value)} is not a rate", "Write it as 60/min.")
    count, seconds = rate(value)
    return Rate(count=count, seconds=seconds)


RateText = Annotated[Rate, BeforeValidator(_rate), RATE_SCHEMA]
Limit = Annotated[
    Annotated[RateText, Tag("rate")] | Annotated[Unlimited, Tag("unlimited")],
    Discriminator(lambda value: "unlimited" if isinstance(value, dict | Unlimited) else "rate"),
]


class Rates(Model):
    """The rates of calls, and of failed authentications."""

    user: Annotated[Limit, about("Of one user.", "60/min")] = Rate(count=300, seconds=60)
    token: Annotated[Limit, about("Of one token.", "60/min")] = Rate(count=300, seconds=60)
    tenant: Annotated[Limit, about("Of one tenant.", "1200/min")] = Rate(count=3_000, seconds=60)
    failed_authentication: Annotated[
        RateText, about("Of failed authentications from one address.", "20/min")
    ] = Rate(count=30, seconds=60)


class SpecKeys(Model):
    """How often each may call."""

    limits: Annotated[Rates, about("How often each may call.", {"user": "60/min"})] = Rates()
