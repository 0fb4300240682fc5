"""Signing up in the database: the one way in which the service makes a tenant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from scaffold import naming
from scaffold.columns import TENANT
from scaffold.database.bodies import Assignment, Gate, Inserting, Served
from scaffold.database.layout import all_of
from scaffold.database.operations import Context
from scaffold.database.schema import Column, Function, Grant, OwnTable, Right, Table
from scaffold.database.signatures import BODY, CALL, ID, JSONB, OUTCOME, ROLES, VERSION, parameters
from scaffold.database.sql import array, identifier, literal
from scaffold.database.tables import now, text, uuid
from scaffold.design.model import Design
from scaffold.features import FEATURES
from scaffold.features.sign_up.design import SIGN_UP, SignUp
from scaffold.features.sign_up.keys import MAX_TENANTS

DEVELOPMENT_ISSUER = "https://issuer.development.invalid/"
"""That of a developer's machine: nowhere else is it trusted."""


@dataclass(frozen=True, slots=True)
class View(Inserting):
    """What is told to sign_up.sql. `table` is that of tenants, and `assignments` are the columns of
    a new one; `issuers` are those whose people may sign up, and `most` is how often."""

    gate: Gate
    table: str
    tenant: str
    issuers: str
    roles: str
    most: int
    assignments: tuple[Assignment, ...]


def stored() -> OwnTable:
    """The table of how often each has signed up: no two of one subject have the same number."""
    table = Table(
        SIGN_UP,
        "Who has made which tenant, by the digest of their issuer and subject.",
        (
            uuid(TENANT.name),
            text("digest", "char_length(digest) = 64"),
            Column("number", "bigint", check=f"number between 1 and {MAX_TENANTS}"),
            now("created_at"),
        ),
        primary_key=("digest", "number"),
    )
    return OwnTable(table, Grant(SIGN_UP, select=True))


def rights(design: Design, found: SignUp) -> Iterable[Right]:
    """A tenant is made with one of the numbers of a subject, and its first member with it."""
    tenant = identifier(design.tenant)
    numbered = f"number between 1 and {found.most}"
    yield Right(Grant(SIGN_UP, insert=True), {"insert": ("", numbered)})
    made = f"exists (select from {SIGN_UP} s where s.tenant_id = {tenant}.id)"
    fresh = all_of(["created_at = now()", made])
    yield Right(Grant(tenant, insert=True), {"insert": ("", fresh)})
    first = (
        f"exists (select from {tenant} o where o.id = member.tenant_id and o.created_at = now())"
    )
    person = ["kind = 'human'", f"roles = {array([found.role])}", first]
    yield Right(Grant("member", insert=True), {"insert": ("", all_of(person))})


def joining(context: Context, found: SignUp) -> Iterable[Function]:
    """The function that makes a tenant."""
    design = context.design
    (join,) = (each for each in design.joins if each.founding)
    operation = join.operation
    served = Served("whole", (operation,), literal(SIGN_UP), literal(design.tenant), "id", "p_body")
    around = context.around(served)
    attributes = {each.name: each.kind for each in design.tenant_attributes}
    given = [("id", "p_tenant"), ("slug", "p_body ->> 'slug'"), ("name", "p_body ->> 'name'")]
    given += [(name, attributes[name].extract("p_body", name)) for name in found.attributes]
    begun = [name for each in FEATURES for name in each.founded(design)]
    gate = around.gate(context.entry("'{}'", around.entry), ())
    view = View(
        replace(gate, after=(*(f"perform {each}(p_tenant);" for each in begun), *gate.after)),
        identifier(design.tenant),
        naming.reference(design.tenant),
        ", ".join(map(literal, (found.issuer, DEVELOPMENT_ISSUER))),
        array([found.role]),
        found.most,
        tuple(Assignment(identifier(name), value) for name, value in given),
    )
    yield Function(
        operation.id,
        "Makes a tenant and the caller its first member.",
        (*parameters(*CALL, ("p_body", JSONB)), *around.parameters),
        context.render("sign_up/sign_up", view),
        results=parameters(OUTCOME, ROLES, ID, VERSION, BODY),
    )
