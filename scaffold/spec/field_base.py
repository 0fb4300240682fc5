"""What all field types share: the common keys, and the rules about them."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from .base import ONE_OR_MANY, Model, about
from .problems import Path, Refusal, listing, quote
from .scalars import Prose

FilterOperator = Literal["eq", "in", "prefix", "gte", "lte", "gt", "lt"]
FieldClass = Literal["public", "internal", "confidential", "pii", "phi", "payment", "secret"]

RANGE: tuple[FilterOperator, ...] = ("gte", "lte", "gt", "lt")


class CommonField(Model):
    """The keys that every field has."""

    FILTERS: ClassVar[tuple[FilterOperator, ...]] = ()
    SORTS: ClassVar[bool] = False
    HAS_DEFAULT: ClassVar[bool] = True

    type: str
    description: Annotated[Prose | None, about("What the field holds.", "Shown to the payer.")] = (
        None
    )
    class_: Annotated[
        FieldClass,
        about(
            "How sensitive the field is; decides encryption, redaction and masking. A secret is "
            "never part of an answer.",
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

    def check_literal(self, value: object) -> None:
        """Raise a `Refusal` when `value`, of the right type, is not a value of this field."""

    def check_bounds(self) -> None:
        """Raise a `Refusal` when the bounds of the field contradict each other."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        self.check_bounds()
        self._check_writers()
        self._check_queries()
        if self.default is not None:
            if not self.HAS_DEFAULT:
                raise no_default(f"A field of type {self.type} has no default")
            try:
                self.check_literal(self.default)
            except Refusal as refusal:
                raise refusal.within("default") from None
        return self

    def _check_writers(self) -> None:
        if self.computed and (other := _first(self, "set_by", "immutable", "default")):
            raise Refusal(
                "E-COMPUTED",
                f"A computed field has no {other}",
                "Hooks alone set it: remove one of the two keys.",
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
                    f"It takes {allowed}." if allowed else "Remove the filter.",
                    ("filter", index),
                )
        if self.class_ == "secret" and (key := _first(self, "filter", "sort")):
            raise Refusal(
                "E-SECRET",
                f"A secret field cannot be used to {key}: the answers would tell its value",
                "Remove the key.",
                (key,),
                named=True,
            )
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

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Offer only the keys and operators that this type has."""
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
        if not cls.HAS_DEFAULT:
            del properties["default"]
        return schema


def _first(field: CommonField, *keys: str) -> str | None:
    return next((key for key in keys if getattr(field, key)), None)


def no_default(message: str, hint: str = "Remove it.") -> Refusal:
    """Return the refusal of a default."""
    return Refusal("E-DEFAULT", message, hint, ("default",), named=True)


def order(low: Any, high: Any, at: Path = ("min",)) -> None:
    """Refuse a lower bound above the upper one; `at` is the key of the lower."""
    if low is not None and high is not None and low > high:
        raise Refusal("E-RANGE", f"{at[0]} {low} is greater than {high}", "Swap the two.", at)


def between(value: Any, low: Any, high: Any) -> None:
    """Refuse a value outside its bounds."""
    if (low is not None and value < low) or (high is not None and value > high):
        raise Refusal(
            "E-RANGE",
            f"{quote(value)} is not between {low} and {high}",
            "Use a value within the field's own bounds.",
        )


def length(value: str, low: int, high: int) -> None:
    """Refuse text that is too short or too long."""
    if not low <= len(value) <= high:
        raise Refusal(
            "E-RANGE",
            f"{quote(value)} is {len(value)} characters long",
            f"The field holds {low} to {high} characters.",
        )


def as_text(value: object) -> str:
    """Return a value that is text; refuse any other."""
    if not isinstance(value, str):
        raise Refusal("E-TYPE", f"{quote(value)} is not text", "Put it in quotes.")
    return value
