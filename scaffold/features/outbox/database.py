"""Work after the answer in the database: a message in the transaction of the action it follows."""

from __future__ import annotations

from collections.abc import Iterable

from scaffold.database.bodies import Render, Served, Steps, is_one_of
from scaffold.database.layout import lay, listed
from scaffold.database.schema import (
    Column,
    Function,
    Grant,
    Index,
    OwnTable,
    Right,
    Table,
)
from scaffold.database.signatures import BIGINT, CALLER, INPUT, TEXT, UUID, parameters
from scaffold.database.sql import literal
from scaffold.database.tables import now, text, uuid
from scaffold.design.model import Design
from scaffold.features.outbox.design import MESSAGE, calls, deferred

DONE = ("state", "due_at", "attempts", "last_error", "finished_at", "version", "updated_at")
"""The columns that the worker changes."""
STEP = 2


def stored() -> OwnTable:
    """The table of messages, to which the service adds and of which it reads nothing."""
    table = Table(
        MESSAGE,
        "What follows an action: written in its transaction, for a hook that a worker calls.",
        (
            uuid("tenant_id"),
            uuid("id", "gen_random_uuid()"),
            Column("version", "bigint", default="1"),
            now("created_at"),
            now("updated_at"),
            text("hook"),
            uuid("member_id"),
            Column("resource_id", "uuid", nullable=True),
            Column("resource_version", "bigint", nullable=True),
            text("payload"),
            Column("state", "text", default="'waiting'"),
            Column("due_at", "timestamptz", nullable=True, default="now()"),
            Column("attempts", "bigint", default="0"),
            text("last_error", nullable=True),
            Column("finished_at", "timestamptz", nullable=True),
        ),
        primary_key=("tenant_id", "id"),
    )
    return OwnTable(
        table,
        Grant(MESSAGE, insert=True),
        (
            # What is due of all tenants: what has ended is not due, and stands behind all that is.
            Index("outbox_message_due_idx", MESSAGE, ("due_at",)),
            Index("outbox_message_row_idx", MESSAGE, ("tenant_id", "resource_id", "due_at")),
        ),
    )


def works() -> Right:
    """What the worker may do: it reads messages, and writes what became of them."""
    grant = Grant(MESSAGE, select=True, update=DONE)
    return Right(grant, {"select": ("true", ""), "update": ("true", "true")})


def functions(render: Render) -> Iterable[Function]:
    """The function that writes a message."""
    yield Function(
        "defer_",
        "Writes the message that calls the hook `p_hook` once the transaction is committed.",
        parameters(
            CALLER,
            ("p_hook", TEXT),
            ("p_id", UUID),
            ("p_version", BIGINT),
            ("p_input", TEXT),
        ),
        render("outbox/defer", None),
        returns="void",
        inner=True,
    )


def steps(design: Design, served: Served) -> Steps | None:
    """The message of an action that something follows. Each finish is given the input, because all
    of them are called alike."""
    if served.stage != "finish" or not calls(design):
        return None
    found = [each for each in served.operations if deferred(each)]
    lines: tuple[str, ...] = ()
    if found:
        hook = f"{literal(found[0].entity + '.')} || p_action"
        given = ("v_caller", hook, served.id, served.version, "coalesce(p_input, '{}')")
        every = len(found) == len(served.operations)
        column = STEP if every else 2 * STEP
        call = lay(listed(given, "perform defer_(", ");"), column)
        lines = tuple(call.replace("\n" + " " * column, "\n").split("\n"))
        if not every:
            head = f"if {is_one_of(found)} then"
            lines = (head, *(f"  {each}" for each in lines), "end if;")
    return Steps(parameters=(INPUT,), after=lines)
