"""Events in the database: what came, whose an account is, and what happened last to a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scaffold.columns import TENANT
from scaffold.database.bodies import Entry, Lookup, Render
from scaffold.database.layout import Sql, all_of
from scaffold.database.schema import Column, ForeignKey, Function, Grant, OwnTable, Table
from scaffold.database.signatures import (
    CALL,
    JSONB,
    OUTCOME,
    ROLES,
    TEXT,
    TEXTS,
    UUID,
    VERSION,
    parameters,
)
from scaffold.database.sql import identifier, literal, named
from scaffold.database.tables import now, text, uuid
from scaffold.design.model import Design
from scaffold.features.inbound.design import ACCOUNT, EVENT, ORDER, SUBJECT, narrowed, receivers

BEGIN, DECIDED, ROW = "webhook_begin_", "webhook_decided_", "webhook_row_"
ACTOR = "webhook_caller_"
ENTRY = Entry(
    comment="An event acts in the one role of its provider, whatever else its member was given.",
    lookup=Lookup(f"p_caller ->> 'issuer' = {literal(SUBJECT)}", f"{ACTOR}(p_tenant, p_caller)"),
)
_PROVIDER = "provider = (select current_setting('app.webhook', true))"
EVENT_BOUND: Sql = all_of(
    (_PROVIDER, "event_id = (select current_setting('app.webhook_event', true))")
)
"""The event that is worked on: an operation that is called with a token reaches none."""
ACCOUNT_BOUND: Sql = all_of(
    (_PROVIDER, "account = (select current_setting('app.webhook_account', true))")
)
"""The account that a verified event names: its tenant is not known before it is looked up."""


@dataclass(frozen=True, slots=True)
class View:
    """What is told to the functions: are events put in order, do some act as nobody, and are some
    on a row that the event, or a hook, names?"""

    ordered: bool
    unroled: bool
    rows: bool
    hooked_rows: bool


def stored(design: Design) -> Iterable[OwnTable]:
    """The tables. The service reaches the one event and the one account of a request alone."""
    found = receivers(design)
    if not found:
        return
    tenant = ForeignKey(
        named(ACCOUNT, TENANT.name, "fkey"), (TENANT.name,), identifier(design.tenant), ("id",)
    )
    account = Table(
        ACCOUNT,
        "Which tenant an account of a provider is: the operator says so, and no event.",
        (
            text("provider", "provider <> ''"),
            text("account", "char_length(account) between 1 and 255"),
            uuid(TENANT.name),
            now("created_at"),
        ),
        primary_key=("provider", "account"),
        foreign_keys=(tenant,),
    )
    yield OwnTable(account, Grant(ACCOUNT, select=True), bound=ACCOUNT_BOUND)
    event = Table(
        EVENT,
        "Every event of a provider that was signed, once, with what became of it.",
        (
            text("provider"),
            text("event_id", "char_length(event_id) between 1 and 255"),
            text("type", "char_length(type) <= 255", nullable=True),
            text("mode", "mode in ('live', 'test')", nullable=True),
            text("account", "char_length(account) <= 255", nullable=True),
            Column(TENANT.name, "uuid", nullable=True),
            Column("occurred_at", "timestamptz", nullable=True),
            now("received_at"),
            text("outcome"),
            text("digest", "char_length(digest) = 64"),
        ),
        primary_key=("provider", "event_id"),
    )
    grant = Grant(
        EVENT,
        select=True,
        insert=True,
        update=("type", "mode", "account", TENANT.name, "occurred_at", "outcome"),
    )
    yield OwnTable(event, grant, bound=EVENT_BOUND)
    if any(each.ordered for each in found):
        order = Table(
            ORDER,
            "When the newest event of a provider that had an effect on a row has happened.",
            (
                uuid(TENANT.name),
                text("provider"),
                text("resource"),
                uuid("resource_id"),
                Column("occurred_at", "timestamptz"),
            ),
            primary_key=(TENANT.name, "provider", "resource", "resource_id"),
        )
        yield OwnTable(order, Grant(ORDER, select=True, insert=True, update=("occurred_at",)))


def functions(design: Design, render: Render) -> Iterable[Function]:
    """The function with which every event begins, and those that it, or a hook's answer, needs."""
    found = receivers(design)
    effects = [effect for each in found for effect in each.effects]
    on_rows = [each for each in effects if each.on_row]
    told = View(
        ordered=any(each.ordered for each in found),
        unroled=any(each.heard is not None for each in found),
        rows=any(each.hook is None for each in on_rows),
        hooked_rows=any(each.hook is not None for each in on_rows),
    )
    given = parameters(("p_tenant", UUID), ("p_provider", TEXT), ("p_event", JSONB))
    if on_rows:
        yield Function(
            ROW,
            "Whether an event is newer than those before on its row, and the version of that; "
            "`not_found` where there is none.",
            given,
            render("inbound/row", told),
            results=parameters(OUTCOME, VERSION),
            inner=True,
        )
    if any(each.hook for each in effects):
        yield Function(
            DECIDED,
            "Records what a hook has decided about the event under way, and lets its effect begin: "
            "on the row that it names, unless a newer event had one there.",
            given,
            render("inbound/decided", told),
            results=parameters(OUTCOME, VERSION),
        )
    if narrowed(design):
        yield Function(
            ACTOR,
            "The member as whom the events of a provider act, in the role of that provider alone.",
            parameters(*CALL),
            render("inbound/caller", SUBJECT),
            results=parameters(("member", UUID), ("roles", TEXTS), ("refusal", TEXT)),
            inner=True,
        )
    if found:
        yield Function(
            BEGIN,
            "Records a verified event, and lets its effect begin in this transaction unless there "
            "is to be none: then the outcome says why.",
            parameters(("p_provider", TEXT), ("p_caller", JSONB), ("p_event", JSONB)),
            render("inbound/begin", told),
            results=parameters(OUTCOME, ROLES, ("tenant", UUID), VERSION),
        )
