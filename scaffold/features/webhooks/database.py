"""Published events in the database: a message for each endpoint that hears of an effect, written in
the transaction of the effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scaffold.columns import BUILT_IN
from scaffold.database.bodies import Refusal, Render, Served, Steps, is_one_of
from scaffold.database.layout import Sql, lay, listed
from scaffold.database.rows import select, view_name
from scaffold.database.schema import Column, Function, Grant, Index, OwnTable, Right, Table
from scaffold.database.signatures import BIGINT, TEXT, UUID, parameters
from scaffold.database.sql import literal
from scaffold.database.tables import of_resource
from scaffold.design.model import Design
from scaffold.features.webhooks.design import (
    DELIVERY,
    ENDPOINT,
    MAX_ENDPOINTS,
    Event,
    events,
    hears,
)
from scaffold.features.webhooks.resource import DEFAULTS, delivery

STEP = 2
HEARD = f"exists (select from {ENDPOINT} e where e.tenant_id = p_tenant)"
"""Most tenants have no endpoint: a call that finds that out costs twice as much as the question."""
DONE = (
    "state",
    "due_at",
    "attempts",
    "last_status",
    "last_error",
    "finished_at",
    "version",
    "updated_at",
)
"""The columns that the worker changes."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an event tells beside the id and the version of its row: columns of the row `t`."""

    event: str
    fields: Sql


@dataclass(frozen=True, slots=True)
class View:
    """What is told to publish.sql: the resource and what the types of its events begin with, as
    literals, the view of its rows, and the events that tell fields."""

    resource: str
    prefix: str
    rows: str
    told: tuple[Told, ...]


def stored(design: Design) -> Iterable[OwnTable]:
    """The tables of endpoints and of deliveries. The service adds deliveries, and reads none that
    its caller is not granted."""
    if hears(design):
        yield OwnTable(of_resource(design.entity(ENDPOINT), design), Grant(ENDPOINT, select=True))
    declared = delivery().declared
    bases = {"uuid": "uuid", "integer": "bigint", "datetime": "timestamptz"}
    own = tuple(Column(each.name, bases[each.base], default=each.default) for each in BUILT_IN)
    table = Table(
        DELIVERY,
        "Messages to endpoints: written in the transaction of the effect that they tell.",
        (
            *own,
            # No reference to the endpoint: what was sent outlasts it, and its check would lock the
            # row of the endpoint in every write that is heard of.
            *(
                Column(
                    name,
                    field.kind().sql,
                    nullable=bool(field.optional),
                    default=DEFAULTS.get(name, ""),
                )
                for name, field in declared.fields.items()
            ),
        ),
        primary_key=("tenant_id", "id"),
    )
    yield OwnTable(
        table,
        Grant(DELIVERY, insert=True),
        (
            # What is due of all tenants: what has ended is not due, and stands behind all that is.
            Index("webhook_delivery_due_idx", DELIVERY, ("due_at",)),
            Index(
                "webhook_delivery_row_idx",
                DELIVERY,
                ("tenant_id", "resource_id", "endpoint_id", "due_at"),
            ),
        ),
    )


def works() -> Iterable[Right]:
    """What the worker may do: it reads endpoints, and writes what became of deliveries."""
    yield Right(Grant(ENDPOINT, select=True), {"select": ("true", "")})
    yield Right(
        Grant(DELIVERY, select=True, update=DONE),
        {"select": ("true", ""), "update": ("true", "true")},
    )


def functions(design: Design, render: Render) -> Iterable[Function]:
    """The function that tells of a row, of each resource with events."""
    found: dict[str, list[Event]] = {}
    for each in events(design):
        found.setdefault(each.resource, []).append(each)
    for resource, own in found.items():
        yield Function(
            _publish(resource),
            "Writes a message for each active endpoint of the tenant that hears of the event.",
            parameters(
                ("p_tenant", UUID), ("p_event", TEXT), ("p_id", UUID), ("p_version", BIGINT)
            ),
            render("webhooks/publish", _view(design, resource, own)),
            returns="void",
            inner=True,
        )


def _publish(resource: str) -> str:
    return f"{resource}_publish_"


def _view(design: Design, resource: str, found: Iterable[Event]) -> View:
    told = tuple(
        Told(literal(each.name), listed(select(columns, "t"), "", ""))
        for each in found
        if (columns := each.columns(design))
    )
    rows = view_name(design.entity(resource))
    return View(literal(resource), literal(f"{resource}."), rows, told)


def steps(design: Design, served: Served) -> Steps | None:
    """The messages of an effect, in its transaction."""
    operation, *_ = served.operations
    if operation.entity == ENDPOINT and operation.verb == "create":
        count = f"from {ENDPOINT} e where e.tenant_id = p_tenant"
        test = f"(select count(*) >= {MAX_ENDPOINTS} {count})"
        return Steps(refusals=(Refusal(test, "'endpoints_enough'"),))
    lines = tuple(_lines(design, served))
    return Steps(after=lines) if lines else None


def _lines(design: Design, served: Served) -> Iterator[str]:
    operation, *_ = served.operations
    entity = served.touched or operation.entity
    for each in events(design):
        if each.resource != entity:
            continue
        match served.stage:
            case "whole" if operation.verb in each.on:
                yield from _call(each, served, operation.verb)
            case "touch" if served.verb in each.on:
                yield from _call(each, served, served.verb)
            case "finish":
                raising = [e for e in served.operations if e.on_item and e.action in each.on]
                if raising and len(raising) == len(served.operations):
                    yield from _call(each, served, "action")
                elif raising:
                    yield f"if {is_one_of(raising)} then"
                    yield from (f"  {line}" for line in _call(each, served, "action", STEP))
                    yield "end if;"


def _call(each: Event, served: Served, verb: str, deeper: int = 0) -> list[str]:
    """The statement that writes the messages. A row that is gone has the version that would have
    come next, so that its end is behind all else of it."""
    version = f"{served.version} + 1" if verb == "delete" else served.version
    given = ("p_tenant", literal(each.name), served.id, version)
    call = listed(given, f"perform {_publish(each.resource)}(", ");")
    column = STEP + deeper + STEP
    lines = lay(call, column).replace("\n" + " " * column, "\n").split("\n")
    return [f"if {HEARD} then", *(f"  {line}" for line in lines), "end if;"]
