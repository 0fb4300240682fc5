"""Counters in the database: how they are counted, locked, given back, and closed.

Counters are locked before rows, and several counters in the order of their names: no two functions
wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from scaffold.columns import ID, TENANT
from scaffold.database.amounts import Amount, amount, call, of_new_row
from scaffold.database.bodies import Render, Served, Steps, is_one_of
from scaffold.database.counters import (
    CLOCK,
    HELD,
    TAKE,
    USAGE,
    by_period,
    ends,
    period,
)
from scaffold.database.layout import Sql
from scaffold.database.predicates import TENANT_BOUND
from scaffold.database.schema import (
    Column,
    ForeignKey,
    Function,
    Grant,
    Index,
    OwnTable,
    Right,
    Table,
    Unique,
)
from scaffold.database.signatures import BIGINT, INPUT, TEXT, TEXTS, UUID, parameters
from scaffold.database.sql import array, identifier, literal, named
from scaffold.database.tables import now, text, uuid
from scaffold.design.counted import Bound, Counter, bounds, counters, used_by
from scaffold.design.model import Design, Operation
from scaffold.features.usage.design import CLOSING, meters_of

LOCK = "lock_usage_"
GIVEN_BACK = "usage_is_given_back"
"""The trigger of the tables whose rows a quota counts."""
CLOSED, CLOSES = "closed_is_final", "closes_usage"
"""The triggers of counters that are closed, and of what closes them."""
DONE = ("state", "due_at", "attempts", "last_error", "finished_at", "version", "updated_at")
"""The columns that the worker changes."""
ROOM = f"""\
-- A page has few counters: PostgreSQL clears earlier values away from a whole page at a time.
alter table {USAGE} set (fillfactor = 25);"""
TENANT_KEY = (("p_tenant", UUID),)


def held(found: Sequence[Counter]) -> tuple[str, ...]:
    """The counters of rows that are there: a delete gives them back."""
    return tuple(each.name for each in found if each.period == HELD)


def stored(design: Design, found: Sequence[Counter]) -> Iterable[OwnTable]:
    """The table of counters, and that of those which are closed."""
    closes = meters_of(design) is not None
    usage = Table(
        USAGE,
        "How much of each quota a tenant has used, by the day or the month in UTC; rows that "
        "are there are counted as held.",
        (
            uuid(TENANT.name),
            text("meter"),
            # The functions alone write it: a check would be read anew by every update.
            text("period"),
            Column("used", "bigint", default="0"),
            now("changed_at"),
            *((Column("closed_at", "timestamptz", nullable=True),) if closes else ()),
        ),
        primary_key=(TENANT.name, "meter", "period"),
        foreign_keys=(_tenant_key(USAGE, design),),
    )
    grant = Grant(USAGE, select=True, insert=True, update=("used", "changed_at"))
    triggers = ("counts_rows",) if held(found) else ()
    yield OwnTable(usage, grant, triggers=(*triggers, *((CLOSED,) if closes else ())))
    if closes:
        yield _closings(design)


def _closings(design: Design) -> OwnTable:
    table = Table(
        CLOSING,
        "What each meter came to in a period that has ended, and whether the billing provider was "
        "told.",
        (
            uuid(TENANT.name),
            uuid(ID.name, ID.default),
            Column("version", "bigint", default="1"),
            now("created_at"),
            now("updated_at"),
            text("meter"),
            text("period"),
            Column("used", "bigint", default="0"),
            text("event", nullable=True),
            Column("state", "text", default="'waiting'"),
            Column("due_at", "timestamptz", nullable=True, default="now()"),
            Column("attempts", "bigint", default="0"),
            text("last_error", nullable=True),
            Column("finished_at", "timestamptz", nullable=True),
        ),
        primary_key=(TENANT.name, ID.name),
        unique=(Unique(named(CLOSING, "period", "key"), (TENANT.name, "meter", "period")),),
        foreign_keys=(_tenant_key(CLOSING, design),),
    )
    index = Index(named(CLOSING, "due", "idx"), CLOSING, ("due_at",))
    return OwnTable(table, Grant(CLOSING), (index,), triggers=(CLOSES,))


def _tenant_key(table: str, design: Design) -> ForeignKey:
    target = identifier(design.tenant)
    return ForeignKey(named(table, TENANT.name, "fkey"), (TENANT.name,), target, ("id",))


def rights(found: Sequence[Counter]) -> Iterable[Right]:
    """The owner counts rows, of the tenant at hand."""
    for name in held(found):
        yield Right(
            Grant(identifier(name)),
            {"select": (f"{TENANT.name} = {TENANT_BOUND}", "")},
            role="owner",
        )


def works() -> Iterable[Right]:
    """What the worker may do: it sees which counters have ended, and says that they are closed.
    What a period came to is what the counter says, whatever the worker writes."""
    yield Right(Grant(USAGE, select=True), {"select": ("true", "")})
    yield Right(
        Grant(CLOSING, select=True, insert=True, update=DONE),
        {"select": ("true", ""), "insert": ("", "true"), "update": ("true", "true")},
    )


@dataclass(frozen=True, slots=True)
class View:
    """What is told to the functions of counters.

    `period` is the period of the counter `p_meter` that is now, `later` the one at the moment of
    the clock, and `ends` when it is over. `closes` says that some counters are closed. `most` is
    how much a tenant has, as `Bound` says it: nothing where no counter has a bound.
    """

    period: Sql
    later: Sql
    ends: Sql
    closes: bool
    most: str


def view(design: Design, found: Sequence[Counter]) -> View:
    """What the functions are told."""
    (most,) = {each.most for each in bounds(design).values()} or {""}
    periods = [(each.name, each.period) for each in found]
    return View(
        period=by_period("p_meter", periods, period),
        later=by_period("p_meter", periods, lambda over: period(over, CLOCK)),
        ends=by_period("p_meter", periods, ends),
        closes=any(each.closed for each in found),
        most=most,
    )


def functions(design: Design, found: tuple[Counter, ...], render: Render) -> Iterator[Function]:
    """What counts, and what locks counters."""
    told = view(design, found)
    yield Function(
        TAKE,
        "Counts `p_amount` in a counter of which everybody has `p_least`, and some have more; null "
        "is without a limit. Where there is not enough left, it is what the refusal tells.",
        parameters(*TENANT_KEY, ("p_meter", TEXT), ("p_amount", BIGINT), ("p_least", BIGINT)),
        render("usage/take", told),
        returns=TEXT,
        inner=True,
    )
    if any(_locks(design, found, each) for each in design.operations):
        yield Function(
            LOCK,
            "Locks counters that a transaction may come to need, in the order of their names.",
            parameters(*TENANT_KEY, ("p_meters", TEXTS)),
            render("usage/lock", told),
            returns="void",
            inner=True,
        )


def steps(design: Design, served: Served) -> Steps | None:
    """What an operation uses."""
    found = counters(design)
    if served.stage == "finish" or not found:
        return None
    if served.stage == "touch":
        return _touching(design, found, served)
    if any(each.verb == "join" for each in served.operations):
        return None
    uses: list[str] = []
    settles: list[str] = []
    for operation in served.operations:
        before, behind = _uses(design, found, operation)
        if served.stage == "begin" and len(served.operations) > 1:
            before, behind = (_only(operation, each) for each in (before, behind))
        uses += before
        settles += behind
    every = [each for operation in design.operations for each in _amounts(design, found, operation)]
    sent = served.stage == "begin" and any(each.sent for _, each in every)
    return Steps(parameters=(INPUT,) if sent else (), uses=tuple(uses), settles=tuple(settles))


def _only(operation: Operation, lines: list[str]) -> list[str]:
    if not lines:
        return []
    return [f"if {is_one_of([operation])} then", *(f"  {each}" for each in lines), "end if;"]


def _amounts(
    design: Design, found: tuple[Counter, ...], operation: Operation
) -> Iterator[tuple[Counter, Amount]]:
    """What a use counts in each counter."""
    for each in used_by(found, operation):
        yield each, amount(design, operation, each.amount) if each.amount else Amount("1")


def _locks(design: Design, found: tuple[Counter, ...], operation: Operation) -> list[str]:
    """The counters that are locked before anything is counted: several, those that change beside
    the operation's own, and those whose amount the row says."""
    own = list(_amounts(design, found, operation))
    names = {each.name for each, _ in own}
    every = names | _reached(found, operation)
    if len(every) > 1 or every > names or any(each.of_row for _, each in own):
        return sorted(every)
    return []


