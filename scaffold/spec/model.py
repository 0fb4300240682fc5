"""The language: what a spec may say, as frozen models. Keys and attributes have the same names.

Rules about one node live in the models; rules about several nodes live in `check`.
"""

from typing import Annotated, Literal

from annotated_types import MinLen
from pydantic import BeforeValidator, Discriminator, Tag

from .base import Model, about
from .conditions import Condition, Literals, Term
from .field_base import CommonField, FieldClass, FilterOperator
from .fields import Field, ListField, ObjectField
from .identity import Attribute, Identity, Issuer, Service, Tenancy
from .number_fields import (
    BooleanField,
    DateField,
    DatetimeField,
    DecimalField,
    DurationField,
    IntegerField,
    MoneyField,
)
from .problems import Refusal, quote
from .resources import Action, Page, Resource
from .roles import Grant, Role
from .scalars import RATE_SCHEMA, Line, ResourceName, Retention, RoleName, rate
from .text_fields import (
    EmailField,
    EnumField,
    ReferenceField,
    StringField,
    TextField,
    UrlField,
    UuidField,
)

__all__ = [
    "Action",
    "Attribute",
    "Audit",
    "BooleanField",
    "CommonField",
    "Condition",
    "DateField",
    "DatetimeField",
    "DecimalField",
    "DurationField",
    "EmailField",
    "EnumField",
    "Field",
    "FieldClass",
    "FilterOperator",
    "Grant",
    "Identity",
    "IntegerField",
    "Issuer",
    "Limits",
    "ListField",
    "Literals",
    "MoneyField",
    "ObjectField",
    "Page",
    "Rate",
    "ReferenceField",
    "Resource",
    "Role",
    "Service",
    "Spec",
    "StringField",
    "Tenancy",
    "Term",
    "TextField",
    "Unlimited",
    "UrlField",
    "UuidField",
]


class Rate(Model):
    """`count` requests in `seconds`."""

    count: int
    seconds: int


class Unlimited(Model):
    """No limit, and the reason why."""

    unlimited_because: Annotated[
        Line, MinLen(10), about("Why nothing limits it.", "A batch import runs at night.")
    ]


def _rate(value: object) -> Rate:
    if isinstance(value, Rate):
        return value
    if isinstance(value, dict):
        raise Refusal("E-RATE", "This cannot be unlimited", "Write a rate, such as 30/min.")
    if not isinstance(value, str):
        raise Refusal("E-RATE", f"{quote(value)} is not a rate", "Write it as 60/min.")
    count, seconds = rate(value)
    return Rate(count=count, seconds=seconds)


RateText = Annotated[Rate, BeforeValidator(_rate), RATE_SCHEMA]
Limit = Annotated[
    Annotated[RateText, Tag("rate")] | Annotated[Unlimited, Tag("unlimited")],
    Discriminator(lambda value: "unlimited" if isinstance(value, dict | Unlimited) else "rate"),
]


class Limits(Model):
    """The rates of calls, and of failed authentications."""

    user: Annotated[Limit, about("Of one user.", "60/min")] = Rate(count=300, seconds=60)
    token: Annotated[Limit, about("Of one token.", "60/min")] = Rate(count=300, seconds=60)
    tenant: Annotated[Limit, about("Of one tenant.", "1200/min")] = Rate(count=3_000, seconds=60)
    failed_authentication: Annotated[
        RateText, about("Of failed authentications from one address.", "20/min")
    ] = Rate(count=30, seconds=60)


class Audit(Model):
    """The append-only record of every decision."""

    retain: Annotated[Retention, about("How many days it is kept.", "400d")] = 400


def _version(value: object) -> object:
    if type(value) is not int or value != 1:
        raise Refusal(
            "E-VERSION", f"{quote(value)} is not a version of the language", "Write scaffold: 1."
        )
    return value


class Spec(Model):
    """A whole spec."""

    scaffold: Annotated[
        Literal[1], BeforeValidator(_version), about("The version of the language.", 1)
    ]
    service: Annotated[
        Service, about("The service itself.", {"name": "invoicing", "title": "Invoicing"})
    ]
    tenancy: Annotated[Tenancy, about("Who the data belongs to.", {"tenant": "organization"})]
    identity: Annotated[
        Identity,
        about("Who signs the tokens that are accepted.", {"tenant_claim": "organization_id"}),
    ]
    roles: Annotated[
        dict[RoleName, Role],
        MinLen(1),
        about(
            "The roles: who may do what.", {"viewer": {"can": [{"do": "read", "on": "invoice"}]}}
        ),
    ]
    resources: Annotated[
        dict[ResourceName, Resource],
        MinLen(1),
        about(
            "The resources: what there is.",
            {"note": {"fields": {"body": {"type": "text", "max": 500}}}},
        ),
    ]
    limits: Annotated[Limits, about("How often each may call.", {"user": "60/min"})] = Limits()
    audit: Annotated[Audit, about("The record of every decision.", {"retain": "400d"})] = Audit()
