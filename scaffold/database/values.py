"""Values on their way between JSON and columns, as SQL expressions."""

from __future__ import annotations

from scaffold.database.sql import identifier, literal
from scaffold.design.model import Column
from scaffold.design.types import Kind, default_text


def extract(kind: Kind, source: str, name: str) -> str:
    """The value of a JSON member; an absent member and null are both NULL."""
    if kind.structured:
        return f"nullif({source} -> {literal(name)}, 'null'::jsonb)"
    text = f"{source} ->> {literal(name)}"
    return text if kind.textual else f"({text})::{kind.sql}"


def default_sql(column: Column) -> str:
    """A declared default."""
    value = column.default
    if column.kind.structured:
        return f"{literal(default_text(value))}::jsonb"
    if isinstance(value, bool | int):
        return literal(value)
    text = literal(str(value))
    return text if column.kind.textual else f"{text}::{column.kind.sql}"


def output(column: Column, row: str) -> str:
    """A column as it is answered: a decimal travels as text."""
    value = f"{row}.{identifier(column.name)}"
    return f"{value}::text" if column.kind.base == "decimal" else value
