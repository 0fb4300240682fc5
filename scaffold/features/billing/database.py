"""Billing in the database: requests that the worker puts to the provider, and what the provider has
said, of which the subscription follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scaffold.columns import BUILT_IN, TENANT
from scaffold.database.bodies import Render, Served, Steps
from scaffold.database.layout import all_of
from scaffold.database.schema import (
    Column,
    ForeignKey,
    Function,
    Grant,
    Index,
    OwnTable,
    Right,
    Table,
)
from scaffold.database.signatures import JSONB, OUTCOME, TEXT, UUID, parameters
from scaffold.database.sql import identifier, literal, named
from scaffold.database.tables import now, text, uuid
from scaffold.design import states
from scaffold.design.model import Design
from scaffold.features.billing.design import EVENT, OF_A_PLAN, REQUEST, UNASKED, Billing
from scaffold.features.billing.resource import DEFAULTS, FIELDS, PRICE
from scaffold.spec.model import Resource

ACCOUNT = "webhook_account"
"""The table of whose an account of a provider is, which signed events are looked up in."""
HEAR = "billing_hear_"
SETTLES = "billing_settles"
"""The trigger that lets a subscription follow."""
DONE = (
    *("state", "due_at", "attempts", "last_error", "finished_at", "version", "updated_at"),
    *("url", "url_expires_at", "reference", "amount", "currency"),
)
"""The columns that the worker changes."""
KINDS = (
    *("state", "failed", "paid", "disputed", "won", "lost"),
    *("charge", "completed", "expired", "base"),
)
"""What an event says: the state of a subscription; that a payment of it has failed or is made; that
a dispute is open, won or lost; whose a charge is; how a checkout ended. The base is what somebody
else has made of the subscription: an operator, or a trial."""
FAILS = ("active", "trialing")
"""The states in which a payment that fails means that one is missed."""
PAYS = ("incomplete", "past_due", "unpaid")
"""The states in which one that is made means that the plan is paid."""
LOSES = ("active", "past_due", "unpaid")
"""The states in which a dispute that is lost means that the plan is not paid."""


def stored(design: Design, found: Billing) -> Iterable[OwnTable]:
    """The tables. The worker reaches both; the service adds what a signed event says."""
    del found
    declared = Resource.model_validate({"description": REQUEST, "fields": FIELDS}).fields
    bases = {"uuid": "uuid", "integer": "bigint", "datetime": "timestamptz"}
    own = tuple(Column(each.name, bases[each.base], default=each.default) for each in BUILT_IN)
    table = Table(
        REQUEST,
        "What is asked of the billing provider: written before it is, and with what it answered.",
        (
            *own,
            *(
                Column(
                    name,
                    field.kind().sql,
                    nullable=bool(field.optional),
                    default=DEFAULTS.get(name, ""),
                )
                for name, field in declared.items()
            ),
        ),
        primary_key=("tenant_id", "id"),
        foreign_keys=(_tenant_key(REQUEST, design),),
    )
    yield OwnTable(
        table,
        Grant(REQUEST),
        (
            Index("billing_request_due_idx", REQUEST, ("due_at",)),
            Index("billing_request_reference_idx", REQUEST, ("tenant_id", "reference")),
        ),
    )
    event = Table(
        EVENT,
        "What is known of the subscription of a tenant, and how; nothing in it is changed.",
        (
            uuid(TENANT.name),
            text("event_id", "char_length(event_id) between 1 and 300"),
            text("type", "char_length(type) <= 100", nullable=True),
            text("kind", f"kind in ({', '.join(map(literal, KINDS))})"),
            text("subject", "char_length(subject) <= 255", nullable=True),
            text("state", f"state in ({', '.join(map(literal, states.names()))})", nullable=True),
            text("plan", "char_length(plan) <= 28", nullable=True),
            Column("began_at", "timestamptz", nullable=True),
            Column("ends_at", "timestamptz", nullable=True),
            Column("occurred_at", "timestamptz"),
            Column("rank", "bigint", default="0"),
            now("received_at"),
        ),
        primary_key=("tenant_id", "event_id"),
        foreign_keys=(_tenant_key(EVENT, design),),
    )
    yield OwnTable(event, Grant(EVENT), triggers=(SETTLES,))


def _tenant_key(table: str, design: Design) -> ForeignKey:
    target = identifier(design.tenant)
    return ForeignKey(named(table, TENANT.name, "fkey"), (TENANT.name,), target, ("id",))


def rights(found: Billing) -> Iterable[Right]:
    """What the service may add: what the event says that is under way, and was signed."""
    provider = literal(found.provider)
    said = all_of(
        (
            f"(select current_setting('app.webhook', true)) = {provider}",
            "event_id = (select current_setting('app.webhook_event', true))",
            "kind <> 'base'",
        )
    )
    yield Right(Grant(EVENT, insert=True), {"insert": ("", said)})


def works(found: Billing) -> Iterable[Right]:
    """What the worker may do: it answers requests, says which account it has made for a tenant, and
    what the provider says of a subscription when it is asked."""
    anew = "kind = 'refresh' and plan is null and price is null"
    yield Right(
        Grant(REQUEST, select=True, insert=True, update=DONE),
        {"select": ("true", ""), "insert": ("", anew), "update": ("true", "true")},
    )
    ours = f"provider = {literal(found.provider)}"
    yield Right(
        Grant(ACCOUNT, select=True, insert=True),
        {"select": (ours, ""), "insert": ("", ours)},
    )
    yield Right(Grant(EVENT, insert=True), {"insert": ("", "event_id like 'asked %'")})


@dataclass(frozen=True, slots=True)
class FunctionsView:
    """What is told to the functions: the catalogue, as rows between commas."""

    sold: tuple[tuple[str, str], ...]


def functions(found: Billing, render: Render, *, asked: bool) -> Iterable[Function]:
    """What records an event, and what knows the prices."""
    yield Function(
        HEAR,
        "Records what an event of the provider says, once; the subscription follows by a trigger.",
        parameters(("p_tenant", UUID), ("p_event", JSONB)),
        render("billing/hear", None),
        results=parameters(OUTCOME),
    )
    if asked:
        sold = tuple((literal(plan), literal(price)) for plan, price in found.sold)
        yield Function(
            PRICE,
            "The price of a plan at the provider: the catalogue is the service's own.",
            parameters(("p_plan", TEXT)),
            render("billing/price", FunctionsView(sold)),
            returns=TEXT,
            volatility="immutable",
            inner=True,
        )


def steps(served: Served) -> Steps | None:
    """A request names a plan where it is about one, and nowhere else."""
    operation, *_ = served.operations
    if operation.entity != REQUEST or operation.verb != "create":
        return None
    about = f"(p_body ->> 'kind' in ({', '.join(map(literal, OF_A_PLAN))}))"
    lines = (
        f"if {about} <> (p_body ->> 'plan' is not null) then",
        f"  outcome := {literal(UNASKED)}; return;",
        "end if;",
    )
    return Steps(before=lines)


@dataclass(frozen=True, slots=True)
class TriggersView:
    """What is told to triggers.sql, as literals; `tries` are the states from which one may try, and
    `disputes` those that a dispute freezes."""

    provider: str
    first: str
    tries: str
    disputes: str
    fails: str
    pays: str
    loses: str


def triggers(found: Billing, render: Render) -> str:
    """The rule that a subscription follows what is recorded of it."""
    return render(
        "billing/triggers",
        TriggersView(
            provider=literal(found.provider),
            first=literal(found.first),
            tries=_among(states.to("trialing")),
            disputes=_among(each for each in states.to("disputed") if each != "disputed"),
            fails=_among(FAILS),
            pays=_among(PAYS),
            loses=_among(LOSES),
        ),
    )


def _among(names: Iterable[str]) -> str:
    return ", ".join(map(literal, names))
