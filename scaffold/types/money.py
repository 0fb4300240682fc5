"""money: an amount in minor units of one currency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le

from scaffold.spec.base import about
from scaffold.spec.field_base import RANGE, CommonField, between, order
from scaffold.spec.problems import Refusal, quote
from scaffold.spec.scalars import Currency

from .kind import span
from .whole import Whole

MAX_MONEY = 10**15
"""Minor units of a currency."""

Minor = Annotated[int, Ge(-MAX_MONEY), Le(MAX_MONEY)]


@dataclass(frozen=True, slots=True)
class MoneyKind(Whole):
    """An amount in minor units of the currency `unit`."""

    name: ClassVar[str] = "money"

    unit: str

    @property
    def currency(self) -> str:
        """The currency."""
        return self.unit

    def bounds(self) -> Iterator[str]:
        """The currency and the bounds."""
        yield self.unit
        yield span(self.low, self.high)


class MoneyField(CommonField):
    """An amount in minor units of one currency."""

    KIND = MoneyKind
    FILTERS = ("eq", *RANGE)
    SORTS = True
    COMPARES = "money"

    type: Annotated[Literal["money"], about("An amount in minor units, such as cents.", "money")]
    min: Annotated[Minor, about("The smallest amount, in minor units.", 0)] = -MAX_MONEY
    max: Annotated[Minor, about("The largest amount, in minor units.", 1_000_000)] = MAX_MONEY
    currency: Annotated[Currency, about("The currency (ISO 4217).", "EUR", "USD")] = "EUR"
    default: Annotated[Minor | None, about("The amount when it is left out.", 0)] = None

    def kind(self) -> MoneyKind:
        """What the type means."""
        return MoneyKind(self.min, self.max, self.currency)

    def check_bounds(self) -> None:
        """Refuses `min` above `max`."""
        order(self.min, self.max)

    def check_compared(self, value: object) -> None:
        """Refuses what is not an amount in minor units within the bounds."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise Refusal(
                "E-TYPE",
                f"{quote(value)} is not an amount in minor units",
                "Write it as a whole number, such as 500 for 5.00.",
            )
        self.check_literal(value)

    def check_literal(self, value: object) -> None:
        """Refuses an amount outside the bounds."""
        between(value, self.min, self.max)
