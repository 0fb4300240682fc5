"""The keys `plans` and `trial` of a spec, and `feature` of a resource and of an action."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, BeforeValidator, Discriminator, Tag
from pydantic import Field as Key

from scaffold.spec import names
from scaffold.spec.base import ONE_OR_MANY, Model, about
from scaffold.spec.measured import Period
from scaffold.spec.problems import Refusal, quote
from scaffold.spec.rates import RateText, Unlimited
from scaffold.spec.scalars import spelled

MAX_PLANS = 20
MAX_FEATURES = 100
MAX_QUOTAS = 50
MAX_QUOTA = 1_000_000_000
MAX_TRIAL = 365
"""Days."""

_QUOTA = re.compile(r"([1-9][0-9]{0,9})(?:/(day|month))?", re.ASCII)
_METER = re.compile(r"([a-z0-9_]+)(?:\.([a-z0-9_]+))?", re.ASCII)
_PRICE = re.compile(r"[A-Za-z0-9_.:/-]{1,100}", re.ASCII)


class Quota(Model):
    """`most` uses in a period, or `most` rows at once."""

    most: int
    period: Period


def _quota(value: object) -> object:
    """The quota that a number or a text says; what is a quota already stays as it is."""
    if isinstance(value, Quota):
        return value
    found = None
    if isinstance(value, int | str) and not isinstance(value, bool):
        found = _QUOTA.fullmatch(str(value))
    if found is None or int(found[1]) > MAX_QUOTA:
        raise Refusal(
            "E-QUOTA",
            f"{quote(str(value))} is not a quota",
            f"Write a number from 1 to {MAX_QUOTA}, and /day or /month behind it where uses are "
            "counted: 25/month.",
        )
    return Quota(most=int(found[1]), period=found[2] or "held")  # type: ignore[arg-type]


def _meter(text: str) -> str:
    found = _METER.fullmatch(text)
    if found is None:
        raise Refusal(
            "E-NAME",
            f"{quote(text)} cannot name what a quota counts",
            "Write a resource, a resource and an action, or a meter: invoice or invoice.send.",
        )
    for each in found.groups():
        if each is not None:
            names.identifier(each, "what a quota counts")
    return text


def _price(text: str) -> str:
    if not _PRICE.fullmatch(text):
        raise Refusal(
            "E-PRICE",
            f"{quote(text)} is not the id of a price",
            "Copy it from the catalogue of the billing provider: letters, digits and _ . : / -, "
            "at most 100.",
        )
    return text


def _plan(name: str) -> str:
    return names.identifier(name, "a plan")


def _feature(name: str) -> str:
    return names.identifier(name, "a feature")


PlanName = Annotated[
    str, AfterValidator(_plan), spelled(names.IDENTIFIER, maxLength=names.MAX_NAME)
]
FeatureName = Annotated[
    str, AfterValidator(_feature), spelled(names.IDENTIFIER, maxLength=names.MAX_NAME)
]
Meter = Annotated[
    str, AfterValidator(_meter), spelled(r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$", maxLength=60)
]
Price = Annotated[str, AfterValidator(_price), spelled("^[A-Za-z0-9_.:/-]{1,100}$")]
QuotaText = Annotated[
    Quota,
    BeforeValidator(
        _quota,
        json_schema_input_type=Annotated[int, Ge(1), Le(MAX_QUOTA)]
        | Annotated[str, spelled("^[1-9][0-9]{0,9}(/(day|month))?$")],
    ),
]
QuotaOrNone = Annotated[
    Annotated[QuotaText, Tag("quota")] | Annotated[Unlimited, Tag("unlimited")],
    Discriminator(lambda value: "unlimited" if isinstance(value, dict | Unlimited) else "quota"),
]


class PlanRates(Model):
    """How often a tenant on a plan may call."""

    tenant: Annotated[
        RateText | None, about("Of one tenant; that of the service if left out.", "120/min")
    ] = None


class Plan(Model):
    """What a tenant that is on it may do, how much, and how often."""

    price: Annotated[
        Price | None,
        about("The id of its price at the billing provider. The first plan has none.", "price_1"),
    ] = None
    features: Annotated[
        tuple[FeatureName, ...],
        MaxLen(MAX_FEATURES),
        ONE_OR_MANY,
        about("The features that it has.", "sending"),
    ] = ()
    limits: Annotated[
        PlanRates, about("How often its tenants may call.", {"tenant": "120/min"})
    ] = PlanRates()
    quotas: Annotated[
        dict[Meter, QuotaOrNone],
        MaxLen(MAX_QUOTAS),
        about("How much of a resource, or how many uses of an action.", {"invoice": "25/month"}),
    ] = Key(default_factory=dict)


class Trial(Model):
    """The plan that a new tenant has for some days."""

    plan: Annotated[PlanName, about("The plan that is tried.", "team")]
    days: Annotated[int, Ge(1), Le(MAX_TRIAL), about("For how many days.", 14)]


class SpecKeys(Model):
    """The plans of a service."""

    plans: Annotated[
        dict[PlanName, Plan],
        MinLen(1),
        MaxLen(MAX_PLANS),
        about(
            "The plans: what a tenant is entitled to. The first is where every tenant begins.",
            {"free": {"quotas": {"invoice": "25/month"}}},
        ),
    ] = Key(default_factory=dict)
    trial: Annotated[
        Trial | None,
        about("The plan that a new tenant tries; none if left out.", {"plan": "team", "days": 14}),
    ] = None


class ResourceKeys(Model):
    """What a plan must have for all operations of a resource."""

    feature: Annotated[
        FeatureName | None, about("The feature that all of its operations need.", "reporting")
    ] = None


class ActionKeys(Model):
    """What a plan must have for an action."""

    feature: Annotated[
        FeatureName | None, about("The feature that a plan must have for it.", "sending")
    ] = None


def meters_in(spec: object) -> Mapping[str, Period]:
    """The period of each meter, which a quota can name; another room has the key."""
    return {name: each.per for name, each in getattr(spec, "meters", {}).items()}


def of_tenant(spec: object) -> object:
    """The limit of a tenant where no plan says one; another room has its key."""
    return getattr(getattr(spec, "limits", None), "tenant", None)


def grace_of(spec: object) -> int:
    """How many seconds a plan lasts behind a missed payment; another room has the key."""
    unpaid = getattr(getattr(spec, "billing", None), "when_unpaid", None)
    return int(getattr(unpaid, "after", 0))
