"""Resources: what a tenant has, with its fields and actions."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, BeforeValidator, model_validator
from pydantic import Field as Key

from scaffold.features import FEATURES
from scaffold.types.fields import Field

from .base import ONE_OR_MANY, Model, about, distinct, extended
from .field_base import QUERIED, refuse_keys
from .problems import Refusal, listing
from .scalars import (
    ActionName,
    BodySize,
    FieldName,
    NestedName,
    PluralName,
    Prose,
)


def _check_input(fields: dict[str, Field]) -> dict[str, Field]:
    """Refuses what a field of an action's input cannot have: it is never stored or queried."""
    for name, field in fields.items():
        refuse_keys(field, (name,), "A field of an input", (*QUERIED, "unseen_because"))
    return fields


class Touch(Model):
    """What the hook of an action may do to rows other than its own."""

    do: Annotated[
        tuple[Literal["read", "create", "update", "delete"], ...],
        MinLen(1),
        ONE_OR_MANY,
        about("One or more of read, create, update and delete.", "update"),
    ]
    on: Annotated[str, about("The resource of the rows.", "invoice_line")]
    only: Annotated[
        Annotated[tuple[str, ...], MinLen(1), ONE_OR_MANY] | None,
        about("The only fields that it may write.", ["locked"]),
    ] = None

    @model_validator(mode="after")
    def _fields_are_written(self) -> Self:
        """Refuses `only` where nothing is written: a hook is given the whole row."""
        if self.only is not None and {"create", "update"}.isdisjoint(self.do):
            raise Refusal(
                "E-TOUCH",
                f"only has no meaning for {listing(self.do)}",
                "It limits the fields that create and update write.",
                ("only",),
                named=True,
            )
        return self


class CoreAction(Model):
    """An operation beyond the usual five; its hook is the developer's."""

    on: Annotated[
        Literal["item", "collection"], about("Whether it concerns one row or all.", "item")
    ]
    description: Annotated[Prose | None, about("What it does.", "Mails the invoice.")] = None
    input: Annotated[
        dict[NestedName, Field],
        AfterValidator(_check_input),
        MaxLen(100),
        about("The fields of its body.", {"message": {"type": "text", "max": 2_000}}),
    ] = Key(default_factory=dict)
    touches: Annotated[
        tuple[Touch, ...],
        MaxLen(20),
        about(
            "What its hook may do to other rows.",
            [{"do": "update", "on": "invoice_line", "only": ["locked"]}],
        ),
    ] = ()


if TYPE_CHECKING:
    Action: TypeAlias = CoreAction
else:
    Action = extended("Action", CoreAction, (each.keys.action for each in FEATURES))


class Page(Model):
    """How many rows one page of a list holds."""

    default: Annotated[int, Ge(1), Le(1_000), about("Without a limit parameter.", 20)] = 20
    max: Annotated[int, Ge(1), Le(1_000), about("At most.", 100)] = 100

    @model_validator(mode="before")
    @classmethod
    def _default_within(cls, value: Any) -> Any:
        """Lowers the default to a smaller `max` that stands alone."""
        if isinstance(value, dict) and "default" not in value:
            most = value.get("max")
            if isinstance(most, int) and 1 <= most < 20:
                return {**value, "default": most}
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.default > self.max:
            raise Refusal(
                "E-RANGE",
                f"The default page of {self.default} is longer than max {self.max}",
                "Lower the default.",
                ("default",),
            )
        return self


class CoreResource(Model):
    """A kind of thing that a tenant has."""

    description: Annotated[Prose | None, about("What it is.", "An invoice.")] = None
    plural: Annotated[PluralName | None, about("Its plural, when it is irregular.", "people")] = (
        None
    )
    renamed_from: Annotated[
        FieldName | None,
        about(
            "The name of the resource before: its table is renamed, and keeps its rows. Without "
            "effect once the migration is written.",
            "bill",
        ),
    ] = None
    parent: Annotated[str | None, about("The resource that it is a part of.", "invoice")] = None
    owner: Annotated[
        FieldName | None,
        about("A field that holds who created the row; set by the service.", "owner_id"),
    ] = None
    fields: Annotated[
        dict[FieldName, Field],
        MinLen(1),
        MaxLen(200),
        about("Its fields.", {"title": {"type": "string", "max": 200}}),
    ]
    unique: Annotated[
        tuple[Annotated[tuple[str, ...], MinLen(1), MaxLen(10), BeforeValidator(distinct)], ...],
        MaxLen(20),
        about("Fields that no two rows of a tenant share.", [["number"]]),
    ] = ()
    actions: Annotated[
        dict[ActionName, Action],
        MaxLen(50),
        about("Operations beyond the usual five.", {"send": {"on": "item", "step_up": "5m"}}),
    ] = Key(default_factory=dict)
    page: Annotated[Page, about("The page of a list.", {"default": 20, "max": 100})] = Page()
    body_max: Annotated[BodySize, about("The longest body, in bytes.", "64KiB")] = 65_536


if TYPE_CHECKING:
    Resource: TypeAlias = CoreResource
else:
    Resource = extended("Resource", CoreResource, (each.keys.resource for each in FEATURES))
