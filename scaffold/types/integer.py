"""integer: a whole number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le

from scaffold.spec.base import about
from scaffold.spec.field_base import RANGE, CommonField, between, order
from scaffold.spec.problems import Refusal, quote

from .whole import Whole

MAX_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (RFC 8259, section 6)."""

Bound = Annotated[int, Ge(-MAX_INTEGER), Le(MAX_INTEGER)]


@dataclass(frozen=True, slots=True)
class IntegerKind(Whole):
    """A whole number."""

    name: ClassVar[str] = "integer"
    CLAIM: ClassVar[str] = "int"


class IntegerField(CommonField):
    """A whole number."""

    KIND = IntegerKind
    FILTERS = ("eq", "in", *RANGE)
    SORTS = True
    COMPARES = "integer"
    CARD_NUMBERS = True

    type: Annotated[Literal["integer"], about("A whole number.", "integer")]
    min: Annotated[Bound, about("The smallest value.", 1)]
    max: Annotated[Bound, about("The largest value.", 100_000)]
    default: Annotated[Bound | None, about("The value when it is left out.", 1)] = None

    def kind(self) -> IntegerKind:
        """What the type means."""
        return IntegerKind(self.min, self.max)

    def check_bounds(self) -> None:
        """Refuses `min` above `max`."""
        order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuses what is not an integer within the bounds."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise Refusal("E-TYPE", f"{quote(value)} is not a whole number", "Write it as 5.")
        between(value, self.min, self.max)
