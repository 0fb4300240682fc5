"""What the stages ask of a type."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from scaffold.database.layout import Sql
from scaffold.database.sql import literal

if TYPE_CHECKING:
    from scaffold.plan.python import Module


@dataclass(frozen=True, slots=True)
class Kind(ABC):
    """The type of a value, with its bounds. What a type does not answer, it answers as most do."""

    name: ClassVar[str]
    """As the spec spells the type."""
    SQL: ClassVar[str] = "text"
    STORED: ClassVar[str] = "str"
    CLAIM: ClassVar[str] = "str"
    """The Python type of a verified claim; attributes are of a few types alone."""
    structured: ClassVar[bool] = False
    """Whether the value is a JSON array or object."""
    merged: ClassVar[bool] = False
    """Whether a merge patch (RFC 7396) changes parts of the value."""
    read: ClassVar[bool] = False
    """Whether a value is read from text in the service."""
    selective: ClassVar[bool] = True
    """Whether one value is that of few rows, so that an index finds them faster."""

    def __str__(self) -> str:
        """The type with its bounds: `string(1..120)`, `enum(draft, sent)`."""
        bounds = ", ".join(self.bounds())
        return f"{self.name}({bounds})" if bounds else self.name

    def bounds(self) -> Iterator[str]:
        """The bounds as the surface has them."""
        yield from ()

    # Values.

    @property
    def choices(self) -> tuple[str | bool, ...]:
        """Every value, where there are few; otherwise nothing."""
        return ()

    def examples(self) -> tuple[str | int | bool, ...]:
        """A few different values, where not just any word is one; otherwise nothing."""
        return self.choices

    def accepts(self, value: object) -> bool:
        """Can it be one of the values that conditions compare?"""
        return not self.choices or value in self.choices

    def compared(self, value: Any) -> str | int | bool:
        """A literal of a condition in its one spelling."""
        found: str | int | bool = value
        return found

    def rank(self, value: Any) -> Any:
        """What a value is compared by, where another spelling could be the same value."""
        return value

    @property
    def extremes(self) -> tuple[Any, Any]:
        """What the least and the greatest value are compared by; None where there is none."""
        return None, None

    def beside(self, value: Any, step: Literal[-1, 1]) -> str | int | None:
        """The nearest value that is less, or greater; None where there is none, or no order."""
        del value, step
        return None

    def filled(self, items: Sequence[Any], without: Sequence[Any] = ()) -> list[Any] | None:
        """A list with these items and none of others; None where there is none."""
        del items, without
        return None

    @property
    def held(self) -> Kind | None:
        """What a list holds; of another type nothing."""
        return None

    @property
    def characters(self) -> int:
        """The characters of the longest value that is bounded by length; 0 for other types."""
        return 0

    @property
    def target(self) -> str:
        """The resource that the value refers to, or nothing."""
        return ""

    @property
    def of_member(self) -> bool:
        """Is the value the id of a member of the tenant?"""
        return False

    @property
    def currency(self) -> str:
        """The currency of an amount of money (ISO 4217), or nothing."""
        return ""

    def renamed(self, resources: Mapping[str, str]) -> Kind:
        """The same type, where resources are called as `resources` says by their names before."""
        del resources
        return self

    # What a type was, in the history of the tables.

    def data(self) -> dict[str, Any]:
        """The type with its bounds as plain data."""
        found: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return {"type": self.name, **found}

    # PostgreSQL.

    @property
    def sql(self) -> str:
        """The type of a column."""
        return self.SQL

    @property
    def textual(self) -> bool:
        """Whether the column is of type text."""
        return self.sql == "text"

    def check(self, column: str) -> Sql:
        """The bound of a column, as a condition; nothing where the SQL type is the bound."""
        del column
        return ""

    def extract(self, source: str, name: str) -> str:
        """The value of a member of the JSON object `source`; NULL if it is absent or null."""
        text = f"{source} ->> {literal(name)}"
        return text if self.textual else f"({text})::{self.sql}"

    def default(self, value: object) -> str:
        """A declared default as an SQL expression."""
        if isinstance(value, bool | int):
            return literal(value)
        text = literal(str(value))
        return text if self.textual else f"{text}::{self.sql}"

    def output(self, column: str) -> str:
        """A column as it becomes JSON."""
        return column

    # Claims.

    @property
    def claimed(self) -> str:
        """The test, in Python, that the claim `value` of the right type is one of the values."""
        return ""

    @property
    def unread(self) -> tuple[Any, ...]:
        """Claims that are no values."""
        return (5,)

    # JSON Schema (2020-12).

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """What a caller may send."""

    def patch_schema(self) -> dict[str, Any]:
        """What a caller may send in a merge patch."""
        return self.schema()

    def answer_schema(self) -> dict[str, Any]:
        """What is answered: the type and its bounds."""
        return self.schema()

    def prefix_schema(self) -> dict[str, Any]:
        """What a filter by prefix takes."""
        raise NotImplementedError(f"A {self.name} has no prefix")

    @property
    def unsaid(self) -> bool:
        """Whether there are bounds that JSON Schema cannot say."""
        return False

    # Python. `module` is where the annotation stands: it learns what has to be imported.

    @abstractmethod
    def annotation(self, module: Module, name: str) -> str:
        """What a caller may send; `name` is for the class of an object."""

    def query_annotation(self, module: Module, name: str) -> str:
        """What a filter takes, which is text: no other notation than that of the contract."""
        return self.annotation(module, name)

    def patch_annotation(self, module: Module, name: str) -> str:
        """What a caller may send in a merge patch."""
        return self.annotation(module, name)

    def stored_annotation(self, module: Module, name: str) -> str:
        """What a hook is given of a row."""
        del module, name
        return self.STORED

    @property
    def driver_annotation(self) -> str:
        """What the driver of the database gives and takes, where no model is in between."""
        return self.STORED

    def prefix_annotation(self, module: Module) -> str:
        """What a filter by prefix takes."""
        raise NotImplementedError(f"A {self.name} has no prefix")


def holds(now: Mapping[str, Any], past: Mapping[str, Any]) -> bool:
    """Is every value of one type a value of another too? Both are given as data."""
    same = now.keys() == past.keys()
    return same and all(_covers(key, now[key], past[key]) for key in now)


def _covers(key: str, now: Any, past: Any) -> bool:
    """Is a bound as wide as that of before? What a list holds is not the table's to say."""
    if now == past or key == "item":
        return True
    match key:
        case "low" | "high" if now is None or past is None:
            return now is None
        case "low":
            return Decimal(now) <= Decimal(past)
        case "high":
            return Decimal(now) >= Decimal(past)
        case "values":
            return set(past) <= set(now)
        case "pattern" | "unique":
            return not now
    return False


