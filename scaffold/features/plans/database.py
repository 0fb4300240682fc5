"""Plans in the database: the plan that counts, and how much it has of what is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from scaffold.columns import ID, TENANT
from scaffold.database.bodies import Demand, Entry, Known, Render, Served, Steps, texts
from scaffold.database.counters import among
from scaffold.database.layout import LINE, Group, Sql, all_of, any_of, flat
from scaffold.database.schema import (
    Column,
    ForeignKey,
    Function,
    Grant,
    OwnTable,
    Parameter,
    Right,
    Table,
)
from scaffold.database.signatures import TEXT, UUID, parameters
from scaffold.database.sql import array, identifier, literal, named
from scaffold.database.tables import now, text, uuid
from scaffold.design import states
from scaffold.design.counted import Bound
from scaffold.design.model import Design
from scaffold.features.plans.design import (
    CHANGE,
    EXCEEDED,
    HOLD_DAYS,
    REFUSED,
    SUBSCRIPTION,
    Plans,
    feature_of,
)
from scaffold.features.plans.sql import literals, most, ways

PLAN = Parameter("plan", TEXT)
FEATURE = Parameter("p_feature", TEXT, "null")
ASKED = "p_caller ? 'plan'"
"""The test that the process asks for the plan, which has not heard of it for a while."""
PLAN_OF = "plan_of_"
MOST = "most_"
ALLOWANCE = "allowance_"
COUNT = "count_rows_"
SUBSCRIBE = "subscribe_"
START_TRIAL = "start_trial_"
TENANT_KEY = (("p_tenant", UUID),)


@dataclass(frozen=True, slots=True)
class View:
    """What is told to the functions of plans.

    `known` are the plans as literals between commas. `ways` are the tests that a subscription `s`
    entitles to its plan, and `missed` that the new state says of a payment that was missed. `most`
    is how much a plan has of a meter, and `held` are the meters of rows. `trial` is the plan that
    is tried, and `days` for how long. `transitions` are the rows of those that are allowed.
    """

    first: str
    known: str
    ways: tuple[str, ...]
    missed: str
    most: Sql
    held: str
    trial: str
    days: int
    transitions: Sql


def stored(design: Design, found: Plans) -> Iterable[OwnTable]:
    """The tables of subscriptions and of usage."""
    subscription = Table(
        SUBSCRIPTION,
        "Which plan a tenant has, and whether it counts. A tenant without a row has the first one.",
        (
            uuid(TENANT.name),
            text("plan"),
            text("state", f"state in ({', '.join(map(literal, states.names()))})"),
            Column("trial_ends_at", "timestamptz", nullable=True),
            Column("past_due_at", "timestamptz", nullable=True),
            text("because", "char_length(because) between 1 and 500", nullable=True),
            now("event_at"),
            now("created_at"),
            now("changed_at"),
        ),
        primary_key=(TENANT.name,),
        foreign_keys=(_tenant_key(SUBSCRIPTION, design),),
    )
    remembered = OwnTable(
        subscription, Grant(SUBSCRIPTION, select=True), triggers=("is_remembered",)
    )
    yield remembered
    change = Table(
        CHANGE,
        "What became of each subscription, and when: it tells what a payment was for.",
        (
            uuid(TENANT.name),
            uuid(ID.name, ID.default),
            now("recorded_at"),
            Column("event_at", "timestamptz", nullable=True),
            text("was", nullable=True),
            text("state"),
            text("plan", nullable=True),
            text("because", nullable=True),
        ),
        primary_key=(TENANT.name, ID.name),
        foreign_keys=(_tenant_key(CHANGE, design),),
    )
    yield OwnTable(change, Grant(CHANGE, insert=True), triggers=("append_only", "never_truncated"))


def _tenant_key(table: str, design: Design) -> ForeignKey:
    target = identifier(design.tenant)
    return ForeignKey(named(table, TENANT.name, "fkey"), (TENANT.name,), target, ("id",))


def rights(design: Design, found: Plans) -> Iterable[Right]:
    """Who signs up begins the trial; and the owner counts rows, of the tenant at hand."""
    if found.trial and any(each.founding for each in design.joins):
        tenant = identifier(design.tenant)
        fresh = (
            f"exists (select from {tenant} o where o.id = {SUBSCRIPTION}.tenant_id "
            "and o.created_at = now())"
        )
        trial = [
            f"plan = {literal(found.trial.plan)}",
            "state = 'trialing'",
            f"trial_ends_at <= now() + interval '{found.trial.days} days'",
            fresh,
        ]
        yield Right(Grant(SUBSCRIPTION, insert=True), {"insert": ("", all_of(trial))})


def held(tenant: str) -> Iterable[Sql]:
    """While a payment of a tenant is disputed, and for a time after that."""
    disputed = literal(states.DISPUTED)
    now = (
        f"select from {SUBSCRIPTION} s where s.tenant_id = {tenant}",
        f"and s.state = {disputed}",
    )
    before = (
        f"select from {CHANGE} c where c.tenant_id = {tenant}",
        f"and c.was = {disputed} and c.recorded_at > now() - interval '{HOLD_DAYS} days'",
    )
    for each in (now, before):
        yield Group(each, " ", "exists (", ")")


def view(found: Plans) -> View:
    """What the functions are told."""
    rows = [f"({literal(each.source)}, {literal(each.target)})" for each in states.TRANSITIONS]
    return View(
        first=literal(found.first.name),
        known=literals(each.name for each in found.each),
        ways=tuple(map(flat, ways(found))),
        missed=among("p_state", states.entitled("grace")),
        most=_most(found) if found.meters else "",
        held=array(found.held),
        trial=literal(found.trial.plan) if found.trial else "",
        days=found.trial.days if found.trial else 0,
        transitions=Group((*(f"{e}," for e in rows[:-1]), rows[-1]), " ", "(values ", ")"),
    )


def _most(found: Plans) -> Sql:
    """How much the plan `p_plan` has of `p_meter`."""
    whens = (
        Group((f"when {literal(meter)} then", most(found, meter, "p_plan")), " ")
        for meter in found.meters
    )
    return Group((*whens, "else 0"), LINE, "case p_meter ", " end")


def functions(design: Design, found: Plans, render: Render) -> Iterator[Function]:
    """The plan that counts, the counters, and how a subscription changes."""
    told = view(found)
    yield Function(
        PLAN_OF,
        "The plan that counts for a tenant at this moment.",
        parameters(*TENANT_KEY),
        render("plans/plan_of", told),
        returns=TEXT,
        volatility="stable",
        inner=True,
    )
    if found.meters:
        yield Function(
            MOST,
            "How much a plan has of what a quota counts; null is without a limit.",
            parameters(("p_plan", TEXT), ("p_meter", TEXT)),
            render("plans/most", told),
            returns="bigint",
            language="sql",  # which is put into the expression that calls it
            volatility="immutable",
            inner=True,
        )
        yield Function(
            ALLOWANCE,
            "How much the plan of a tenant has of what a quota counts; null is without a limit.",
            parameters(*TENANT_KEY, ("p_meter", TEXT)),
            render("plans/allowance", told),
            returns="bigint",
            volatility="stable",
            inner=True,
        )
    if found.held and SUBSCRIPTION in design.operated:
        yield Function(
            COUNT,
            "Makes the counters of rows that a tenant does not have yet: nobody sees all rows that "
            "they count.",
            parameters(*TENANT_KEY),
            render("plans/count", told),
            returns="void",
            inner=True,
        )
    if found.trial:
        yield Function(
            START_TRIAL,
            "Begins the trial of a new tenant.",
            parameters(*TENANT_KEY),
            render("plans/start_trial", told),
            returns="void",
            inner=True,
        )
    yield Function(
        SUBSCRIBE,
        "Brings the subscription of a tenant to a state and a plan, as something says that "
        "happened at `p_at`. Refused are what happened before the last that is known, and what no "
        "transition allows.",
        (
            *parameters(*TENANT_KEY, ("p_state", TEXT), ("p_plan", TEXT), ("p_at", "timestamptz")),
            Parameter("p_trial_ends_at", "timestamptz", "null"),
            Parameter("p_because", TEXT, "null"),
        ),
        render("plans/subscribe", told),
        returns=TEXT,
    )


def entry(design: Design, found: Plans) -> Entry | None:
    """What is asked of a caller: the feature that the operation needs.

    Their plan is looked up where that decides by it, or where the process asks for it: by itself,
    for what is not asked is not prepared either.
    """
    gated = any(feature_of(each) for each in design.operations)
    asked = f"{FEATURE.name} is not null"
    whens = [*((asked,) if gated else ()), *((ASKED,) if found.rated else ())]
    if not whens:
        return None
    having = [
        Group((f"when {literal(each.name)} then", texts(each.features)), " ")
        for each in found.each
        if each.features
    ]
    has: Sql = "('{}'::text[])"
    if having:
        has = Group((*having, "else '{}'"), LINE, "(case v_caller.plan ", " end)")
    demand = Demand(asked, Group((f"{FEATURE.name} <> all", has), " "), literal(REFUSED))
    return Entry(
        comment=f"`{FEATURE.name}` is the feature that their plan has to have." if gated else "",
        parameters=(FEATURE,) if gated else (),
        known=Known(PLAN, f"{PLAN_OF}(p_tenant)", any_of(whens), demand if gated else None),
    )


def steps(found: Plans, served: Served) -> Steps | None:
    """What an operation needs of the plan, and what it uses."""
    if served.stage in ("touch", "finish"):
        return None
    if any(each.verb == "join" for each in served.operations):
        return None
    entry: tuple[tuple[str, Sql], ...] = ()
    if any(map(feature_of, served.operations)):
        entry = ((FEATURE.name, served.chosen(lambda each: _quoted(feature_of(each)))),)
    results = ((PLAN, "v_caller.plan"),) if found.rated else ()
    operation, *_ = served.operations
    if operation.entity == SUBSCRIPTION and found.held:
        return Steps(results=results, uses=(f"perform {COUNT}(p_tenant);",))
    return Steps(entry=entry, results=results)


def _quoted(name: str) -> str:
    return literal(name) if name else ""


def bounds(found: Plans) -> Mapping[str, Bound]:
    """How much the plan of a tenant has of each counter. As long as every plan has enough, nobody
    needs to know which one it is."""

    def least(meter: str) -> int | None:
        limits = [most for each in found.each if (most := each.of(meter).most) is not None]
        return min(limits, default=None)

    most = f"{ALLOWANCE}(p_tenant, p_meter)"
    return {each: Bound(least(each), most, EXCEEDED) for each in found.meters}


def triggers(render: Render) -> str:
    """The rule that what becomes of a subscription is remembered."""
    return render("plans/remembered", None).strip("\n")
