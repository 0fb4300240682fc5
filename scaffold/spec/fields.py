"""The field types: one frozen model a type, told apart by the key `type`.

Every type is bounded; an unbounded one cannot be written. Rules about one field alone live here.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, BeforeValidator, GetJsonSchemaHandler, model_validator
from pydantic import Field as Key
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from . import patterns
from .base import ONE_OR_MANY, Model, about, distinct
from .names import suggestion
from .problems import Path, Refusal, listing, quote
from .scalars import (Currency, DecimalNumber, EnumValue, NestedName, Prose, Seconds, decimal, https_url, single_line)

MAX_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (RFC 8259, section 6)."""
MAX_MONEY = 10**15
"""Minor units of a currency."""
TEN_YEARS = 10 * 365 * 86_400

FilterOperator = Literal["eq", "in", "prefix", "gte", "lte", "gt", "lt"]
FieldClass = Literal["public", "internal", "confidential", "pii", "phi", "payment", "secret"]

_RANGE: tuple[FilterOperator, ...] = ("gte", "lte", "gt", "lt")

Whole = Annotated[int, Ge(-MAX_INTEGER), Le(MAX_INTEGER)]
Minor = Annotated[int, Ge(-MAX_MONEY), Le(MAX_MONEY)]


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
    default: Annotated[Any, about("The value of a field that the client leaves out.")] = None
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
                raise _default(f"A field of type {self.type} has no default")
            try:
                self.check_literal(self.default)
            except Refusal as refusal:
                raise Refusal(
                    refusal.code, refusal.message, refusal.hint, ("default", *refusal.at)
                ) from None
        return self

    def _check_writers(self) -> None:
        if self.computed and (other := _first(self, "set_by", "immutable", "default")):
            raise Refusal(
                "E-COMPUTED",
                f"A computed field has no {other}",
                "Hooks alone set it: remove one of the two keys.",
                (other,),
            )
        if self.set_by and self.immutable:
            raise Refusal(
                "E-SET-BY",
                "An immutable field is never set again, but set_by names actions that set it",
                "Remove one of the two keys.",
                ("immutable",),
            )
        if self.set_by and not self.optional and self.default is None:
            raise Refusal(
                "E-SET-BY",
                "A field that only actions set has no value at creation",
                "Add a default, or optional: true.",
                ("set_by",),
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
        raise Refusal("E-SORT", wrong, "Remove sort: true.", ("sort",))

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
            properties["filter"]["anyOf"] = [one, many]
        else:
            del properties["filter"]
        if not cls.SORTS:
            del properties["sort"]
        if not cls.HAS_DEFAULT:
            del properties["default"]
        return schema


def _plain_notation(value: object) -> object:
    number = decimal(value)
    return format(number, "f") if isinstance(number, Decimal) else value


def _first(field: CommonField, *keys: str) -> str | None:
    return next((key for key in keys if getattr(field, key)), None)


def _default(message: str, hint: str = "Remove it.") -> Refusal:
    return Refusal("E-DEFAULT", message, hint, ("default",))


def _order(low: Any, high: Any, at: Path = ("min",)) -> None:
    if low is not None and high is not None and low > high:
        raise Refusal("E-RANGE", f"{at[0]} {low} is greater than {high}", "Swap the two.", at)


def _between(value: Any, low: Any, high: Any) -> None:
    if (low is not None and value < low) or (high is not None and value > high):
        raise Refusal(
            "E-RANGE",
            f"{quote(value)} is not between {low} and {high}",
            "Use a value within the field's own bounds.",
        )


def _length(value: str, low: int, high: int) -> None:
    if not low <= len(value) <= high:
        raise Refusal(
            "E-RANGE",
            f"{quote(value)} is {len(value)} characters long",
            f"The field holds {low} to {high} characters.",
        )


class StringField(CommonField):
    """One line of text."""

    FILTERS = ("eq", "prefix")
    SORTS = True

    type: Annotated[Literal["string"], about("One line of text.")]
    max: Annotated[int, Ge(1), Le(10_000), about("The most characters.", 120)]
    min: Annotated[int, Ge(0), Le(10_000), about("The fewest characters.", 1)] = 0
    pattern: Annotated[
        Annotated[str, AfterValidator(patterns.check)] | None,
        about("A regular expression of the whole value.", "^[A-Z]{2}-[0-9]{4}$"),
    ] = None
    default: Annotated[str | None, about("The value when it is left out.", "en")] = None

    def check_bounds(self) -> None:
        """Refuse `min` above `max`."""
        _order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuse text outside the bounds, of several lines or against the pattern."""
        text = _text(value)
        _length(text, self.min, self.max)
        single_line(text)
        if self.pattern is not None and not patterns.matches(self.pattern, text):
            raise Refusal(
                "E-VALUE",
                f"{quote(text)} does not match the field's own pattern",
                f"The pattern is {quote(self.pattern)}.",
            )


class TextField(CommonField):
    """Text of several lines."""

    type: Annotated[Literal["text"], about("Text of several lines.")]
    max: Annotated[int, Ge(1), Le(1_000_000), about("The most characters.", 2_000)]
    min: Annotated[int, Ge(0), Le(1_000_000), about("The fewest characters.", 1)] = 0
    default: Annotated[str | None, about("The value when it is left out.", "None.")] = None

    def check_bounds(self) -> None:
        """Refuse `min` above `max`."""
        _order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuse text outside the bounds."""
        _length(_text(value), self.min, self.max)


class IntegerField(CommonField):
    """A whole number."""

    FILTERS = ("eq", "in", *_RANGE)
    SORTS = True

    type: Annotated[Literal["integer"], about("A whole number.")]
    min: Annotated[Whole, about("The smallest value.", 1)]
    max: Annotated[Whole, about("The largest value.", 100_000)]
    default: Annotated[Whole | None, about("The value when it is left out.", 1)] = None

    def check_bounds(self) -> None:
        """Refuse `min` above `max`."""
        _order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuse what is no integer within the bounds."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise Refusal("E-TYPE", f"{quote(value)} is not a whole number", "Write it as 5.")
        _between(value, self.min, self.max)


class DecimalField(CommonField):
    """An exact number with decimal places."""

    FILTERS = ("eq", *_RANGE)
    SORTS = True

    type: Annotated[Literal["decimal"], about("An exact number with decimal places.")]
    digits: Annotated[int, Ge(1), Le(30), about("All digits, before and after the point.", 9)]
    places: Annotated[int, Ge(0), Le(30), about("Digits after the point.", 2)]
    min: Annotated[DecimalNumber | None, about("The smallest value.", "0.01")] = None
    max: Annotated[DecimalNumber | None, about("The largest value.", 100)] = None
    default: Annotated[
        str | None,
        BeforeValidator(_plain_notation),
        about("The value when it is left out, in plain notation.", "0.00"),
    ] = None

    def check_bounds(self) -> None:
        """Refuse more places than digits, and bounds that do not fit or contradict each other."""
        if self.places > self.digits:
            raise Refusal(
                "E-RANGE",
                f"There are {self.places} places but only {self.digits} digits",
                "digits counts the places too.",
                ("places",),
            )
        for key in ("min", "max"):
            bound: Decimal | None = getattr(self, key)
            if bound is not None:
                self._check_digits(bound, (key,))
        _order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuse a number that does not fit the digits or the bounds."""
        number = Decimal(_text(value))
        self._check_digits(number, ())
        _between(number, self.min, self.max)

    def _check_digits(self, number: Decimal, at: Path) -> None:
        scaled = number.scaleb(self.places)
        if scaled != scaled.to_integral_value() or abs(scaled) >= Decimal(10) ** self.digits:
            raise Refusal(
                "E-RANGE",
                f"{quote(number)} has more than {self.digits} digits or {self.places} places",
                "Use a value that the field can hold.",
                at,
            )


class MoneyField(CommonField):
    """An amount in minor units of one currency."""

    FILTERS = ("eq", *_RANGE)
    SORTS = True

    type: Annotated[Literal["money"], about("An amount in minor units, such as cents.")]
    min: Annotated[Minor, about("The smallest amount, in minor units.", 0)] = -MAX_MONEY
    max: Annotated[Minor, about("The largest amount, in minor units.", 1_000_000)] = MAX_MONEY
    currency: Annotated[
        Currency, about("The currency (ISO 4217).", "EUR", "USD")
    ] = "EUR"
    default: Annotated[Minor | None, about("The amount when it is left out.", 0)] = None

    def check_bounds(self) -> None:
        """Refuse `min` above `max`."""
        _order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuse an amount outside the bounds."""
        _between(value, self.min, self.max)


class BooleanField(CommonField):
    """True or false."""

    FILTERS = ("eq",)

    type: Annotated[Literal["boolean"], about("True or false.")]
    default: Annotated[bool | None, about("The value when it is left out.", False)] = None

    def check_literal(self, value: object) -> None:
        """Refuse anything but true and false."""
        if not isinstance(value, bool):
            raise Refusal("E-TYPE", f"{quote(value)} is not a boolean", "Write true or false.")


class DateField(CommonField):
    """A day of the calendar."""

    FILTERS = ("eq", *_RANGE)
    SORTS = True

    type: Annotated[Literal["date"], about("A day, as in 2030-01-31.")]
    default: Annotated[str | None, about("The day when it is left out.", "2030-01-31")] = None

    def check_literal(self, value: object) -> None:
        """Refuse what is no full date of RFC 3339."""
        text = _text(value)
        try:
            known = date.fromisoformat(text).isoformat() == text
        except ValueError:
            known = False
        if not known:
            raise Refusal("E-VALUE", f"{quote(text)} is not a day", "Write it as 2030-01-31.")


class DatetimeField(CommonField):
    """A moment in time."""

    FILTERS = ("eq", *_RANGE)
    SORTS = True

    type: Annotated[Literal["datetime"], about("A moment, as in 2030-01-31T12:00:00Z.")]
    default: Annotated[
        str | None, about("The moment when it is left out, in UTC.", "2030-01-31T12:00:00Z")
    ] = None

    def check_literal(self, value: object) -> None:
        """Refuse what is no moment in UTC (RFC 3339)."""
        text = _text(value)
        try:
            known = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").strftime("%Y") <= "9999"
        except ValueError:
            known = False
        if not known or len(text) != 20:
            raise Refusal(
                "E-VALUE",
                f"{quote(text)} is not a moment in UTC",
                "Write it as 2030-01-31T12:00:00Z.",
            )


class DurationField(CommonField):
    """A length of time in whole seconds."""

    FILTERS = ("eq", *_RANGE)
    SORTS = True

    type: Annotated[Literal["duration"], about("A length of time, in whole seconds.")]
    min: Annotated[Seconds, Le(TEN_YEARS), about("The shortest.", "1m")] = 0
    max: Annotated[Seconds, Le(TEN_YEARS), about("The longest.", "365d")] = TEN_YEARS
    default: Annotated[Seconds | None, about("The duration when it is left out.", "30d")] = None

    def check_bounds(self) -> None:
        """Refuse `min` above `max`."""
        _order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuse a duration outside the bounds."""
        _between(value, self.min, self.max)


class UuidField(CommonField):
    """An identifier that another system assigned."""

    FILTERS = ("eq", "in")

    type: Annotated[Literal["uuid"], about("A UUID (RFC 9562).")]
    default: Annotated[str | None, about("The value when it is left out.")] = None

    def check_literal(self, value: object) -> None:
        """Refuse what is no UUID in its usual spelling."""
        check_uuid(value)


class EmailField(CommonField):
    """An e-mail address."""

    FILTERS = ("eq", "prefix")
    SORTS = True

    type: Annotated[Literal["email"], about("An e-mail address.")]
    default: Annotated[str | None, about("The address when it is left out.", "a@example.com")] = (
        None
    )

    def check_literal(self, value: object) -> None:
        """Refuse what cannot be an e-mail address."""
        text = _text(value)
        local, _, domain = text.rpartition("@")
        if not (local and "." in domain and text.isascii() and len(text) <= 254) or " " in text:
            raise Refusal(
                "E-VALUE", f"{quote(text)} is not an e-mail address", "Write it as a@example.com."
            )


class UrlField(CommonField):
    """A web address."""

    FILTERS = ("eq", "prefix")

    type: Annotated[Literal["url"], about("A web address.")]
    max: Annotated[int, Ge(10), Le(10_000), about("The most characters.", 300)] = 2_048
    default: Annotated[str | None, about("The URL when it is left out.", "https://example.com/")] = (
        None
    )

    def check_literal(self, value: object) -> None:
        """Refuse a URL that is too long or not https."""
        text = _text(value)
        _length(text, 1, self.max)
        https_url(text)


class EnumField(CommonField):
    """One of a few named values."""

    FILTERS = ("eq", "in")
    SORTS = True

    type: Annotated[Literal["enum"], about("One of a few named values.")]
    values: Annotated[
        tuple[EnumValue, ...],
        BeforeValidator(distinct),
        MinLen(1),
        MaxLen(100),
        about("The values.", ["draft", "sent"]),
    ]
    default: Annotated[str | None, about("The value when it is left out.", "draft")] = None

    def check_literal(self, value: object) -> None:
        """Refuse what is not one of the values."""
        text = _text(value)
        if text not in self.values:
            raise Refusal(
                "E-VALUE",
                f"{quote(text)} is not a value of the field",
                suggestion(text, self.values),
            )


class ReferenceField(CommonField):
    """Another row of the same tenant; `customer` is `customer_id` on the wire."""

    FILTERS = ("eq", "in")
    HAS_DEFAULT = False

    type: Annotated[Literal["reference"], about("Another row of the same tenant.")]
    to: Annotated[str, about("The resource that it refers to.", "customer")]


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

    type: Annotated[Literal["list"], about("Several values of one scalar type.")]
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
        _order(self.min_items, self.max_items, ("min_items",))
        _only_type(self.of, ("of",), "An item of a list", _COMMON)

    def check_literal(self, value: object) -> None:
        """Refuse the empty list, the only default, when it has too few items."""
        if self.min_items:
            raise _default(f"The empty list has fewer than {self.min_items} items")


class ObjectField(CommonField):
    """A closed mapping of fields; at most three deep."""

    HAS_DEFAULT = False

    type: Annotated[Literal["object"], about("A closed mapping of fields.")]
    fields: Annotated[
        dict[NestedName, "Field"],
        MinLen(1),
        MaxLen(100),
        about("The fields inside.", {"city": {"type": "string", "max": 80}}),
    ]

    def check_bounds(self) -> None:
        """Refuse what a nested field cannot be: a reference, computed, filtered, nested too deep."""
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
            raise Refusal("E-NESTED", f"{where} has no {key}", "Remove the key.", (*at, key))


def _depth(field: CommonField) -> int:
    if not isinstance(field, ObjectField):
        return 0
    return 1 + max(_depth(inner) for inner in field.fields.values())


def check_uuid(value: object) -> None:
    """Refuse what is no UUID in its usual spelling: lower case, with hyphens."""
    text = _text(value)
    try:
        known = str(UUID(text)) == text
    except ValueError:
        known = False
    if not known:
        raise Refusal(
            "E-VALUE",
            f"{quote(text)} is not a UUID",
            "Write it in lower case with hyphens: 01890a5d-ac96-774b-bcce-b302099a8057.",
        )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Refusal("E-TYPE", f"{quote(value)} is not text", "Put it in quotes.")
    return value


