"""duration: a length of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Le

from scaffold.spec.base import about
from scaffold.spec.field_base import RANGE, CommonField, as_text, between, order
from scaffold.spec.scalars import Seconds, seconds

from .whole import Whole

TEN_YEARS = 10 * 365 * 86_400
"""In seconds."""


@dataclass(frozen=True, slots=True)
class DurationKind(Whole):
    """A length of time in whole seconds."""

    name: ClassVar[str] = "duration"

    def compared(self, value: Any) -> int:
        """Its seconds."""
        return value if isinstance(value, int) else seconds(value)


class DurationField(CommonField):
    """A length of time in whole seconds."""

    KIND = DurationKind
    FILTERS = ("eq", *RANGE)
    SORTS = True
    COMPARES = "duration"
    PERSONAL = "never"

    type: Annotated[Literal["duration"], about("A length of time, in whole seconds.", "duration")]
    min: Annotated[Seconds, Le(TEN_YEARS), about("The shortest.", "1m")] = 0
    max: Annotated[Seconds, Le(TEN_YEARS), about("The longest.", "365d")] = TEN_YEARS
    default: Annotated[Seconds | None, about("The duration when it is left out.", "30d")] = None

    def kind(self) -> DurationKind:
        """What the type means."""
        return DurationKind(self.min, self.max)

    def check_bounds(self) -> None:
        """Refuses `min` above `max`."""
        order(self.min, self.max)

    def check_compared(self, value: object) -> None:
        """Refuses what is not a duration as the spec writes it, within the bounds."""
        self.check_literal(seconds(as_text(value)))

    def check_literal(self, value: object) -> None:
        """Refuses a duration outside the bounds."""
        between(value, self.min, self.max)
