"""What all field types share: the common keys, and the rules about them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from annotated_types import MinLen
from pydantic import (
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from .base import ONE_OR_MANY, Model, about
from .problems import Path, Refusal, listing, quote
from .scalars import FieldName, Line, Prose

if TYPE_CHECKING:
    from scaffold.types.kind import Kind

FilterOperator = Literal["eq", "in", "prefix", "gte", "lte", "gt", "lt"]
FieldClass = Literal["public", "internal", "confidential", "pii", "phi", "payment", "secret"]
CLASSIFIED: frozenset[FieldClass] = frozenset({"confidential", "pii", "phi", "payment", "secret"})
"""The classes whose values stand in no log, and in a URL only for a stated reason."""

Comparison = Literal[
    "text", "boolean", "integer", "id", "decimal", "money", "duration", "date", "datetime"
]

RANGE: tuple[FilterOperator, ...] = ("gte", "lte", "gt", "lt")
QUERIED = (
    "immutable",
    "computed",
    "set_by",
    "filter",
    "sort",
    "in_url_because",
    "renamed_from",
    "backfill",
    "backfill_from",
    "backfill_hook",
)
"""The keys about storing and querying, which a value inside another one does not have."""
COMMON = ("description", "class", "optional", "default", *QUERIED)
"""All keys of a field but its type."""
BACKFILLS = ("backfill", "backfill_from", "backfill_hook")
"""The keys that say what rows of before get. A field has one of them at most."""


class CommonField(Model):
    """The keys that every field has, and what the language asks of its type."""

    KIND: ClassVar["type[Kind]"]
    """What the type means to the later stages."""
    FILTERS: ClassVar[tuple[FilterOperator, ...]] = ()
    SORTS: ClassVar[bool] = False
    HAS_DEFAULT: ClassVar[bool] = True
    UNIQUE: ClassVar[bool] = True
    """Whether the field may be unique."""
    NESTS: ClassVar[bool] = True
    """Whether the field may stand inside an object."""
    FROM_ROW: ClassVar[bool] = True
    """Whether a value can follow from the other fields of the row, without any other row."""
    COMPARES: ClassVar[Comparison | None] = None
    """As what a condition compares the field; None where it cannot."""
    PERSONAL: ClassVar[Literal["always", "by name", "never"]] = "by name"
    """Whether a value is about a person: always, where the name of the field says so, or never."""
    FREE_TEXT: ClassVar[bool] = False
    """Whether a value is text without a form, in which a secret may be."""
    CARD_NUMBERS: ClassVar[bool] = False
    """Whether the number of a payment card is a value."""

    type: str
    description: Annotated[Prose | None, about("What the field holds.", "Shown to the payer.")] = (
        None
    )
    class_: Annotated[
        FieldClass,
        about(
            "How sensitive the field is. What is logged under the name of a field that is neither "
            "public nor internal is redacted, and lists are filtered and sorted by it in the body "
            "of a POST; a secret is never part of a response.",
            "pii",
            alias="class",
        ),
    ] = "internal"
    optional: Annotated[bool, about("Whether the field may be left out or null.", True)] = False
    default: Annotated[Any, about("The value of a field that the client leaves out.", "draft")] = (
        None
    )
    immutable: Annotated[bool, about("Written at creation and never again.", True)] = False
    computed: Annotated[bool, about("Set by hooks alone, never by a client.", True)] = False
    set_by: Annotated[
        tuple[str, ...],
        ONE_OR_MANY,
        about("The actions whose hooks set the field; no client writes it.", ["send", "void"]),
    ] = ()
    filter: Annotated[
        tuple[FilterOperator, ...],
        ONE_OR_MANY,
        about("The operators that lists may filter the field by.", ["eq", "in"]),
    ] = ()
    sort: Annotated[bool, about("Whether lists may be sorted by the field.", True)] = False
    in_url_because: Annotated[
        Annotated[Line, MinLen(10)] | None,
        about(
            "Why lists may also be filtered and sorted in the URL by the field, although it is "
            "classified.",
            "The mail gateway can only send a GET.",
        ),
    ] = None
    renamed_from: Annotated[
        FieldName | None,
        about(
            "The name of the field before: its column is renamed, and keeps its values. Without "
            "effect once the migration is written.",
            "phone",
        ),
    ] = None
    backfill: Annotated[
        Any,
        about(
            "The value of the rows that are there when the field is added or becomes required. "
            "Without effect once the migration is written.",
        ),
    ] = None
    backfill_from: Annotated[
        FieldName | None,
        about("The same, as the field of the row whose value they get.", "billing_name"),
    ] = None
    backfill_hook: Annotated[
        bool,
        about(
            "Whether a function of yours, backfill_FIELD in hooks/RESOURCE.py, works out the "
            "values of those rows, a batch at a time.",
            True,
        ),
    ] = False

    def kind(self) -> "Kind":
        """What the field's type means; a type with keys of its own passes them on."""
        return self.KIND()

    def wire_name(self, name: str) -> str:
        """The name on the wire, and of the column, of a field called `name`."""
        return name

    @property
    def item(self) -> "CommonField":
        """What a list holds; any other field itself."""
        return self

    @property
    def searched(self) -> bool:
        """Whether lists are filtered or sorted by the field in a body, because it is classified."""
        return self.class_ in CLASSIFIED and bool(self.filter or self.sort)

    @property
    def inner(self) -> Mapping[str, "CommonField"]:
        """The fields inside an object; otherwise nothing."""
        return {}

    @property
    def target(self) -> str:
        """The resource that a reference leads to; otherwise nothing."""
        return ""

    @property
    def of_member(self) -> bool:
        """Does a reference lead to a member of the tenant?"""
        return False

    @property
    def unseen(self) -> str:
        """Why callers may refer to rows that they may not see; otherwise nothing."""
        return ""

    def check_literal(self, value: object) -> None:
        """Raises a `Refusal` when `value`, of the right type, is not a value of this field."""

    def check_compared(self, value: object) -> None:
        """Raises a `Refusal` when no condition can compare the field with `value`, as written."""
        self.check_literal(value)

    @property
    def ordered(self) -> bool:
        """Is one value less than another to a condition, as it is to a filter?"""
        return set(RANGE) <= set(self.FILTERS)

    def check_bounds(self) -> None:
        """Raises a `Refusal` when the bounds of the field contradict each other."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        self.check_bounds()
        self._check_writers()
        self._check_queries()
        self._check_value("default")
        self._check_value("backfill")
        self._check_backfills()
        return self

    def _check_backfills(self) -> None:
        known = type(self).model_fields
        given = [key for key in BACKFILLS if getattr(self, key) is not known[key].default]
        at = "backfill_hook"
        if len(given) > 1:
            at = given[0]
            wrong = f"A field cannot have both {at} and {given[1]}"
            hint = "Remove one of the two keys."
        elif not self.backfill_hook:
            return
        elif not self.FROM_ROW:
            wrong = f"No hook fills in a field of type {self.type}: it cannot look for other rows"
            hint = "Name another field with such values in backfill_from, or remove the key."
        elif self.optional or self.computed or self.default is not None:
            wrong = "The field is optional or has a default, so that no hook has to fill it in"
            hint = "Remove backfill_hook, or make the field required."
        else:
            return
        raise Refusal("E-BACKFILL", wrong, hint, (at,), named=True)

    def _check_value(self, key: str) -> None:
        value = getattr(self, key)
        if value is None:
            return
        if not self.HAS_DEFAULT:
            raise no_default(f"A field of type {self.type} cannot have a {key}", key=key)
        try:
            self.check_literal(value)
        except Refusal as refusal:
            raise refusal.within(key) from None

    @field_validator("backfill")
    @classmethod
    def _as_default(cls, value: object) -> object:
        """What is written as a default is: a backfill is read as one."""
        if value is None or not cls.HAS_DEFAULT:
            return value
        found = cls.model_fields["default"]
        kind: Any = found.annotation
        if found.metadata:
            kind = Annotated[(kind, *found.metadata)]
        try:
            return TypeAdapter(kind).validate_python(value, strict=True)
        except ValidationError:
            raise Refusal(
                "E-TYPE",
                f"{quote(value)} is not a value of the field",
                "Write it as its default would be written.",
            ) from None

    def _check_writers(self) -> None:
        if self.computed and (other := _first(self, "set_by", "immutable", "default")):
            raise Refusal(
                "E-COMPUTED",
                f"A computed field cannot have {other}",
                "Only hooks set it: remove one of the two keys.",
                (other,),
                named=True,
            )
        if self.set_by and self.immutable:
            raise Refusal(
                "E-SET-BY",
                "An immutable field is never set again, but set_by names actions that set it",
                "Remove one of the two keys.",
                ("immutable",),
                named=True,
            )
        if self.set_by and not self.optional and self.default is None:
            raise Refusal(
                "E-SET-BY",
                "A field that only actions set has no value at creation",
                "Add a default, or optional: true.",
                ("set_by",),
                named=True,
            )

    def _check_queries(self) -> None:
        for index, operator in enumerate(self.filter):
            if operator not in self.FILTERS:
                allowed = listing(self.FILTERS, "and")
                raise Refusal(
                    "E-FILTER",
                    f"A field of type {self.type} cannot be filtered by {operator}",
                    f"Its operators are {allowed}." if allowed else "Remove the filter.",
                    ("filter", index),
                )
        if self.class_ == "secret" and (key := _first(self, "filter", "sort")):
            raise Refusal(
                "E-SECRET",
                f"A secret field cannot be used to {key}: the responses would reveal its value",
                "Remove the key.",
                (key,),
                named=True,
            )
        self._check_url()
        if not self.sort:
            return
        if not self.SORTS:
            wrong = f"A field of type {self.type} cannot be sorted by"
        elif self.optional:
            wrong = "An optional field cannot be sorted by: pages would lose the rows without it"
        elif self.computed:
            wrong = "A computed field cannot be sorted by: it is empty until a hook has set it"
        else:
            return
        raise Refusal("E-SORT", wrong, "Remove sort: true.", ("sort",), named=True)

    def _check_url(self) -> None:
        if self.in_url_because is None:
            return
        if self.class_ not in CLASSIFIED:
            wrong = f"A field of class {self.class_} may be in a URL without a reason"
        elif not (self.filter or self.sort):
            wrong = "A field that no list is filtered or sorted by is in no URL"
        else:
            return
        raise Refusal("E-IN-URL", wrong, "Remove the key.", ("in_url_because",), named=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Offers only the keys and operators that this type has."""
        schema = handler(core)
        properties = handler.resolve_ref_schema(schema)["properties"]
        if cls.FILTERS:
            one = {"enum": list(cls.FILTERS), "type": "string"}
            many = {"type": "array", "items": one, "uniqueItems": True}
            properties["filter"] |= {"anyOf": [one, many], "examples": [list(cls.FILTERS[:2])]}
        else:
            del properties["filter"]
        if not cls.SORTS:
            del properties["sort"]
        if not (cls.FILTERS or cls.SORTS):
            del properties["in_url_because"]
        if not cls.FROM_ROW:
            del properties["backfill_hook"]
        if not cls.HAS_DEFAULT:
            del properties["default"], properties["backfill"]
        else:
            said = {key: properties["default"].get(key) for key in ("anyOf", "type", "examples")}
            properties["backfill"] |= {key: value for key, value in said.items() if value}
        return schema


