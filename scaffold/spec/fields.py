"""The field types: one frozen model a type, told apart by the key `type`.

Every type is bounded; an unbounded one cannot be written. Rules about one field alone live here and
in the modules of the scalar types.
"""

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import Field as Key

from .base import about
from .field_base import CommonField, order
from .number_fields import (
    BooleanField,
    DateField,
    DatetimeField,
    DecimalField,
    DurationField,
    IntegerField,
    MoneyField,
)
from .problems import Path, Refusal
from .scalars import NestedName
from .text_fields import (
    EmailField,
    EnumField,
    ReferenceField,
    StringField,
    TextField,
    UrlField,
    UuidField,
)

ScalarField = Annotated[
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
    | EnumField,
    Key(discriminator="type"),
]


class ListField(CommonField):
    """Several values of one scalar type."""

    type: Annotated[Literal["list"], about("Several values of one scalar type.", "list")]
    of: Annotated[ScalarField, about("What the list holds.", {"type": "string", "max": 30})]
    max_items: Annotated[int, Ge(1), Le(1_000), about("The most items.", 20)]
    min_items: Annotated[int, Ge(0), Le(1_000), about("The fewest items.", 1)] = 0
    unique_items: Annotated[bool, about("Whether no item may occur twice.", True)] = False
    default: Annotated[
        Annotated[tuple[Any, ...], MaxLen(0)] | None,
        about("The empty list, when the items are left out.", []),
    ] = None

    def check_bounds(self) -> None:
        """Refuse `min_items` above `max_items`, and items with keys of a field of their own."""
        order(self.min_items, self.max_items, ("min_items",))
        _only_type(self.of, ("of",), "An item of a list", _COMMON)

    def check_literal(self, value: object) -> None:
        """Refuse the empty list, the only default, when it has too few items."""
        if self.min_items:
            raise Refusal(
                "E-DEFAULT", f"The empty list has fewer than {self.min_items} items", "Remove it."
            )


class ObjectField(CommonField):
    """A closed mapping of fields; at most three deep."""

    HAS_DEFAULT = False

    type: Annotated[Literal["object"], about("A closed mapping of fields.", "object")]
    fields: Annotated[
        dict[NestedName, "Field"],
        MinLen(1),
        MaxLen(100),
        about("The fields inside.", {"city": {"type": "string", "max": 80}}),
    ]

    def check_bounds(self) -> None:
        """Refuse inner fields that are references, computed, queried or nested too deep."""
        if _depth(self) > 3:
            raise Refusal(
                "E-DEPTH", "Objects are nested more than three deep", "Make it a resource."
            )
        for name, inner in self.fields.items():
            _only_type(inner, ("fields", name), "A field inside an object", _QUERIED)
            if inner.type == "reference":
                raise Refusal(
                    "E-NESTED",
                    "A reference cannot stand inside an object",
                    "Make it a field of the resource.",
                    ("fields", name, "type"),
                )


Field = Annotated[
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
    | ReferenceField
    | ListField
    | ObjectField,
    Key(discriminator="type"),
]


ObjectField.model_rebuild()


_QUERIED = ("immutable", "computed", "set_by", "filter", "sort")
_COMMON = ("description", "class", "optional", "default", *_QUERIED)


def check_input(fields: dict[str, Field]) -> dict[str, Field]:
    """Refuse what a field of an action's input cannot have: it is never stored or queried."""
    for name, field in fields.items():
        _only_type(field, (name,), "A field of an input", _QUERIED)
    return fields


def _only_type(field: CommonField, at: Path, where: str, refused: tuple[str, ...]) -> None:
    for key in refused:
        attribute = "class_" if key == "class" else key
        if attribute in field.model_fields_set:
            raise Refusal(
                "E-NESTED", f"{where} has no {key}", "Remove the key.", (*at, key), named=True
            )


def _depth(field: CommonField) -> int:
    if not isinstance(field, ObjectField):
        return 0
    return 1 + max(_depth(inner) for inner in field.fields.values())
