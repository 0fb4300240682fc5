"""What writes give to columns, and which values they take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scaffold.database.bodies import Assignment
from scaffold.database.layout import Group
from scaffold.database.sql import identifier, literal
from scaffold.design.model import Column, Entity, Origin


def changed(column: Column, source: str) -> Assignment:
    """The assignment of a patched column: of an object, what the patch says of its parts."""
    name, key = identifier(column.name), literal(column.name)
    value = column.kind.extract(source, column.name)
    if column.kind.merged and source == "p_patch":
        merged = f"merge_(t.{name}, {source} -> {key})"
        whole = f"when jsonb_typeof({source} -> {key}) = 'object' then {merged}"
        parts = (f"when not {source} ? {key} then t.{name}", whole)
    else:
        parts = (f"when {source} ? {key} then {value}", f"else t.{name}")
    return Assignment(name, Group(parts, " ", "case ", " end"))


def renewed(entity: Entity) -> str:
    """The assignments that every change of a row makes, between commas."""
    found = (f"{identifier(each.name)} = {each.renewed}" for each in entity.columns if each.renewed)
    return ", ".join(found)


IMPLIED: Mapping[Origin, str] = {
    "tenant": "p_tenant",
    "owner": "v_caller.member",
    "parent": "p_parent",
}
"""The value of a new row's column that the call implies, by its origin."""


def inserted(entity: Entity) -> Iterable[Assignment]:
    """The columns that an insert names, with their values."""
    for column in entity.columns:
        value = IMPLIED.get(column.origin, "")
        if column.creatable:
            value = column.kind.extract("p_body", column.name)
            if column.default is not None and column.nullable:
                given = f"p_body ? {literal(column.name)}"
                value = (
                    f"case when {given} then {value} else {column.kind.default(column.default)} end"
                )
            elif column.default is not None:
                value = f"coalesce({value}, {column.kind.default(column.default)})"
        if value:
            yield Assignment(identifier(column.name), value)
