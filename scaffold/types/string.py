"""string: one line of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le
from pydantic import AfterValidator

from scaffold.spec.base import about
from scaffold.spec.field_base import CommonField, as_text, length, order
from scaffold.spec.problems import Refusal, quote

from . import patterns
from .textual import LINE, Textual


@dataclass(frozen=True, slots=True)
class StringKind(Textual):
    """One line of text, or what matches a pattern of one line."""

    name: ClassVar[str] = "string"

    pattern: str | None = None

    @property
    def own_pattern(self) -> str:
        """The pattern without the characters that a line cannot have."""
        return "" if self.pattern is None else patterns.single_line(self.pattern)

    @property
    def form(self) -> str:
        """The pattern."""
        return "" if self.pattern is None else patterns.postgresql(self.pattern)

    @property
    def extent(self) -> patterns.Extent:
        """What the pattern says of lengths and characters."""
        return patterns.ANY if self.pattern is None else patterns.extent(self.pattern)

    def accepts(self, value: object) -> bool:
        """Is it a text of the type?"""
        fits = Textual.accepts(self, value)
        return fits and (self.pattern is None or patterns.matches(self.pattern, str(value)))

    def examples(self) -> tuple[str, ...]:
        """Words, or a few texts that match the pattern."""
        return Textual.examples(self) if self.pattern is None else self.samples

    @property
    def samples(self) -> tuple[str, ...]:
        """A few texts that match the pattern."""
        return patterns.examples(self.pattern, self.low, self.high) if self.pattern else ()

    def bounds(self) -> Iterator[str]:
        """The length and the pattern."""
        yield f"{self.low}..{self.high}"
        if self.pattern is not None:
            yield f"pattern {json.dumps(self.pattern)}"


class StringField(CommonField):
    """One line of text."""

    KIND = StringKind
    FILTERS = ("eq", "prefix")
    SORTS = True
    COMPARES = "text"
    FREE_TEXT = True
    CARD_NUMBERS = True

    type: Annotated[Literal["string"], about("One line of text.", "string")]
    max: Annotated[int, Ge(1), Le(10_000), about("The most characters.", 120)]
    min: Annotated[int, Ge(0), Le(10_000), about("The fewest characters.", 1)] = 0
    pattern: Annotated[
        Annotated[str, AfterValidator(patterns.check)] | None,
        about("A regular expression of the whole value.", "^[A-Z]{2}-[0-9]{4}$"),
    ] = None
    default: Annotated[str | None, about("The value when it is left out.", "en")] = None

    def kind(self) -> StringKind:
        """What the type means."""
        return StringKind(self.min, self.max, self.pattern)

    def check_bounds(self) -> None:
        """Refuses `min` above `max`, and a pattern of other lengths."""
        order(self.min, self.max)
        if self.pattern and not patterns.examples(self.pattern, self.min, self.max):
            raise Refusal(
                "E-PATTERN",
                f"No text of {self.min} to {self.max} characters matches the pattern",
                "Change the pattern, min or max.",
                ("pattern",),
            )

    def check_literal(self, value: object) -> None:
        """Refuses text outside the bounds, of several lines or against the pattern."""
        text = as_text(value)
        length(text, self.min, self.max)
        if not LINE.accepts(text):
            raise Refusal(
                "E-TEXT",
                "This text is not a single line",
                "Leave out line breaks, tabs and other control characters.",
            )
        if not self.kind().accepts(text):
            raise Refusal(
                "E-VALUE",
                f"{quote(text)} does not match the field's own pattern",
                f"The pattern is {quote(self.pattern)}.",
            )
