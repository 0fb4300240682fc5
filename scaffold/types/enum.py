"""enum: one of a few named values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import MaxLen, MinLen
from pydantic import BeforeValidator

from scaffold.database.layout import Group, Sql, listed
from scaffold.database.sql import literal
from scaffold.plan.quoting import python
from scaffold.spec.base import about, distinct
from scaffold.spec.field_base import CommonField, as_text
from scaffold.spec.names import suggestion
from scaffold.spec.problems import Refusal, quote
from scaffold.spec.scalars import EnumValue

from .kind import Kind

if TYPE_CHECKING:
    from scaffold.plan.python import Module


@dataclass(frozen=True, slots=True)
class EnumKind(Kind):
    """One of a few words.

    It is text with a CHECK: under row-level security only operators marked LEAKPROOF can use an
    index, which those of an enum of PostgreSQL are not.
    """

    name: ClassVar[str] = "enum"

    values: tuple[str, ...]

    @property
    def choices(self) -> tuple[str, ...]:
        """The values."""
        return self.values

    def bounds(self) -> Iterator[str]:
        """The values."""
        yield from sorted(self.values)

    @property
    def claimed(self) -> str:
        """One of the values."""
        return f"value in {{{', '.join(map(python, self.values))}}}"

    @property
    def unread(self) -> tuple[object, ...]:
        """Another type, and no value."""
        return (5, "?")

    def check(self, column: str) -> Sql:
        """One of the values."""
        return Group((f"{column} in", listed(literal(value) for value in self.values)), " ")

    def schema(self) -> dict[str, Any]:
        """One of the values."""
        if len(self.values) == 1:
            return {"type": "string", "const": self.values[0]}
        return {"type": "string", "enum": list(self.values)}

    def annotation(self, module: Module, name: str) -> str:
        """One of the values."""
        module.typing.add("Literal")
        return f"Literal[{', '.join(python(value) for value in self.values)}]"

    def stored_annotation(self, module: Module, name: str) -> str:
        """One of the values."""
        return self.annotation(module, name)


class EnumField(CommonField):
    """One of a few named values."""

    KIND = EnumKind
    FILTERS = ("eq", "in")
    SORTS = True
    COMPARES = "text"

    type: Annotated[Literal["enum"], about("One of a few named values.", "enum")]
    values: Annotated[
        tuple[EnumValue, ...],
        MinLen(1),
        MaxLen(100),
        BeforeValidator(distinct),
        about("The values.", ["draft", "sent"]),
    ]
    default: Annotated[str | None, about("The value when it is left out.", "draft")] = None

    def kind(self) -> EnumKind:
        """What the type means."""
        return EnumKind(self.values)

    def check_literal(self, value: object) -> None:
        """Refuses what is not one of the values."""
        text = as_text(value)
        if text not in self.values:
            raise Refusal(
                "E-VALUE",
                f"{quote(text)} is not a value of the field",
                suggestion(text, self.values),
            )
