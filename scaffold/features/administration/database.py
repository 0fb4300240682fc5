"""No escalation: what an operation on a member asks beside the conditions of its grants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scaffold.database.bodies import Refusal, Render, Served, Steps
from scaffold.database.layout import TRUE, Group, Sql, all_of, any_of, listed
from scaffold.database.operations import negated
from scaffold.database.predicates import Within
from scaffold.database.schema import Function
from scaffold.database.signatures import TEXTS, parameters
from scaffold.database.sql import array, literal
from scaffold.design.model import Alternative, Design, Operation
from scaffold.features.administration.design import INVITATION, MEMBER
from scaffold.features.administration.resource import GIVEN

CHANGES = "role_changes_"


def functions(design: Design, render: Render) -> Iterable[Function]:
    """The function that says which roles somebody is given or loses."""
    if any(_assigns(each) and _limited(each) for each in design.operations):
        yield Function(
            CHANGES,
            "The roles that are in one of two lists alone: what a member is given, and what is "
            "taken from them.",
            parameters(("p_before", TEXTS), ("p_after", TEXTS)),
            render("administration/changes", None),
            returns=TEXTS,
            language="sql",
            volatility="immutable",
            inner=True,
        )


def _assigns(operation: Operation) -> bool:
    return operation.entity == MEMBER and any(name == "roles" for name, _ in operation.sets)


def _stays_their_own(operation: Operation) -> bool:
    """Is it nothing that somebody does to themselves? They may end their own sessions."""
    return any(name in ("roles", "active") for name, _ in operation.sets)


def _limited(operation: Operation) -> bool:
    return any(each.gives is not None for each in operation.alternatives)


def steps(served: Served) -> Steps | None:
    """Nobody changes their own membership, nor roles that their grant does not name."""
    operation, *_ = served.operations
    if operation.entity == INVITATION and operation.verb == "create":
        return Steps(refusals=tuple(_inviting(served, operation)))
    if operation.entity != MEMBER or operation.verb != "effect":
        return None
    refusals = []
    if _stays_their_own(operation):
        refusals.append(Refusal("p_id = v_caller.member", "'own_membership'"))
    if _limited(operation):
        able = any_of(
            all_of([served.holds(each), _given(operation, "m")(each)])
            for each in operation.alternatives
        )
        row = "from member_row_ m where m.tenant_id = p_tenant and m.id = p_id"
        test = Group((negated(able), row), " ", "(select ", ")")
        refusals.append(Refusal(test, "'role_not_assignable'"))
    conditional = any(each.conditions for each in operation.alternatives)
    return Steps(refusals=tuple(refusals), within=_given(operation, "t") if conditional else None)


def among(roles: str, gives: Sequence[str]) -> Sql:
    """The test that all of these roles are among some."""
    return listed(map(literal, gives), f"{roles} <@ array[", "]")


def _inviting(served: Served, operation: Operation) -> Iterable[Refusal]:
    """An invitation is for somebody, and for no roles that its maker may not give."""
    able = any_of(
        all_of([served.holds(each), among(GIVEN, each.gives or ())])
        for each in operation.alternatives
    )
    yield Refusal(negated(able), "'role_not_assignable'")
    email, issuer, subject = (f"p_body ->> '{each}'" for each in ("email", "issuer", "subject"))
    halves = f"num_nonnulls({issuer}, {subject}) = 1"
    unbound = any_of([halves, f"num_nonnulls({email}, {issuer}) = 0"])
    yield Refusal(unbound, "'invitation_unbound'")


def _given(operation: Operation, row: str) -> Within:
    """Are the roles that change all among those that an alternative gives? `row` is the member."""
    sent = dict(operation.sets).get("roles")
    changes: Sql = f"{row}.roles"
    if sent:
        changes = listed((f"{row}.roles", sent), f"{CHANGES}(")

    def within(each: Alternative) -> Sql:
        if each.gives is None:
            return TRUE
        return Group((changes, f"<@ {array(each.gives)}"), " ")

    return within
