"""The field types: what each is in SQL, in Python, and in the two JSON directions.

A `Kind` is the resolved type of a value. One class a type; everything that depends on the type
of a field is asked here and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from scaffold.spec import model as spec

LINE = r"^[^\x00-\x1f\x7f]*$"
TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
EMAIL = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
URL = r"^https?://[^\s\x00-\x1f\x7f<>\x22\x5c\x5e`\x7b-\x7d]+$"
INTEGER_LIMIT = 2**53 - 1

Base = Literal[
    "string",
    "text",
    "integer",
    "decimal",
    "money",
    "boolean",
    "date",
    "datetime",
    "duration",
    "uuid",
    "email",
    "url",
    "enum",
    "reference",
    "list",
    "object",
]

SQL_TYPE: dict[str, str] = {
    "string": "text",
    "text": "text",
    "integer": "bigint",
    "money": "bigint",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamptz",
    "duration": "bigint",
    "uuid": "uuid",
    "email": "text",
    "url": "text",
    "enum": "text",
    "reference": "uuid",
    "list": "jsonb",
    "object": "jsonb",
}


@dataclass(frozen=True, slots=True)
class Member:
    """A named part of an object."""

    name: str
    kind: Kind
    description: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """A type with its bounds. `low` and `high` bound a number, a length or a count."""

    base: Base
    low: int | str | None = None
    high: int | str | None = None
    pattern: str | None = None
    digits: int = 0
    places: int = 0
    currency: str = ""
    values: tuple[str, ...] = ()
    item: Kind | None = None
    unique: bool = False
    members: tuple[Member, ...] = ()
    target: str = ""

    @property
    def sql(self) -> str:
        """The PostgreSQL type.

        Text with a CHECK for enums, and bigint for money: under row-level security only
        operators marked LEAKPROOF can use an index, which those of enum and numeric are not.
        """
        if self.base == "decimal":
            return f"numeric({self.digits}, {self.places})"
        return SQL_TYPE[self.base]

    @property
    def textual(self) -> bool:
        """Is the SQL type text?"""
        return self.sql == "text"

    @property
    def structured(self) -> bool:
        """Is the value a JSON array or object?"""
        return self.base in ("list", "object")


def kind_of(field: spec.Field) -> Kind:
    """The resolved type of a declared field."""
    return _READERS[field.type](field)


def _string(field: Any) -> Kind:
    return Kind(field.type, low=field.min or 0, high=field.max, pattern=field.pattern)


def _text(field: Any) -> Kind:
    return Kind("text", low=field.min or 0, high=field.max)


def _bounded(field: Any) -> Kind:
    return Kind(field.type, low=field.min, high=field.max)


def _decimal(field: Any) -> Kind:
    low = None if field.min is None else str(field.min)
    high = None if field.max is None else str(field.max)
    return Kind("decimal", low=low, high=high, digits=field.digits, places=field.places)


def _money(field: Any) -> Kind:
    return Kind("money", low=field.min, high=field.max, currency=field.currency)


def _plain(field: Any) -> Kind:
    return Kind(field.type)


def _url(field: Any) -> Kind:
    return Kind("url", low=0, high=field.max)


def _email(field: Any) -> Kind:
    return Kind("email", low=0, high=254)


def _enum(field: Any) -> Kind:
    return Kind("enum", values=tuple(field.values))


def _reference(field: Any) -> Kind:
    return Kind("reference", target=field.to)


def _list(field: Any) -> Kind:
    return Kind(
        "list",
        low=field.min_items or 0,
        high=field.max_items,
        item=kind_of(field.of),
        unique=bool(getattr(field, "unique_items", False)),
    )


def _object(field: Any) -> Kind:
    return Kind(
        "object",
        members=tuple(
            Member(name, kind_of(each), each.description or "", each.optional)
            for name, each in field.fields.items()
        ),
    )


_READERS: dict[str, Callable[[Any], Kind]] = {
    "string": _string,
    "text": _text,
    "integer": _bounded,
    "decimal": _decimal,
    "money": _money,
    "boolean": _plain,
    "date": _plain,
    "datetime": _plain,
    "duration": _bounded,
    "uuid": _plain,
    "email": _email,
    "url": _url,
    "enum": _enum,
    "reference": _reference,
    "list": _list,
    "object": _object,
}


def schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a value as it travels."""
    match kind.base:
        case "string" | "text" | "email" | "url":
            return _string_schema(kind)
        case "integer" | "money" | "duration":
            return {"type": "integer", "minimum": kind.low, "maximum": kind.high}
        case "decimal":
            found = {"type": "string", "pattern": decimal_pattern(kind)}
            # JSON Schema cannot bound a number that travels as text: said beside it.
            bounds = {"x-minimum": kind.low, "x-maximum": kind.high}
            return found | {name: bound for name, bound in bounds.items() if bound is not None}
        case "boolean":
            return {"type": "boolean"}
        case "date":
            return {"type": "string", "format": "date"}
        case "datetime":
            return {"type": "string", "format": "date-time"}
        case "uuid" | "reference":
            return {"type": "string", "format": "uuid"}
        case "enum":
            if len(kind.values) == 1:
                return {"type": "string", "const": kind.values[0]}
            return {"type": "string", "enum": list(kind.values)}
        case "list":
            assert kind.item is not None
            listed: dict[str, Any] = {"type": "array", "items": schema(kind.item)}
            if kind.low:
                listed["minItems"] = kind.low
            listed["maxItems"] = kind.high
            if kind.unique:
                listed["uniqueItems"] = True
            return listed
        case "object":
            return object_schema(kind.members)


