"""The key `meters` of a spec: what is counted of each tenant."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen
from pydantic import AfterValidator
from pydantic import Field as Key

from scaffold.spec import names
from scaffold.spec.base import ONE_OR_MANY, Model, about
from scaffold.spec.measured import Counted, FieldName
from scaffold.spec.problems import Refusal, quote
from scaffold.spec.scalars import spelled

MAX_METERS = 20
MAX_COUNTED = 10

_EVENT = re.compile(r"[A-Za-z0-9_.:-]{1,100}", re.ASCII)


def _event(text: str) -> str:
    if not _EVENT.fullmatch(text):
        raise Refusal(
            "E-METER",
            f"{quote(text)} is not the event name of a meter",
            "Copy it from the meter at the billing provider: letters, digits and _ . : -, at most "
            "100.",
        )
    return text


def _meter(name: str) -> str:
    return names.identifier(name, "a meter")


MeterName = Annotated[
    str, AfterValidator(_meter), spelled(names.IDENTIFIER, maxLength=names.MAX_NAME)
]


class Meter(Model):
    """What of a tenant is counted, and over which period."""

    counts: Annotated[
        tuple[Counted, ...],
        MinLen(1),
        MaxLen(MAX_COUNTED),
        ONE_OR_MANY,
        about("Resources, of which each create counts, and actions.", "invoice.send"),
    ]
    sum: Annotated[
        FieldName | None,
        about("The field that says how much a use counts; 1 if left out.", "amount"),
    ] = None
    per: Annotated[
        Literal["day", "month"], about("The period, by the calendar in UTC.", "month")
    ] = "month"
    reported_as: Annotated[
        Annotated[str, AfterValidator(_event), spelled("^[A-Za-z0-9_.:-]{1,100}$")] | None,
        about(
            "The event name of the meter at the billing provider, which is told how much was used "
            "once a period has ended; nobody is, if left out.",
            "invoices_sent",
        ),
    ] = None


class SpecKeys(Model):
    """The meters of a service."""

    meters: Annotated[
        dict[MeterName, Meter],
        MaxLen(MAX_METERS),
        about(
            "What is counted of each tenant.",
            {"invoices_sent": {"counts": "invoice.send", "per": "month"}},
        ),
    ] = Key(default_factory=dict)


def sells(spec: object) -> bool:
    """Is there a billing provider? Another room has its key."""
    return getattr(spec, "billing", None) is not None