def _uses(
    design: Design, found: tuple[Counter, ...], operation: Operation
) -> tuple[list[str], list[str]]:
    """The counters that the work needs, locked in order, and what it uses of them: before the row
    of an action is locked, and behind that.

    A refusal of an action undoes all of it. A create undoes by itself what it has counted already.
    """
    limits = bounds(design)
    locks = _locks(design, found, operation)
    before = [f"perform {LOCK}(p_tenant, {array(locks)});"] if locks else []
    behind: list[str] = []
    counted: list[tuple[str, Sql]] = []
    own = sorted(_amounts(design, found, operation), key=lambda each: each[0].name not in limits)
    for counter, each in own:
        bound = limits.get(counter.name)
        undone = counted if operation.verb == "create" else []
        if each.of_row:
            behind += _take(counter, each.sql, bound, undone, "outcome")
        else:
            before += _take(counter, each.sql, bound, undone)
            counted.append((counter.name, each.sql))
    return before, behind


def _take(
    counter: Counter,
    amount_: Sql,
    bound: Bound | None,
    undone: Sequence[tuple[str, Sql]] = (),
    told: str = "body",
) -> list[str]:
    """The lines that count an amount, and refuse where there is not enough left of it."""
    given = ("p_tenant", literal(counter.name), amount_)
    if bound is None:
        return call(f"perform {TAKE}(", (*given, "null"))
    take = call(f"{told} := {TAKE}(", (*given, "null" if bound.least is None else str(bound.least)))
    moved = "body := outcome; " if told == "outcome" else ""
    refused = f"{moved}outcome := {literal(bound.outcome)}; return;"
    if not undone:
        return [*take, f"if {told} is not null then {refused} end if;"]
    back = [
        f"  {line}"
        for name, sql in undone
        for line in call(
            f"perform {TAKE}(", ("p_tenant", literal(name), _given_back(sql), "null"), 6
        )
    ]
    return [*take, f"if {told} is not null then", *back, f"  {refused}", "end if;"]