def _first(field: CommonField, *keys: str) -> str | None:
    return next((key for key in keys if getattr(field, key)), None)


def refuse_keys(field: CommonField, at: Path, where: str, refused: tuple[str, ...]) -> None:
    """Refuses the keys of the field at `at` that it cannot have; `where` says what the field is."""
    for key in refused:
        attribute = "class_" if key == "class" else key
        if attribute in field.model_fields_set:
            raise Refusal(
                "E-NESTED", f"{where} cannot have {key}", "Remove the key.", (*at, key), named=True
            )


def no_default(message: str, hint: str = "Remove it.", key: str = "default") -> Refusal:
    """The refusal of a default, or of what is written as one."""
    return Refusal("E-DEFAULT", message, hint, (key,), named=True)


def order(low: Any, high: Any, at: Path = ("min",)) -> None:
    """Refuses a lower bound above the upper one; `at` is the key of the lower."""
    if low is not None and high is not None and low > high:
        raise Refusal("E-RANGE", f"{at[0]} {low} is greater than {high}", "Swap the two.", at)


def between(value: Any, low: Any, high: Any) -> None:
    """Refuses a value outside its bounds."""
    if (low is not None and value < low) or (high is not None and value > high):
        raise Refusal(
            "E-RANGE",
            f"{quote(value)} is not between {low} and {high}",
            "Use a value within the field's own bounds.",
        )


def length(value: str, low: int, high: int) -> None:
    """Refuses text that is too short or too long."""
    if not low <= len(value) <= high:
        raise Refusal(
            "E-RANGE",
            f"{quote(value)} is {len(value)} characters long",
            f"The field holds {low} to {high} characters.",
        )


def as_text(value: object) -> str:
    """A value that is text; any other is refused."""
    if not isinstance(value, str):
        raise Refusal("E-TYPE", f"{quote(value)} is not text", "Put it in quotes.")
    return value
