"""Whole numbers within bounds: what integer, money and duration have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from scaffold.database.layout import Sql

from .kind import Kind, span

if TYPE_CHECKING:
    from scaffold.plan.python import Module


@dataclass(frozen=True, slots=True)
class Whole(Kind):
    """A whole number from `low` to `high`.

    It is a bigint even for money: under row-level security only operators marked LEAKPROOF can
    use an index, which those of numeric are not.
    """

    SQL: ClassVar[str] = "bigint"
    STORED: ClassVar[str] = "int"

    low: int
    high: int

    def accepts(self, value: object) -> bool:
        """Is it within the bounds?"""
        return isinstance(value, int) and self.low <= value <= self.high

    def examples(self) -> tuple[int, ...]:
        """The smallest ones."""
        return tuple(range(self.low, min(self.high, self.low + 2) + 1))

    @property
    def extremes(self) -> tuple[int, int]:
        """The bounds."""
        return self.low, self.high

    def beside(self, value: Any, step: Literal[-1, 1]) -> int | None:
        """The next one, within the bounds."""
        found: int = value + step
        return found if self.accepts(found) else None

    @property
    def claimed(self) -> str:
        """The bounds."""
        return f"{self.low} <= value <= {self.high}"

    @property
    def unread(self) -> tuple[Any, ...]:
        """Text, a boolean, a fraction, and what no column of PostgreSQL holds."""
        return (f"{self.low}", True, self.low + 0.5, self.high + 1, 10**30)

    def bounds(self) -> Iterator[str]:
        """The bounds."""
        yield span(self.low, self.high)

    def check(self, column: str) -> Sql:
        """The bounds."""
        return f"{column} between {self.low} and {self.high}"

    def schema(self) -> dict[str, Any]:
        """A number within the bounds."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}

    def annotation(self, module: Module, name: str) -> str:
        """A number within the bounds; 1.0 is one to JSON Schema."""
        module.types.add("whole")
        return module.annotated("int", f"Field(ge={self.low}, le={self.high})", "whole")
