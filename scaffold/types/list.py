"""list: several values of one scalar type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le, MaxLen

from scaffold.database.layout import Sql, all_of
from scaffold.spec.base import about
from scaffold.spec.field_base import COMMON, CommonField, order, refuse_keys
from scaffold.spec.problems import Refusal

from .kind import Kind, json_default, json_member, several

if TYPE_CHECKING:
    from scaffold.plan.python import Module

    from .fields import ScalarField


@dataclass(frozen=True, slots=True)
class ListKind(Kind):
    """`low` to `high` values of one kind; `unique` where none occurs twice."""

    name: ClassVar[str] = "list"
    SQL: ClassVar[str] = "jsonb"
    structured: ClassVar[bool] = True

    item: Kind
    low: int
    high: int
    unique: bool

    @property
    def held(self) -> Kind:
        """The kind of the items."""
        return self.item

    def filled(self, items: Sequence[Any], without: Sequence[Any] = ()) -> list[Any] | None:
        """A list with these items and none of others, which is as long as it has to be."""
        found = list(items)
        for each in several(self.item) if len(found) < self.low else ():
            if each not in (*found, *without):
                found.append(each)
            if len(found) >= self.low:
                break
        if found and not self.unique and len(found) < self.low:
            found += [found[-1]] * (self.low - len(found))
        return found if self.low <= len(found) <= self.high else None

    @property
    def characters(self) -> int:
        """Those of the items."""
        return self.high * self.item.characters

    @property
    def driver_annotation(self) -> str:
        """An array, as JSON is read."""
        return "list[Any]"

    @property
    def unsaid(self) -> bool:
        """Those of the items."""
        return self.item.unsaid

    def bounds(self) -> Iterator[str]:
        """The length and the type of the items."""
        yield f"{self.low}..{self.high} of {self.item}"
        if self.unique:
            yield "distinct"

    def check(self, column: str) -> Sql:
        """An array of the right length."""
        length = f"jsonb_array_length({column}) between {self.low} and {self.high}"
        return all_of([f"jsonb_typeof({column}) = 'array'", length])

    def extract(self, source: str, name: str) -> str:
        """The member as it is."""
        return json_member(source, name)

    def default(self, value: object) -> str:
        """An array."""
        return json_default(value)

    def schema(self) -> dict[str, Any]:
        """An array."""
        found: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        if self.low:
            found["minItems"] = self.low
        found["maxItems"] = self.high
        if self.unique:
            found["uniqueItems"] = True
        return found

    def answer_schema(self) -> dict[str, Any]:
        """An array of such values."""
        return {**self.schema(), "items": self.item.answer_schema()}

    def annotation(self, module: Module, name: str) -> str:
        """A list."""
        bounds = [f"min_length={self.low}"] if self.low else []
        bounds.append(f"max_length={self.high}")
        bounds.append("fail_fast=True")  # of a million bad items, one is told
        if self.unique:
            bounds.append('json_schema_extra={"uniqueItems": True}')
        metadata = [f"Field({', '.join(bounds)})"]
        if self.unique:
            module.types.add("distinct")
            metadata.append("distinct")
        return module.annotated(f"list[{self.item.annotation(module, name)}]", *metadata)

    def stored_annotation(self, module: Module, name: str) -> str:
        """A list."""
        return f"list[{self.item.stored_annotation(module, name)}]"


class ListField(CommonField):
    """Several values of one scalar type."""

    KIND = ListKind
    UNIQUE = False

    type: Annotated[Literal["list"], about("Several values of one scalar type.", "list")]
    of: Annotated[ScalarField, about("What the list holds.", {"type": "string", "max": 30})]
    max_items: Annotated[int, Ge(1), Le(1_000), about("The most items.", 20)]
    min_items: Annotated[int, Ge(0), Le(1_000), about("The fewest items.", 1)] = 0
    unique_items: Annotated[bool, about("Whether no item may occur twice.", True)] = False
    default: Annotated[
        Annotated[tuple[Any, ...], MaxLen(0)] | None,
        about("The empty list, when the items are left out.", []),
    ] = None

    def kind(self) -> ListKind:
        """What the type means."""
        return ListKind(self.of.kind(), self.min_items, self.max_items, self.unique_items)

    @property
    def item(self) -> CommonField:
        """What the list holds."""
        return self.of

    def check_bounds(self) -> None:
        """Refuses `min_items` above `max_items`, and items with keys of a field of their own."""
        order(self.min_items, self.max_items, ("min_items",))
        refuse_keys(self.of, ("of",), "An item of a list", COMMON)

    def check_literal(self, value: object) -> None:
        """Refuses the empty list, the only default, when it has too few items."""
        if self.min_items:
            raise Refusal(
                "E-DEFAULT", f"The empty list has fewer than {self.min_items} items", "Remove it."
            )