WORDS = ("alpha", "beta", "gamma")
"""Values of most texts."""


def values(kind: Kind) -> tuple[str | int | bool, ...]:
    """A few different values of a kind that conditions compare."""
    return kind.examples() or WORDS


def several(kind: Kind) -> Iterator[Any]:
    """Different values of a kind that conditions compare, as many as are easily found."""
    last = None
    for last in filter(kind.accepts, values(kind)):
        yield last
    while last is not None and (last := kind.beside(last, 1)) is not None:
        yield last
    if kind.textual and not kind.choices:
        words = (f"{word}{number}" for number in range(1, 100) for word in ("", *WORDS))
        yield from filter(kind.accepts, words)


def nullable(found: dict[str, Any], optional: bool, description: str = "") -> dict[str, Any]:
    """A schema, or null where the value is optional, with its description."""
    if optional:
        found = {"anyOf": [found, {"type": "null"}]}
    if description:
        found["description"] = description
    return found


def json_default(value: object) -> str:
    """The default of an array or object as an SQL expression."""
    return f"{literal(json.dumps(value, ensure_ascii=False))}::jsonb"


def json_member(source: str, name: str) -> str:
    """A member of a JSON object that is an array or object; NULL if it is absent or null."""
    return f"nullif({source} -> {literal(name)}, 'null'::jsonb)"


def span(low: object, high: object) -> str:
    """A lower and an upper bound for the surface; one that is not there is left out."""
    return f"{'' if low is None else low}..{'' if high is None else high}"
