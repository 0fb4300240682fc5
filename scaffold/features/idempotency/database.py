"""Idempotency keys in the database: the answer is stored in the transaction of its effect."""

from __future__ import annotations

from collections.abc import Iterable

from scaffold.database.bodies import Refusal, Render, Served, Steps
from scaffold.database.layout import LINE, STEP, Group, lay
from scaffold.database.schema import Column, Function, Grant, Index, OwnTable, Parameter, Table
from scaffold.database.signatures import (
    BIGINT,
    BODY,
    CALLER,
    ID,
    OUTCOME,
    TEXT,
    TEXTS,
    UUID,
    VERSION,
    parameters,
)
from scaffold.database.tables import member_key, now, text, uuid
from scaffold.design.model import Design, Entity
from scaffold.design.visibility import answers_differ
from scaffold.features.idempotency.design import need_of

KEPT = ("fingerprint", "resource_id", "version", "body", "created_at", "expires_at")
"""The columns that another request with a key writes anew once the first answer has expired."""

GIVEN = (
    Parameter("p_key", TEXT, argument="call.idempotency_key"),
    Parameter("p_fingerprint", TEXT, argument="call.fingerprint"),
)


def stored() -> OwnTable:
    """The table of answers."""
    table = Table(
        "idempotency_key",
        "The answers of requests with an idempotency key, for a day.",
        (
            uuid("tenant_id"),
            uuid("member_id"),
            text("operation"),
            text("key", "char_length(key) between 1 and 200"),
            text("fingerprint"),
            Column("resource_id", "uuid", nullable=True),
            Column("version", "bigint", nullable=True),
            text("body", nullable=True),
            now("created_at"),
            Column("expires_at", "timestamptz", default="now() + interval '24 hours'"),
        ),
        primary_key=("tenant_id", "member_id", "operation", "key"),
        foreign_keys=(member_key("idempotency_key", "member_id"),),
    )
    grant = Grant(table.name, select=True, insert=True, update=KEPT)
    return OwnTable(
        table, grant, (Index("idempotency_key_expires_idx", table.name, ("expires_at",)),)
    )


def functions(design: Design, render: Render) -> Iterable[Function]:
    """The functions that look a key up, that store an answer, and that show it again."""
    of = (*parameters(CALLER, ("p_operation", TEXT)), *GIVEN)
    yield Function(
        "claim_",
        "Looks an idempotency key up. The advisory lock is held until the transaction ends, "
        "so that a second request with the same key is told that the first is in flight.",
        of,
        render("idempotency/claim", None),
        results=parameters(OUTCOME, ID, VERSION, BODY),
    )
    yield Function(
        "remember_",
        "Stores the answer of a request with an idempotency key, in the transaction of its effect.",
        (*of, *parameters(("p_id", UUID), ("p_version", BIGINT), ("p_body", TEXT))),
        render("idempotency/remember", None),
        returns="void",
    )
    if any(_differs(entity) for entity in design.entities):
        yield Function(
            "shown_",
            "The part of a stored answer that its caller may see now: the members that are always "
            "shown, and those that the answer `p_view` has, as they were.",
            parameters(("p_body", TEXT), ("p_always", TEXTS), ("p_view", TEXT)),
            render("idempotency/shown", None),
            returns=TEXT,
            language="sql",
            volatility="immutable",
            inner=True,
        )


def _differs(entity: Entity) -> bool:
    """Is there a stored answer that not everybody who has asked for it may see as a whole?"""
    create = entity.operation("create")
    if create is not None and need_of(create) and answers_differ(entity, (create,)):
        return True
    items = [each for each in entity.actions if each.on_item]
    return any(map(need_of, entity.actions)) and answers_differ(entity, items)


def steps(served: Served) -> Steps | None:
    """The look-up before the work, and the answer stored behind it."""
    needs = {need_of(each) for each in served.operations}
    if needs == {None} or served.stage == "touch":
        return None
    required = [each for each in served.operations if need_of(each) == "required"]
    always = len(required) == len(served.operations)
    refusals: tuple[Refusal, ...] = ()
    if required:
        test = served.among(required, "p_key is null")
        refusals = (Refusal(test, "'idempotency_key_required'"),)
    kept = (
        f"perform remember_(v_caller, {served.operation}, p_key, p_fingerprint, id, version, body);"
    )
    return Steps(
        parameters=GIVEN,
        refusals=refusals if served.stage != "finish" else (),
        before=_with_key(_claim(served, always), always) if served.stage != "finish" else (),
        after=_with_key((kept,), always) if served.stage != "begin" else (),
    )


def _claim(served: Served, always: bool) -> tuple[str, ...]:
    column = STEP if always else 2 * STEP
    call = f"claim_(v_caller, {served.operation}, p_key, p_fingerprint) c;"
    found = Group(("select c.* into outcome, id, version, body from", call), " ")
    shown: tuple[str, ...] = ()
    if seen := served.view():
        given = ("body,", Group((seen.always,), "", "", ","), seen.row)
        part = Group(given, LINE, "shown_(", ")")
        body = lay(part, STEP + len("body := "), 1, STEP, deeper=column)
        shown = ("if outcome = 'replayed' then", *f"  body := {body};".split("\n"), "end if;")
    lines = lay(found, column, 0, 0).split("\n")
    return (*lines, *shown, "if outcome is not null then return; end if;")


def _with_key(lines: tuple[str, ...], always: bool) -> tuple[str, ...]:
    """Lines for a request that has a key."""
    if always:
        return lines
    return ("if p_key is not null then", *(f"  {each}" for each in lines), "end if;")
