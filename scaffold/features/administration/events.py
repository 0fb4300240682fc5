"""What the administration of members raises: who lets whom in, and out."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.events import SecurityEvent, Severity
from scaffold.design.model import Design, Operation
from scaffold.features.administration.design import MEMBER


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
