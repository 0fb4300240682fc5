"""Caps in the database: what members have spent, locked before anything else that is counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scaffold.columns import TENANT
from scaffold.database.amounts import Amount, amount, call
from scaffold.database.bodies import Render, Served, Steps, is_one_of
from scaffold.database.counters import by_period, ends, period
from scaffold.database.layout import Group, Sql
from scaffold.database.schema import Column, ForeignKey, Function, Grant, OwnTable, Table
from scaffold.database.signatures import BOOLEAN, CALLER, INPUT, TEXT, parameters
from scaffold.database.sql import identifier, literal, named
from scaffold.database.tables import now, text, uuid
from scaffold.design.model import Design, Operation
from scaffold.features.caps.design import EXCEEDED, SPENDING, Caps, of

SPEND = "spend_"


def stored(design: Design) -> Iterable[OwnTable]:
    """The table of what is spent."""
    target = identifier(design.tenant)
    table = Table(
        SPENDING,
        "How much each member has spent of each cap, and all of them by a role, by the day or the "
        "month in UTC.",
        (
            uuid(TENANT.name),
            text("cap"),
            text("period", "char_length(period) between 1 and 10"),
            text("spender", "char_length(spender) <= 60"),
            Column("spent", "numeric", default="0"),
            now("changed_at"),
        ),
        primary_key=(TENANT.name, "cap", "period", "spender"),
        foreign_keys=(
            ForeignKey(named(SPENDING, TENANT.name, "fkey"), (TENANT.name,), target, ("id",)),
        ),
    )
    changed = ("spent", "changed_at")
    yield OwnTable(table, Grant(SPENDING, select=True, insert=True, update=changed))


@dataclass(frozen=True, slots=True)
class FunctionsView:
    """What is told to the function: `rows` are the limits of each role, the widest first in each
    cap, and `period` and `ends` those of the cap `p_cap`. With `decimal`, an amount may have
    places, so that limits are told as text."""

    rows: Sql
    period: Sql
    ends: Sql
    decimal: bool


def functions(found: Caps, render: Render) -> Iterator[Function]:
    """What adds up."""
    rows = []
    for cap in found.each:
        for place, each in enumerate(cap.roles):
            most = ("null" if value is None else str(value) for value in each.named.values())
            rows.append(f"({literal(cap.name)}, {literal(each.role)}, {place}, {', '.join(most)})")
    first, *others = rows
    # A null alone is text.
    head, _, tail = first.partition(", 0, ")
    typed = ", ".join(f"{each}::numeric" for each in tail.rstrip(")").split(", "))
    periods = [(cap.name, cap.per) for cap in found.each]
    yield Function(
        SPEND,
        "Asks whether a caller may spend `p_amount` of a cap, and locks what they have spent; "
        "where it is `p_counted`, adds it up. Where they may not, it is what the refusal tells.",
        parameters(CALLER, ("p_cap", TEXT), ("p_amount", "numeric"), ("p_counted", BOOLEAN)),
        render(
            "caps/spend",
            FunctionsView(
                Group((f"{head}, 0, {typed})", *others), ", ", "(values ", ")"),
                by_period("p_cap", periods, period),
                by_period("p_cap", periods, ends),
                any(cap.decimal for cap in found.each),
            ),
        ),
        returns=TEXT,
        inner=True,
    )


def steps(design: Design, served: Served) -> Steps | None:
    """What an operation spends: asked before anything else is counted, and added up behind that.

    At the beginning of an action a refusal undoes all of it, so that it is added up at once; an
    amount that its row says is asked for when the row is locked, and what was spent is locked
    before.
    """
    if served.stage not in ("whole", "begin"):
        return None
    uses: list[str] = []
    settles: list[str] = []
    for operation in served.operations:
        before, behind = _spends(design, operation)
        if served.stage == "begin" and len(served.operations) > 1:
            before, behind = (_only(operation, each) for each in (before, behind))
        uses += before
        settles += behind
    every = [each for operation in design.operations for each in _amounts(design, operation)]
    sent = served.stage == "begin" and any(each.sent for _, each in every)
    if not uses and not settles and not sent:
        return None
    return Steps(parameters=(INPUT,) if sent else (), uses=tuple(uses), settles=tuple(settles))


def _only(operation: Operation, lines: list[str]) -> list[str]:
    if not lines:
        return []
    return [f"if {is_one_of([operation])} then", *(f"  {each}" for each in lines), "end if;"]


def _amounts(design: Design, operation: Operation) -> Iterator[tuple[str, Amount]]:
    for cap in of(operation):
        yield literal(cap.name), amount(design, operation, cap.counter.amount)


def _spends(design: Design, operation: Operation) -> tuple[list[str], list[str]]:
    before: list[str] = []
    behind: list[str] = []
    for name, each in _amounts(design, operation):
        given = ("v_caller", name, each.sql)
        if each.of_row:
            before.append(f"perform {SPEND}(v_caller, {name}, 0, false);")
            behind += [
                *call(f"outcome := {SPEND}(", (*given, "true")),
                "if outcome is not null then",
                f"  body := outcome; outcome := {literal(EXCEEDED)}; return;",
                "end if;",
            ]
            continue
        counted = "false" if operation.verb == "create" else "true"
        before += [
            *call(f"body := {SPEND}(", (*given, counted)),
            f"if body is not null then outcome := {literal(EXCEEDED)}; return; end if;",
        ]
        if operation.verb == "create":
            behind += call(f"perform {SPEND}(", (*given, "true"))
    return before, behind