def patch_schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of a value in a merge patch (RFC 7396): objects by their parts."""
    if kind.base != "object":
        return schema(kind)
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            each.name: nullable(patch_schema(each.kind), each.nullable, each.description)
            for each in kind.members
        },
    }


def answer_schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of a stored value: its type; the bounds are those of what was accepted."""
    match kind.base:
        case "string" | "text" | "email" | "url" | "decimal":
            return {"type": "string"}
        case "integer" | "money" | "duration":
            return {"type": "integer"}
        case "list":
            assert kind.item is not None
            return {"type": "array", "items": answer_schema(kind.item)}
        case _:
            return schema(kind)


def object_schema(members: tuple[Member, ...]) -> dict[str, Any]:
    """The schema of a closed object; what is not nullable is required."""
    found: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            each.name: nullable(schema(each.kind), each.nullable, each.description)
            for each in members
        },
    }
    required = [each.name for each in members if not each.nullable]
    if required:
        found["required"] = required
    return found


def nullable(found: dict[str, Any], optional: bool, description: str = "") -> dict[str, Any]:
    """`found`, or null where the value is optional, with its description."""
    if optional:
        found = {"anyOf": [found, {"type": "null"}]}
    if description:
        found["description"] = description
    return found


def _string_schema(kind: Kind) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "string"}
    if kind.low:
        found["minLength"] = kind.low
    found["maxLength"] = kind.high
    found["pattern"] = string_pattern(kind)
    return found


def string_pattern(kind: Kind) -> str:
    """The regular expression that a string of this kind matches as a whole."""
    if kind.pattern is not None:
        return kind.pattern
    return {"text": TEXT, "email": EMAIL, "url": URL}.get(kind.base, LINE)


def decimal_pattern(kind: Kind) -> str:
    """Plain notation with at most the declared digits: no exponent, no leading zeros."""
    whole = kind.digits - kind.places
    sign = "" if kind.low is not None and not str(kind.low).startswith("-") else "-?"
    head = r"0" if whole == 0 else rf"(0|[1-9][0-9]{{0,{whole - 1}}})"
    tail = rf"(\.[0-9]{{1,{kind.places}}})?" if kind.places else ""
    return rf"^{sign}{head}{tail}$"


def default_text(value: object) -> str:
    """A default as the JSON literal that a caller would have sent."""
    return json.dumps(value, ensure_ascii=False)
