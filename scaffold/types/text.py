"""text: text of several lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le

from scaffold.spec.base import about
from scaffold.spec.field_base import CommonField, as_text, length, order
from scaffold.spec.problems import Refusal

from .textual import LINES, Rule, Textual


@dataclass(frozen=True, slots=True)
class TextKind(Textual):
    """Text of several lines."""

    name: ClassVar[str] = "text"
    RULE: ClassVar[Rule] = LINES


class TextField(CommonField):
    """Text of several lines."""

    KIND = TextKind
    UNIQUE = False
    FREE_TEXT = True
    CARD_NUMBERS = True

    type: Annotated[Literal["text"], about("Text of several lines.", "text")]
    max: Annotated[int, Ge(1), Le(1_000_000), about("The most characters.", 2_000)]
    min: Annotated[int, Ge(0), Le(1_000_000), about("The fewest characters.", 1)] = 0
    default: Annotated[str | None, about("The value when it is left out.", "None.")] = None

    def kind(self) -> TextKind:
        """What the type means."""
        return TextKind(self.min, self.max)

    def check_bounds(self) -> None:
        """Refuses `min` above `max`."""
        order(self.min, self.max)

    def check_literal(self, value: object) -> None:
        """Refuses text outside the bounds, or with control characters."""
        text = as_text(value)
        length(text, self.min, self.max)
        if not LINES.accepts(text):
            raise Refusal(
                "E-TEXT",
                "This text has control characters",
                "Leave them out; tabs and line breaks can stay.",
            )
