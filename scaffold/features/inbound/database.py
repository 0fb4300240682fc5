"""Events in the database: what came, whose an account is, and what happened last to a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scaffold.columns import TENANT
from scaffold.database.bodies import Render
from scaffold.database.layout import Sql, all_of
from scaffold.database.schema import Column, ForeignKey, Function, Grant, OwnTable, Table
from scaffold.database.signatures import JSONB, OUTCOME, ROLES, TEXT, UUID, VERSION, parameters
from scaffold.database.sql import identifier, named
from scaffold.database.tables import now, text, uuid
from scaffold.design.model import Design
from scaffold.features.inbound.design import ACCOUNT, EVENT, ORDER, receivers

BEGIN = "webhook_begin_"
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
    """What is told to begin.sql: are events put in order, and do some act as nobody?"""

    ordered: bool
    unroled: bool


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
    """The function with which every event begins."""
    found = receivers(design)
    if found:
        yield Function(
            BEGIN,
            "Records a verified event, and lets its effect begin in this transaction unless there "
            "is to be none: then the outcome says why.",
            parameters(("p_provider", TEXT), ("p_caller", JSONB), ("p_event", JSONB)),
            render(
                "inbound/begin",
                View(any(e.ordered for e in found), any(e.heard is not None for e in found)),
            ),
            results=parameters(OUTCOME, ROLES, ("tenant", UUID), VERSION),
        )
