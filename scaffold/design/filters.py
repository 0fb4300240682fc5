"""The names of filters: what a caller writes in a query."""

from __future__ import annotations

from scaffold.design.model import Column


def filter_key(column: Column, operator: str) -> str:
    """The query parameter for a filter: the bare name for equality, else `name.operator`."""
    return column.name if operator == "eq" else f"{column.name}.{operator}"