def _given_back(amount_: Sql) -> Sql:
    if isinstance(amount_, str):
        return f"-{amount_}"
    return replace(amount_, opening=f"-{amount_.opening}")


def _reached(found: tuple[Counter, ...], operation: Operation) -> set[str]:
    """The counters that change beside those of the operation itself: what it deletes is given back,
    and what its hook creates and deletes is counted."""
    made = {each.entity for each in operation.touches if each.verb == "create"}
    deleted = {each.entity for each in operation.touches if each.verb == "delete"}
    if operation.verb == "delete":
        deleted.add(operation.entity)
    created = {each.name for each in found for entity in made if each.of_rows(entity)}
    return created | deleted & {*held(found)}


def _touching(design: Design, found: tuple[Counter, ...], served: Served) -> Steps | None:
    """A row that a hook creates counts like any other."""
    if served.verb != "create":
        return None
    limits = bounds(design)
    lines: list[str] = []
    for each in found:
        if each.of_rows(served.touched):
            amount_: Sql = "1"
            if each.amount:
                amount_ = of_new_row(design, served.touched, each.amount)
            lines += _take(each, amount_, limits.get(each.name))
    return Steps(uses=tuple(lines)) if lines else None


@dataclass(frozen=True, slots=True)
class TriggersView:
    """What is told to the triggers: the tables whose rows are counted, each with its counter, the
    name of their trigger, and the meters that somebody is told of, each with its event."""

    tables: tuple[tuple[str, str], ...]
    name: str
    events: tuple[tuple[str, str], ...]


def triggers(design: Design, found: Sequence[Counter], render: Render) -> str:
    """The rules that a row which is gone is given back, and that what is closed is final; and the
    room that counters have."""
    tables = tuple((identifier(each), literal(each)) for each in held(found))
    meters = meters_of(design)
    each = meters.each if meters else ()
    events = tuple((literal(e.name), literal(e.event)) for e in each if e.event)
    told = TriggersView(tables, GIVEN_BACK, events)
    rules = [ROOM] if found else []
    if tables:
        rules.append(render("usage/triggers", told))
    if meters:
        rules.append(render("usage/closing", told))
    return "\n\n".join(each.strip("\n") for each in rules)
