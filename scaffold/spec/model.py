"""The language: what a spec may say, as frozen models. Keys and attributes have the same names.

Rules about one node live in the models; rules about several nodes live in `check`.
"""

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from annotated_types import MinLen

from scaffold.features import FEATURES
from scaffold.types.boolean import BooleanField
from scaffold.types.date import DateField
from scaffold.types.datetime import DatetimeField
from scaffold.types.decimal import DecimalField
from scaffold.types.duration import DurationField
from scaffold.types.email import EmailField
from scaffold.types.enum import EnumField
from scaffold.types.fields import Field
from scaffold.types.integer import IntegerField
from scaffold.types.list import ListField
from scaffold.types.money import MoneyField
from scaffold.types.object import ObjectField
from scaffold.types.reference import ReferenceField
from scaffold.types.string import StringField
from scaffold.types.text import TextField
from scaffold.types.url import UrlField
from scaffold.types.uuid import UuidField

from .base import Model, about, extended
from .conditions import Condition, Literals, Term
from .field_base import CommonField, FieldClass, FilterOperator
from .identity import (
    Assurance,
    Attribute,
    Identity,
    Issuer,
    Service,
    Tenancy,
    TenantAttribute,
    Token,
)
from .resources import Action, Page, Resource, Touch
from .roles import Grant, Role
from .scalars import ResourceName, RoleName

__all__ = [
    "Action",
    "Assurance",
    "Attribute",
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
    "ListField",
    "Literals",
    "MoneyField",
    "ObjectField",
    "Page",
    "ReferenceField",
    "Resource",
    "Role",
    "Service",
    "Spec",
    "StringField",
    "Tenancy",
    "TenantAttribute",
    "Term",
    "TextField",
    "Token",
    "Touch",
    "UrlField",
    "UuidField",
]


class CoreSpec(Model):
    """A whole spec."""

    scaffold: Annotated[
        Literal[2],
        about("The version of the language. scaffold upgrade brings an older spec to it.", 2),
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


if TYPE_CHECKING:
    Spec: TypeAlias = CoreSpec
else:
    Spec = extended("Spec", CoreSpec, (each.keys.spec for each in FEATURES))
