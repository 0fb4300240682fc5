"""How much a use of an operation is, as SQL: what its caller sends, or what its row says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scaffold.database.layout import flat
from scaffold.database.writes import created
from scaffold.design.model import Design, Operation

ROW = "body::jsonb"
"""The row of an action that has begun: `settles` of `Steps` find it there."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount, never below 0. One `of_row` is known once the row of the action is locked, and one
    that is `sent` with an action is looked for in `p_input`."""

    sql: str
    of_row: bool = False
    sent: bool = False


def amount(design: Design, operation: Operation, field: str) -> Amount:
    """The amount of a use of a create or of an action; nothing counts as 0."""
    entity = design.entity(operation.entity)
    if operation.verb == "create":
        column = entity.column(field)
        sent, default = column.kind.extract("p_body", field), column.default
        if default is not None:
            sent = f"coalesce({sent}, {column.kind.default(default)})"
        return Amount(at_least_nothing(sent))
    for each in operation.input:
        if each.name == field:
            sent = each.kind.extract("p_input::jsonb", field)
            if each.default is not None:
                sent = f"coalesce({sent}, {each.kind.default(each.default)})"
            return Amount(at_least_nothing(sent), sent=True)
    found = entity.column(field).kind.extract(ROW, field)
    return Amount(at_least_nothing(found), of_row=True)


def of_new_row(design: Design, entity: str, field: str) -> str:
    """The amount of a row that a hook creates."""
    columns: Mapping[str, str] = {
        each.column: flat(each.value) for each in created(design.entity(entity), {field})
    }
    return at_least_nothing(columns[field])


def at_least_nothing(value: str) -> str:
    """A negative amount would give back what was counted."""
    return f"greatest({value}, 0)"
