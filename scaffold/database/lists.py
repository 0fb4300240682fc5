"""What a list of a resource can be filtered and sorted by."""

from __future__ import annotations

from collections.abc import Iterable

from scaffold.database.bodies import Filter
from scaffold.database.layout import Group, Sql, all_of
from scaffold.database.sql import array, identifier, literal
from scaffold.design.model import Column, Entity
from scaffold.naming import filter_key

OPERATORS = {"gte": ">=", "lte": "<=", "gt": ">", "lt": "<"}


def dynamic(entity: Entity) -> bool:
    """Can a list of this resource be filtered or sorted?"""
    listed = any(entity.operation(each) for each in ("list", "export"))
    return listed and any(each.filters or each.sortable for each in entity.columns)


def order(entity: Entity) -> Sql:
    """The sort key that a request asks for, with its type: both are constants of ours."""
    newest = array(_key(entity.column(entity.newest)))
    cases = []
    for column in entity.columns:
        if column.sortable:
            cases.append(f"when {literal(column.name)} then {array(_key(column))}")
    if not cases:
        return newest
    return Group((*cases, f"else {newest}"), " ", "case ltrim(p_sort, '-') ", " end")


def _key(column: Column) -> tuple[str, str]:
    return f"r.{identifier(column.name)}", column.kind.sql


def filters(entity: Entity, source: str) -> Iterable[Filter]:
    """The filters, which take their values from the JSON object `source`."""
    for column in entity.columns:
        for operator in column.filters:
            key = filter_key(column.name, operator)
            condition = _filter(column, operator, key, source)
            yield Filter(literal(key), Group((condition,), "", "$q$ and ", "$q$"))


def _filter(column: Column, operator: str, key: str, source: str) -> Sql:
    name = f"r.{identifier(column.name)}"
    value = column.kind.extract(source, key)
    if operator == "in":
        values = f"array(select jsonb_array_elements_text({source} -> {literal(key)}))"
        cast = "" if column.kind.textual else f"::{column.kind.sql}[]"
        return Group((f"{name} = any", f"({values}{cast})"), " ")
    if operator == "prefix":
        # A range instead of LIKE, which is not leakproof and so would not use the index.
        end = f"{name} ~<~ (({value}) || U&'\\+10FFFF')"
        return all_of([f"{name} ~>=~ ({value})", end])
    return Group((f"{name} {OPERATORS.get(operator, '=')}", value), " ")
