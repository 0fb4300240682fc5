"""What the administration of members raises: who lets whom in, and out."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.events import SecurityEvent, Severity
from scaffold.design.model import Design, Operation
from scaffold.features.administration.design import ACCEPT, INVITATION, MEMBER


def events(design: Design) -> Iterator[SecurityEvent]:
    """The events of the operations on members that somebody is granted."""
    granted = {each.action: each for each in design.operations if each.entity == MEMBER}
    if "assign" in granted and (given := _privileged(design, granted["assign"])):
        yield SecurityEvent(
            "SEC-101",
            "privileged_role_given",
            "warning",
            "A member was given, or kept in an assignment, a role that asks for a second factor or "
            "that each tenant has to keep.",
            "Compare it with what was asked for; if nobody asked, take the role, and sign out who "
            "gave it.",
            operations=(granted["assign"].id,),
            field="roles",
            values=given,
        )
    for id_, action, name, severity, says, response in _ENDED:
        if action in granted:
            operation = granted[action].id
            yield SecurityEvent(id_, name, severity, says, response, operations=(operation,))
    yield from _joined(design)


def _joined(design: Design) -> Iterator[SecurityEvent]:
    """The events of invitations: what they promise, and who has become a member by one."""
    for operation in design.operations:
        invites = operation.entity == INVITATION and operation.verb == "create"
        if invites and (given := _privileged(design, operation)):
            yield SecurityEvent(
                "SEC-105",
                "privileged_role_promised",
                "warning",
                "Somebody was invited to a role that asks for a second factor or that each tenant "
                "has to keep.",
                "Compare it with what was asked for; if nobody asked, revoke the invitation, and "
                "sign out who made it.",
                operations=(operation.id,),
                field="roles",
                values=given,
            )
    for join in design.joins:
        if join.operation.id == ACCEPT:
            yield SecurityEvent(
                "SEC-106",
                "invitation_accepted",
                "info",
                "Somebody has become a member by an invitation.",
                "Nothing, if they were expected. If not, deactivate the member.",
                operations=(ACCEPT,),
            )


_ENDED: tuple[tuple[str, str, str, Severity, str, str], ...] = (
    (
        "SEC-102",
        "deactivate",
        "member_deactivated",
        "info",
        "A member is let in no more.",
        "Nothing, if somebody left. Many at once: find out who does it.",
    ),
    (
        "SEC-103",
        "reactivate",
        "member_reactivated",
        "warning",
        "A member who was not let in is let in again.",
        "Ask whoever did it why: who left does not come back by themselves.",
    ),
    (
        "SEC-104",
        "sign_out",
        "member_signed_out",
        "info",
        "All tokens of a member were refused from then on.",
        "Ask what was suspected, and look at the decisions of the member before.",
    ),
)


def _privileged(design: Design, assign: Operation) -> tuple[str, ...]:
    """The roles that somebody may give, and that are worth more than others."""
    limits = [each.gives for each in assign.alternatives]
    return tuple(
        role.name
        for role in design.roles
        if role.kind == "human"
        and (role.mfa is not None or role.last)
        and any(gives is None or role.name in gives for gives in limits)
    )
