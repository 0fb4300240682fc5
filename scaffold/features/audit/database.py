"""The audit trail in the database: a table that only grows, and the event of each effect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scaffold.columns import ID, TENANT
from scaffold.database.bodies import Render, Served, Steps
from scaffold.database.evidence import held
from scaffold.database.layout import Sql, listed
from scaffold.database.schema import Column, Function, Grant, OwnTable, Parameter, Table
from scaffold.database.signatures import BIGINT, CALLER, JSONB, TEXT, UUID, parameters
from scaffold.database.tables import uuid
from scaffold.design.model import Design
from scaffold.features.audit.design import EVENT, days_of
from scaffold.features.audit.resource import OCCURRED_AT, event

REQUEST = ("p_request", TEXT)


@dataclass(frozen=True, slots=True)
class View:
    """What is told to triggers.sql: how many days events are kept, and the conditions of which one
    is enough to keep them longer."""

    days: int
    held: Sequence[Sql]


def stored() -> OwnTable:
    """The table of events, which the service can only add to."""
    declared = event().declared
    table = Table(
        EVENT,
        "What happened: written in the transaction of the effect, and never changed.",
        (
            uuid(TENANT.name),
            uuid(ID.name, ID.default),
            # No reference to the member: `enter_` has just found them, what happened outlasts them,
            # and its check would lock their row in every write, so that their writes wait for each
            # other.
            uuid(str(declared.owner)),
            *(
                # What the service itself sets has no bounds.
                Column(
                    name,
                    field.kind().sql,
                    nullable=bool(field.optional),
                    default="now()" if name == OCCURRED_AT else "",
                )
                for name, field in declared.fields.items()
            ),
        ),
        primary_key=(TENANT.name, OCCURRED_AT, ID.name),
    )
    triggers = ("append_only", "never_truncated")
    return OwnTable(table, Grant(table.name, insert=True), triggers=triggers)


def functions(render: Render) -> Iterable[Function]:
    """The function that writes an event."""
    yield Function(
        "record_",
        "Writes the audit event of an effect, which `p_said` names the fields of; ends well.",
        parameters(
            CALLER,
            ("p_operation", TEXT),
            ("p_resource", TEXT),
            ("p_id", UUID),
            ("p_version", BIGINT),
            ("p_said", JSONB),
            REQUEST,
        ),
        render("audit/record", None),
        returns=TEXT,
        inner=True,
    )


def steps(served: Served) -> Steps | None:
    """The event of an effect, in its transaction."""
    if served.stage == "begin" or not any(each.writes for each in served.operations):
        return None
    given = (served.operation, served.entity, served.id, served.version, served.said, "p_request")
    return Steps(
        parameters=(Parameter(*REQUEST, argument="call.request_id"),),
        conclusion=listed(("v_caller", *given), "record_("),
    )


def triggers(design: Design, render: Render) -> str:
    """The rule that nobody changes an event while it is kept."""
    return render("audit/triggers", View(days_of(design), held(design, "old.tenant_id")))
