"""What writes give to columns, and which values they take."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from scaffold.database.bodies import Assignment
from scaffold.database.layout import Group, Sql
from scaffold.database.sql import identifier, literal
from scaffold.design.model import Column, Entity, Origin


def changed(column: Column, source: str) -> Assignment:
    """The assignment of a patched column: of an object, what the patch says of its parts."""
    name, key = identifier(column.name), literal(column.name)
    value = column.kind.extract(source, column.name)
    parts: tuple[Sql, ...]
    if column.kind.merged and source == "p_patch":
        merged = f"merge_(t.{name}, {source} -> {key})"
        whole = f"when jsonb_typeof({source} -> {key}) = 'object' then {merged}"
        parts = (f"when not {source} ? {key} then t.{name}", whole)
    else:
        given = Group((f"when {source} ? {key}", f"then {value}"), " ")
        parts = (given, f"else t.{name}")
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
    """The columns that a create names, with their values."""
    said = {each.name for each in entity.columns if each.creatable}
    return _inserted(entity, said, "p_body")


def created(entity: Entity, said: Collection[str]) -> Iterable[Assignment]:
    """The columns that a hook's new row names, of which it says those in `said`."""
    return _inserted(entity, said, "p_values")


def _inserted(entity: Entity, said: Collection[str], source: str) -> Iterable[Assignment]:
    for column in entity.columns:
        value = IMPLIED.get(column.origin, "")
        if column.name in said:
            value = column.kind.extract(source, column.name)
            if column.default is not None and column.nullable:
                given = f"{source} ? {literal(column.name)}"
                value = (
                    f"case when {given} then {value} else {column.kind.default(column.default)} end"
                )
            elif column.default is not None:
                value = f"coalesce({value}, {column.kind.default(column.default)})"
        if value:
            yield Assignment(identifier(column.name), value)
