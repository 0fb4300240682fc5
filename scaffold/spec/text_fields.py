"""The field types that hold text of some form."""

from typing import Annotated, Literal
from uuid import UUID

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, BeforeValidator

from . import patterns
from .base import about, distinct
from .field_base import CommonField, as_text, length, order
from .names import suggestion
from .problems import Refusal, quote
from .scalars import EnumValue, https_url, single_line


class StringField(CommonField):
    """One line of text."""

    FILTERS = ("eq", "prefix")
    SORTS = True

    type: Annotated[Literal["string"], about("One line of text.", "string")]
    max: Annotated[int, Ge(1), Le(10_000), about("The most characters.", 120)]
    min: Annotated[int, Ge(0), Le(10_000), about("The fewest characters.", 1)] = 0
    pattern: Annotated[
        Annotated[str, AfterValidator(patterns.check)] | None,
        about("A regular expression of the whole value.", "^[A-Z]{2}-[0-9]{4}$"),
    ] = None
    default: Annotated[str | None, about("The value when it is left out.", "en")] = None

    def check_bounds(self) -> None:
        """Refuse `min` above `max`."""
        order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuse text outside the bounds, of several lines or against the pattern."""
        text = as_text(value)
        length(text, self.min, self.max)
        single_line(text)
        if self.pattern is not None and not patterns.matches(self.pattern, text):
            raise Refusal(
                "E-VALUE",
                f"{quote(text)} does not match the field's own pattern",
                f"The pattern is {quote(self.pattern)}.",
            )


class TextField(CommonField):
    """Text of several lines."""

    type: Annotated[Literal["text"], about("Text of several lines.", "text")]
    max: Annotated[int, Ge(1), Le(1_000_000), about("The most characters.", 2_000)]
    min: Annotated[int, Ge(0), Le(1_000_000), about("The fewest characters.", 1)] = 0
    default: Annotated[str | None, about("The value when it is left out.", "None.")] = None

    def check_bounds(self) -> None:
        """Refuse `min` above `max`."""
        order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuse text outside the bounds."""
        length(as_text(value), self.min, self.max)


class EmailField(CommonField):
    """An e-mail address."""

    FILTERS = ("eq", "prefix")
    SORTS = True

    type: Annotated[Literal["email"], about("An e-mail address.", "email")]
    default: Annotated[str | None, about("The address when it is left out.", "a@example.com")] = (
        None
    )

    def check_literal(self, value: object) -> None:
        """Refuse what cannot be an e-mail address."""
        text = as_text(value)
        local, _, domain = text.rpartition("@")
        if not (local and "." in domain and text.isascii() and len(text) <= 254) or " " in text:
            raise Refusal(
                "E-VALUE", f"{quote(text)} is not an e-mail address", "Write it as a@example.com."
            )


class UrlField(CommonField):
    """A web address."""

    FILTERS = ("eq", "prefix")

    type: Annotated[Literal["url"], about("A web address.", "url")]
    max: Annotated[int, Ge(10), Le(10_000), about("The most characters.", 300)] = 2_048
    default: Annotated[
        str | None, about("The URL when it is left out.", "https://example.com/")
    ] = None

    def check_literal(self, value: object) -> None:
        """Refuse a URL that is too long or not https."""
        text = as_text(value)
        length(text, 1, self.max)
        https_url(text)


class UuidField(CommonField):
    """An identifier that another system assigned."""

    FILTERS = ("eq", "in")

    type: Annotated[Literal["uuid"], about("A UUID (RFC 9562).", "uuid")]
    default: Annotated[
        str | None, about("The value when it is left out.", "01890a5d-ac96-774b-bcce-b302099a8057")
    ] = None

    def check_literal(self, value: object) -> None:
        """Refuse what is no UUID in its usual spelling."""
        check_uuid(value)


class EnumField(CommonField):
    """One of a few named values."""

    FILTERS = ("eq", "in")
    SORTS = True

    type: Annotated[Literal["enum"], about("One of a few named values.", "enum")]
    values: Annotated[
        tuple[EnumValue, ...],
        MinLen(1),
        MaxLen(100),
        BeforeValidator(distinct),
        about("The values.", ["draft", "sent"]),
    ]
    default: Annotated[str | None, about("The value when it is left out.", "draft")] = None

    def check_literal(self, value: object) -> None:
        """Refuse what is not one of the values."""
        text = as_text(value)
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

    type: Annotated[Literal["reference"], about("Another row of the same tenant.", "reference")]
    to: Annotated[str, about("The resource that it refers to.", "customer")]


def check_uuid(value: object) -> None:
    """Refuse what is no UUID in its usual spelling: lower case, with hyphens."""
    text = as_text(value)
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
