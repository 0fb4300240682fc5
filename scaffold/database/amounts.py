"""How much a use of an operation is, as SQL: what its caller sends, or what its row says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scaffold.database.layout import Sql, lay, listed
from scaffold.database.sql import identifier
from scaffold.database.writes import created
from scaffold.design.model import Column, Design, Input, Operation

ROW = "body::jsonb"
"""The row of an action that has begun: `settles` of `Steps` find it there."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount, never below 0. One `of_row` is known once the row of the action is locked, and one
    that is `sent` with an action is looked for in `p_input`."""

    sql: Sql
    of_row: bool = False
    sent: bool = False


def amount(design: Design, operation: Operation, field: str) -> Amount:
    """The amount of a use of a create or of an action; nothing counts as 0."""
    entity = design.entity(operation.entity)
    if operation.verb == "create":
        column = entity.column(field)
        sent = column.kind.extract("p_body", field)
        return Amount(at_least_nothing(_or_default(column, sent)))
    for each in operation.input:
        if each.name == field:
            sent = each.kind.extract("p_input::jsonb", field)
            return Amount(at_least_nothing(_or_default(each, sent)), sent=True)
    found = entity.column(field).kind.extract(ROW, field)
    return Amount(at_least_nothing(found), of_row=True)


def of_new_row(design: Design, entity: str, field: str) -> Sql:
    """The amount of a row that a hook creates."""
    columns = {each.column: each.value for each in created(design.entity(entity), {field})}
    return at_least_nothing(columns[identifier(field)])


def _or_default(declared: Column | Input, sent: str) -> Sql:
    if declared.default is None:
        return sent
    return listed((sent, declared.kind.default(declared.default)), "coalesce(")


def at_least_nothing(value: Sql) -> Sql:
    """A negative amount would give back what was counted."""
    return listed((value, "0"), "greatest(")


def call(opening: str, arguments: Iterable[Sql], column: int = 4) -> list[str]:
    """The lines of a call that begins in at most this column."""
    text = lay(listed(arguments, opening, ");"), column)
    return text.replace("\n" + " " * column, "\n").split("\n")
