"""What writes give to columns, and which values they take."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from scaffold.database.bodies import Assignment
from scaffold.database.layout import Group, Sql, all_of
from scaffold.database.sql import identifier, literal
from scaffold.design.model import Column, Entity, Operation, Origin

Refer = Callable[[Column, str], Sql]
"""What a reference is set to: its column and the value that is sent, as an expression."""


def as_sent(column: Column, value: str) -> Sql:
    """The value that is sent: nothing is to be asked about it."""
    return value


def changed(column: Column, source: str, refer: Refer = as_sent) -> Assignment:
    """The assignment of a patched column: of an object, what the patch says of its parts.

    What a reference leads to already, it may go on to lead to.
    """
    name, key = identifier(column.name), literal(column.name)
    sent = column.kind.extract(source, column.name)
    new: Sql = f"{source} ? {key}"
    if (value := refer(column, sent)) != sent:
        new = all_of([new, f"{sent} is distinct from t.{name}"])
    parts: tuple[Sql, ...]
    if column.kind.merged and source == "p_patch":
        merged = f"merge_(t.{name}, {source} -> {key})"
        whole = f"when jsonb_typeof({source} -> {key}) = 'object' then {merged}"
        parts = (f"when not {source} ? {key} then t.{name}", whole)
    else:
        given = Group(("when", new, Group(("then", value), " ")), " ")
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


def inserted(entity: Entity, operation: Operation, refer: Refer) -> Iterable[Assignment]:
    """The columns that a create names, with their values."""
    said = {each.name for each in entity.columns if each.creatable}
    yield from _inserted(entity, said, "p_body", refer)
    yield from (Assignment(identifier(name), value) for name, value in operation.sets)


def created(entity: Entity, said: Collection[str]) -> Iterable[Assignment]:
    """The columns that a hook's new row names, of which it says those in `said`."""
    return _inserted(entity, said, "p_values", as_sent)


def _inserted(
    entity: Entity, said: Collection[str], source: str, refer: Refer
) -> Iterable[Assignment]:
    for column in entity.columns:
        value: Sql = IMPLIED.get(column.origin, "")
        if column.name in said:
            sent = column.kind.extract(source, column.name)
            if column.default is None:
                value = refer(column, sent)
            elif column.nullable:
                given = f"{source} ? {literal(column.name)}"
                default = column.kind.default(column.default)
                value = f"case when {given} then {sent} else {default} end"
            else:
                value = f"coalesce({sent}, {column.kind.default(column.default)})"
        if value:
            yield Assignment(identifier(column.name), value)
