"""The list of the field types, in the order of the docs: one line a type."""

from __future__ import annotations

from typing import Annotated, TypeAlias, get_args

from pydantic import Field as Key

from scaffold.spec.field_base import CommonField

from .boolean import BooleanField
from .date import DateField
from .datetime import DatetimeField
from .decimal import DecimalField
from .duration import DurationField
from .email import EmailField
from .emitted import Emitted
from .enum import EnumField
from .integer import IntegerField
from .list import ListField
from .money import MoneyField
from .object import ObjectField
from .reference import ReferenceField
from .string import StringField
from .text import TextField
from .textual import Rule, Textual
from .url import UrlField
from .uuid import UuidField

Scalar: TypeAlias = (
    StringField
    | TextField
    | IntegerField
    | DecimalField
    | MoneyField
    | BooleanField
    | DateField
    | DatetimeField
    | DurationField
    | UuidField
    | EmailField
    | UrlField
    | EnumField
)

ScalarField = Annotated[Scalar, Key(discriminator="type")]
"""What a list can hold."""
Field = Annotated[Scalar | ReferenceField | ListField | ObjectField, Key(discriminator="type")]
"""A field of a resource, of an object or of an input."""

ListField.model_rebuild(_types_namespace={"ScalarField": ScalarField})
ObjectField.model_rebuild(_types_namespace={"Field": Field})

TYPES: tuple[type[CommonField], ...] = get_args(get_args(Field)[0])
RULES: tuple[Rule, ...] = tuple(each.KIND.RULE for each in TYPES if issubclass(each.KIND, Textual))
"""The rules of text, each with the emitted scalar that holds it."""
SCALARS: frozenset[str] = frozenset(
    [each.scalar for each in RULES]
    + [each.KIND.SCALAR for each in TYPES if issubclass(each.KIND, Emitted)]
)
"""The types that the emitted service has for values of its API."""
