"""The field types that hold numbers, moments and truth values."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic import BeforeValidator

from .base import about
from .field_base import RANGE, CommonField, as_text, between, order
from .problems import Path, Refusal, quote
from .scalars import Currency, DecimalNumber, Seconds, decimal

MAX_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (RFC 8259, section 6)."""
MAX_MONEY = 10**15
"""Minor units of a currency."""
TEN_YEARS = 10 * 365 * 86_400

Whole = Annotated[int, Ge(-MAX_INTEGER), Le(MAX_INTEGER)]
Minor = Annotated[int, Ge(-MAX_MONEY), Le(MAX_MONEY)]


class IntegerField(CommonField):
    """A whole number."""

    FILTERS = ("eq", "in", *RANGE)
    SORTS = True

    type: Annotated[Literal["integer"], about("A whole number.", "integer")]
    min: Annotated[Whole, about("The smallest value.", 1)]
    max: Annotated[Whole, about("The largest value.", 100_000)]
    default: Annotated[Whole | None, about("The value when it is left out.", 1)] = None

    def check_bounds(self) -> None:
        """Refuse `min` above `max`."""
        order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuse what is no integer within the bounds."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise Refusal("E-TYPE", f"{quote(value)} is not a whole number", "Write it as 5.")
        between(value, self.min, self.max)


def _plain_notation(value: object) -> object:
    number = decimal(value)
    return format(number, "f") if isinstance(number, Decimal) else value


class DecimalField(CommonField):
    """An exact number with decimal places."""

    FILTERS = ("eq", *RANGE)
    SORTS = True

    type: Annotated[Literal["decimal"], about("An exact number with decimal places.", "decimal")]
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
        order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuse a number that does not fit the digits or the bounds."""
        number = decimal(value)
        if not isinstance(number, Decimal):
            raise Refusal("E-VALUE", f"{quote(value)} is not a decimal number", "Write it as 1.50.")
        self._check_digits(number, ())
        between(number, self.min, self.max)

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

    FILTERS = ("eq", *RANGE)
    SORTS = True

    type: Annotated[Literal["money"], about("An amount in minor units, such as cents.", "money")]
    min: Annotated[Minor, about("The smallest amount, in minor units.", 0)] = -MAX_MONEY
    max: Annotated[Minor, about("The largest amount, in minor units.", 1_000_000)] = MAX_MONEY
    currency: Annotated[Currency, about("The currency (ISO 4217).", "EUR", "USD")] = "EUR"
    default: Annotated[Minor | None, about("The amount when it is left out.", 0)] = None

    def check_bounds(self) -> None:
        """Refuse `min` above `max`."""
        order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuse an amount outside the bounds."""
        between(value, self.min, self.max)


class BooleanField(CommonField):
    """True or false."""

    FILTERS = ("eq",)

    type: Annotated[Literal["boolean"], about("True or false.", "boolean")]
    default: Annotated[bool | None, about("The value when it is left out.", False)] = None

    def check_literal(self, value: object) -> None:
        """Refuse anything but true and false."""
        if not isinstance(value, bool):
            raise Refusal("E-TYPE", f"{quote(value)} is not a boolean", "Write true or false.")


class DateField(CommonField):
    """A day of the calendar."""

    FILTERS = ("eq", *RANGE)
    SORTS = True

    type: Annotated[Literal["date"], about("A day, as in 2030-01-31.", "date")]
    default: Annotated[str | None, about("The day when it is left out.", "2030-01-31")] = None

    def check_literal(self, value: object) -> None:
        """Refuse what is no full date of RFC 3339."""
        text = as_text(value)
        try:
            known = date.fromisoformat(text).isoformat() == text
        except ValueError:
            known = False
        if not known:
            raise Refusal("E-VALUE", f"{quote(text)} is not a day", "Write it as 2030-01-31.")


class DatetimeField(CommonField):
    """A moment in time."""

    FILTERS = ("eq", *RANGE)
    SORTS = True

    type: Annotated[Literal["datetime"], about("A moment, as in 2030-01-31T12:00:00Z.", "datetime")]
    default: Annotated[
        str | None, about("The moment when it is left out, in UTC.", "2030-01-31T12:00:00Z")
    ] = None

    def check_literal(self, value: object) -> None:
        """Refuse what is no moment in UTC (RFC 3339)."""
        text = as_text(value)
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

    FILTERS = ("eq", *RANGE)
    SORTS = True

    type: Annotated[Literal["duration"], about("A length of time, in whole seconds.", "duration")]
    min: Annotated[Seconds, Le(TEN_YEARS), about("The shortest.", "1m")] = 0
    max: Annotated[Seconds, Le(TEN_YEARS), about("The longest.", "365d")] = TEN_YEARS
    default: Annotated[Seconds | None, about("The duration when it is left out.", "30d")] = None

    def check_bounds(self) -> None:
        """Refuse `min` above `max`."""
        order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuse a duration outside the bounds."""
        between(value, self.min, self.max)
