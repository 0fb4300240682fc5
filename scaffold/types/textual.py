"""The rules of text, which the contract, the models and the tables hold alike.

The characters that a text can have are those of its rule, or of its own pattern, which is about
one line (`patterns`). Lengths are counted in characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from scaffold.database.layout import Group, Sql, all_of
from scaffold.database.sql import literal
from scaffold.plan.quoting import raw

from .kind import WORDS, Kind, span
from .patterns import ANY, CONTROLS, NOT_IN_A_LINE, Extent

if TYPE_CHECKING:
    from scaffold.plan.python import Module


CARD_DIGITS = 14
"""Those of the shortest number of a payment card that is looked for."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Which texts a type accepts, of any length; `scalar` is the emitted type of such a text.

    The whole text matches `pattern`, which every engine reads alike. PostgreSQL is asked the same
    in two shorter questions: whether a text matches `form`, and whether it has a character of the
    class `excluded`. Either may be nothing.
    """

    scalar: str
    pattern: str
    form: str = ""
    excluded: str = ""

    def accepts(self, text: str) -> bool:
        """Does a text follow the rule?"""
        return re.fullmatch(self.pattern, text) is not None


LINE = Rule("Line", rf"^[^{NOT_IN_A_LINE}]*$", excluded=NOT_IN_A_LINE)
"""One line: no control characters, no separators of lines or paragraphs."""

_SPACED = CONTROLS.replace(r"\x00-\x1f", r"\x00-\x08\x0b\x0c\x0e-\x1f")
LINES = Rule("Text", rf"^[^{_SPACED}]*$", excluded=_SPACED)
"""Several lines: no control characters except tabs, line feeds and carriage returns."""


@dataclass(frozen=True, slots=True)
class Textual(Kind):
    """Text of `low` to `high` characters."""

    RULE: ClassVar[Rule] = LINE

    low: int
    high: int

    @property
    def own_pattern(self) -> str:
        """The pattern that takes the place of the rule, as every engine reads it; or nothing."""
        return ""

    @property
    def form(self) -> str:
        """What PostgreSQL asks of the form, beside the characters; or nothing."""
        return self.RULE.form

    @property
    def samples(self) -> tuple[str, ...]:
        """A few values, where words, a link and an address may all be none; otherwise nothing."""
        return ()

    def accepts(self, value: object) -> bool:
        """Is it a text of the type?"""
        fits = isinstance(value, str) and self.low <= len(value) <= self.high
        return fits and self.RULE.accepts(str(value))

    def bounds(self) -> Iterator[str]:
        """The length."""
        yield span(self.low, self.high)

    def examples(self) -> tuple[str, ...]:
        """Words of the right length; nothing where any word has it."""
        if all(map(self.accepts, WORDS)):
            return ()
        words = (word.ljust(self.low, "x")[: self.high] for word in WORDS)
        return tuple(filter(self.accepts, dict.fromkeys(words)))

    @property
    def characters(self) -> int:
        """The most characters."""
        return self.high

    @property
    def claimed(self) -> str:
        """The length."""
        least = f"{self.low} <= " if self.low else ""
        return f"{least}len(value) <= {self.high}"

    @property
    def unread(self) -> tuple[object, ...]:
        """Another type, and text that is too long."""
        return (5, "x" * (self.high + 1))

    @property
    def extent(self) -> Extent:
        """What the own pattern says already, so that PostgreSQL need not be asked again.

        PostgreSQL reads each CHECK anew for each statement that writes a row, so that short ones
        are fast ones.
        """
        return ANY

    def check(self, column: str) -> Sql:
        """The length, and the pattern or the rule, as far as one does not imply the other."""
        said = self.extent
        tests: list[Sql] = []
        low, high = said.low < self.low, said.high is None or said.high > self.high
        if low and high:
            tests.append(f"char_length({column}) between {self.low} and {self.high}")
        elif high:
            tests.append(f"char_length({column}) <= {self.high}")
        elif low:
            tests.append(f"char_length({column}) >= {self.low}")
        if self.form:
            tests.append(Group((f"{column} ~", literal(self.form)), " "))
        if self.RULE.excluded and not said.plain:
            tests.append(Group((f"{column} !~", literal(f"[{self.RULE.excluded}]")), " "))
        return all_of(tests)

    def schema(self) -> dict[str, Any]:
        """The length and the pattern."""
        found: dict[str, Any] = {"type": "string"}
        if self.low:
            found["minLength"] = self.low
        found |= {"maxLength": self.high, "pattern": self.own_pattern or self.RULE.pattern}
        return found | ({"examples": list(self.samples)} if self.samples else {})

    def answer_schema(self) -> dict[str, Any]:
        """The length; the form is that of what was accepted."""
        return {name: bound for name, bound in self.schema().items() if name != "pattern"}

    def prefix_schema(self) -> dict[str, Any]:
        """The beginning of a line."""
        return {"type": "string", "minLength": 1, "maxLength": self.high, "pattern": LINE.pattern}

    def annotation(self, module: Module, name: str) -> str:
        """Text with its length, and its own pattern or the rule."""
        bounds = [f"min_length={self.low}"] if self.low else []
        bounds.append(f"max_length={self.high}")
        if self.own_pattern:
            bounds.append(f"pattern={raw(self.own_pattern)}")
            return module.annotated("str", f"Field({', '.join(bounds)})")
        module.types.add(self.RULE.scalar)
        bound = f"Field({', '.join(bounds)})"
        return module.annotated(self.RULE.scalar, bound, *self._cardless(module))

    def prefix_annotation(self, module: Module) -> str:
        """The beginning of a line."""
        module.types.add(LINE.scalar)
        bound = f"Field(min_length=1, max_length={self.high})"
        return module.annotated(LINE.scalar, bound, *self._cardless(module))

    def _cardless(self, module: Module) -> tuple[str, ...]:
        """That no payment card is in it, where one would fit and no pattern says what it holds."""
        if self.high < CARD_DIGITS or self.own_pattern:
            return ()
        module.types.add("cardless")
        return ("cardless",)
