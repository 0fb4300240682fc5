"""decimal: an exact number with decimal places, which travels as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le
from pydantic import BeforeValidator

from scaffold.database.layout import Sql, all_of
from scaffold.plan.quoting import python, raw
from scaffold.spec.base import about
from scaffold.spec.field_base import RANGE, CommonField, between, order
from scaffold.spec.problems import Path, Refusal, quote
from scaffold.spec.scalars import DecimalNumber, decimal

from .kind import Kind, span

if TYPE_CHECKING:
    from scaffold.plan.python import Module

_EXACT = Context(prec=80)
"""Enough digits for any sum of two values."""


@dataclass(frozen=True, slots=True)
class DecimalKind(Kind):
    """A number of `digits`, with `places` of them after the point. Bounds are in plain notation."""

    name: ClassVar[str] = "decimal"

    digits: int
    places: int
    low: str | None
    high: str | None

    @property
    def sql(self) -> str:
        """Exact, with the digits."""
        return f"numeric({self.digits}, {self.places})"

    @property
    def driver_annotation(self) -> str:
        """An exact number."""
        return "Decimal"

    @property
    def unsaid(self) -> bool:
        """JSON Schema cannot bound a number that travels as text."""
        return (self.low, self.high) != (None, None)

    @property
    def pattern(self) -> str:
        """Plain notation with at most the declared digits: no exponent, no leading zeros."""
        whole = self.digits - self.places
        sign = "" if self.low is not None and not self.low.startswith("-") else "-?"
        head = r"0" if whole == 0 else rf"(0|[1-9][0-9]{{0,{whole - 1}}})"
        tail = rf"(\.[0-9]{{1,{self.places}}})?" if self.places else ""
        return rf"^{sign}{head}{tail}$"

    def compared(self, value: Any) -> str:
        """Plain notation with all places."""
        return format(_EXACT.quantize(Decimal(value), self._unit), "f")

    def rank(self, value: Any) -> Decimal:
        """The number."""
        return Decimal(value)

    @property
    def _unit(self) -> Decimal:
        return Decimal(1).scaleb(-self.places)

    def examples(self) -> tuple[str, ...]:
        """Numbers that follow each other, from the smallest one, or from 0."""
        start = Decimal(0)
        if self.low is not None and start < Decimal(self.low):
            start = Decimal(self.low)
        elif self.high is not None and start > Decimal(self.high):
            start = _EXACT.subtract(Decimal(self.high), self._unit * 2)
        found = (self.compared(_EXACT.add(start, self._unit * number)) for number in range(3))
        return tuple(filter(self.accepts, found))

    def accepts(self, value: object) -> bool:
        """Has it no more digits, and is it within the bounds?"""
        number = decimal(value)
        if not isinstance(number, Decimal):
            return False
        scaled = number.scaleb(self.places, _EXACT)
        fits = scaled == scaled.to_integral_value() and abs(scaled) < Decimal(10) ** self.digits
        above = self.low is None or number >= Decimal(self.low)
        return fits and above and (self.high is None or number <= Decimal(self.high))

    @property
    def extremes(self) -> tuple[Decimal, Decimal]:
        """The bounds, or what the digits hold."""
        most = _EXACT.subtract(Decimal(10) ** (self.digits - self.places), self._unit)
        low = -most if self.low is None else Decimal(self.low)
        return low, most if self.high is None else Decimal(self.high)

    def beside(self, value: Any, step: Literal[-1, 1]) -> str | None:
        """One more, or less, in the last place."""
        found = self.compared(_EXACT.add(Decimal(value), self._unit * step))
        return found if self.accepts(found) else None

    def bounds(self) -> Iterator[str]:
        """The digits and the bounds."""
        yield f"{self.digits} digits"
        yield f"{self.places} places"
        if self.unsaid:
            yield span(self.low, self.high)

    def check(self, column: str) -> Sql:
        """The bounds; the digits are in the type."""
        bounds = ((">=", self.low), ("<=", self.high))
        tests = [f"{column} {sign} {bound}" for sign, bound in bounds if bound is not None]
        return all_of(tests) if tests else ""

    def output(self, column: str) -> str:
        """Text: a JSON number is not exact."""
        return f"{column}::text"

    def schema(self) -> dict[str, Any]:
        """Text in plain notation; the bounds are said beside it."""
        bounds = {"x-minimum": self.low, "x-maximum": self.high}
        found: dict[str, Any] = {
            "type": "string",
            "maxLength": self._longest,
            "pattern": self.pattern,
        }
        found |= {name: bound for name, bound in bounds.items() if bound is not None}
        if self.unsaid or self.digits == self.places:
            # Any digit is none here; with all its places, one has others beside it.
            example = Decimal(self.low or self.high or 0).quantize(Decimal(1).scaleb(-self.places))
            found["examples"] = [format(example, "f")]
        return found

    def answer_schema(self) -> dict[str, Any]:
        """Text."""
        return {"type": "string", "maxLength": self._longest}

    @property
    def _longest(self) -> int:
        """The digits, and perhaps a sign, a zero before the point, and the point."""
        return self.digits + 3

    def annotation(self, module: Module, name: str) -> str:
        """Text in plain notation within the bounds."""
        metadata = [f"Field(max_length={self._longest}, pattern={raw(self.pattern)})"]
        if self.unsaid:
            module.types.add("between")
            metadata.append(f"between({python(self.low)}, {python(self.high)})")
        return module.annotated("str", *metadata)


def _plain_notation(value: object) -> object:
    number = decimal(value)
    return format(number, "f") if isinstance(number, Decimal) else value


class DecimalField(CommonField):
    """An exact number with decimal places."""

    KIND = DecimalKind
    FILTERS = ("eq", *RANGE)
    SORTS = True
    COMPARES = "decimal"

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

    def kind(self) -> DecimalKind:
        """What the type means."""
        low = None if self.min is None else str(self.min)
        high = None if self.max is None else str(self.max)
        return DecimalKind(self.digits, self.places, low, high)

    def check_bounds(self) -> None:
        """Refuses more places than digits, and bounds that do not fit or contradict each other."""
        if self.places > self.digits:
            raise Refusal(
                "E-RANGE",
                f"There are {self.places} places but only {self.digits} digits",
                "digits includes the places.",
                ("places",),
            )
        for key in ("min", "max"):
            bound: Decimal | None = getattr(self, key)
            if bound is not None:
                self._check_digits(bound, (key,))
        order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuses a number that does not fit the digits or the bounds."""
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
