"""Accepting an invitation in the database: the one way in which the service makes a member of a
tenant that is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from scaffold import naming
from scaffold.database.bodies import Gate, Served
from scaffold.database.layout import Group, Sql, all_of, any_of
from scaffold.database.operations import Context
from scaffold.database.predicates import listed_roles
from scaffold.database.schema import Function, Grant, OwnTable, Right
from scaffold.database.signatures import (
    BODY,
    CALL,
    ID,
    OUTCOME,
    ROLES,
    TEXT,
    UUID,
    VERSION,
    parameters,
)
from scaffold.database.sql import literal
from scaffold.database.tables import of_resource
from scaffold.database.writes import renewed
from scaffold.design.model import Design, Operation
from scaffold.features.administration.database import among
from scaffold.features.administration.design import ACCEPTED, INVITATION, MEMBER, inviting

SHOWN = "digest = current_setting('app.invitation', true)"
"""Whose token this transaction has shown: a policy reads it, and accepting sets it."""


@dataclass(frozen=True, slots=True)
class View:
    """What is told to accept.sql.

    `able` is the test that the member `m` may still give the roles of the invitation `i`, and
    `renewed` are the assignments of every change of one. `tenant` is what the answer calls the
    tenant's id.
    """

    gate: Gate
    able: Sql
    renewed: str
    tenant: str


def stored(design: Design) -> Iterable[OwnTable]:
    """The table of invitations."""
    entity = next((each for each in design.entities if each.name == INVITATION), None)
    if entity is None:
        return
    table = of_resource(entity, design)
    said = "Who may become a member, in which roles and until when."
    yield OwnTable(replace(table, comment=said), Grant(INVITATION))


def rights(design: Design) -> Iterable[Right]:
    """Who has shown the token of an invitation may accept it, and be the member whom it makes."""
    if inviting(design) is None:
        return
    columns = (*ACCEPTED, *_renewed(design))
    kept = Grant(INVITATION, select=True, update=columns)
    yield Right(kept, {"select": (SHOWN, ""), "update": (SHOWN, SHOWN)})
    conditions = (
        "select from invitation i where i.tenant_id = member.tenant_id",
        "i.accepted_by = member.id",
        "i.accepted_at = now()",
        "i.roles = member.roles",
        f"i.{SHOWN}",
    )
    accepted = Group(conditions, " and ", "exists (", ")")
    allowed = all_of(["kind = 'human'", accepted])
    yield Right(Grant(MEMBER, insert=True), {"insert": ("", allowed)})


def _renewed(design: Design) -> Iterable[str]:
    return (each.name for each in design.entity(INVITATION).columns if each.renewed)


def joining(context: Context) -> Iterable[Function]:
    """The function that accepts an invitation."""
    design = context.design
    create = inviting(design)
    for join in design.joins:
        if create is None or join.operation.entity != INVITATION:
            continue
        operation = join.operation
        said = "'{\"token\": null}'"
        served = Served(
            "whole", (operation,), literal(operation.id), literal(INVITATION), "id", said
        )
        around = context.around(served)
        gate = around.gate(context.entry("'{}'", around.entry), ())
        tenant = naming.reference(design.tenant)
        view = View(gate, _able(create), renewed(design.entity(INVITATION)), tenant)
        given = (("p_id", UUID), ("p_digest", TEXT))
        yield Function(
            operation.id,
            "Makes the caller the member whom an invitation is for, once. Whatever keeps it from "
            "that is told apart for the log alone.",
            (*parameters(*CALL, *given), *around.parameters),
            context.render("administration/accept", view),
            results=parameters(OUTCOME, ROLES, ID, VERSION, BODY),
        )


def _able(create: Operation) -> Sql:
    """May the member `m` give all roles of the invitation `i`, whatever their sign-in proves?"""
    return any_of(
        all_of([listed_roles("m.roles && ", each.roles), among("i.roles", each.gives or ())])
        for each in create.alternatives
    )
