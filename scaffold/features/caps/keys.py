"""The key `caps` of a spec: how much members may spend by an operation, by their roles."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen
from pydantic import AfterValidator, Discriminator, Tag
from pydantic import Field as Key

from scaffold.spec import names
from scaffold.spec.base import ONE_OR_MANY, Model, about
from scaffold.spec.measured import Counted, FieldName
from scaffold.spec.problems import Refusal, quote
from scaffold.spec.rates import Unlimited
from scaffold.spec.scalars import DecimalNumber, RoleName, spelled

MAX_CAPS = 20
MAX_COUNTED = 10
MAX_CAP = 10**15


def _cap(name: str) -> str:
    return names.identifier(name, "a cap")


def _amount(value: Decimal) -> Decimal:
    if not 0 <= value <= MAX_CAP:
        raise Refusal("E-RANGE", f"{quote(value)} is no cap", f"Write 0 to {MAX_CAP}.")
    return value


CapName = Annotated[str, AfterValidator(_cap), spelled(names.IDENTIFIER, maxLength=names.MAX_NAME)]
Most = Annotated[DecimalNumber, AfterValidator(_amount)]


class Limits(Model):
    """How much whoever holds a role may spend."""

    each: Annotated[Most | None, about("By one use.", 50_000)] = None
    member: Annotated[Most | None, about("One member in a period.", 200_000)] = None
    tenant: Annotated[Most | None, about("All members by this role in a period.", 1_000_000)] = None


LimitsOrNone = Annotated[
    Annotated[Limits, Tag("limits")] | Annotated[Unlimited, Tag("unlimited")],
    Discriminator(
        lambda value: (
            "unlimited"
            if isinstance(value, Unlimited)
            or (isinstance(value, dict) and "unlimited_because" in value)
            else "limits"
        )
    ),
]


class Cap(Model):
    """What is added up of what members do, and how much of it each role may."""

    counts: Annotated[
        tuple[Counted, ...],
        MinLen(1),
        MaxLen(MAX_COUNTED),
        ONE_OR_MANY,
        about("Resources, of which each create counts, and actions.", "payment.refund"),
    ]
    sum: Annotated[
        FieldName,
        about("The field that says how much a use is: of what is sent, or of the row.", "amount"),
    ]
    per: Annotated[
        Literal["day", "month"], about("The period, by the calendar in UTC.", "month")
    ] = "month"
    roles: Annotated[
        dict[RoleName, LimitsOrNone],
        MinLen(1),
        about(
            "How much each role may: every role that is granted what counts, or why it has no cap.",
            {"accountant": {"each": 50_000, "member": 200_000}},
        ),
    ]


class SpecKeys(Model):
    """The caps of a service."""

    caps: Annotated[
        dict[CapName, Cap],
        MaxLen(MAX_CAPS),
        about(
            "How much members may spend by an operation, by their roles.",
            {
                "refunds": {
                    "counts": "payment.refund",
                    "sum": "amount",
                    "roles": {"accountant": {"member": 200_000}},
                }
            },
        ),
    ] = Key(default_factory=dict)
