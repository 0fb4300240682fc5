"""What the administration of members means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scaffold.design.model import Design, Input, Join, Operation
from scaffold.types.string import StringKind

MEMBER = "member"
"""The resource of members, and their table, which every service has."""
INVITATION = "invitation"
"""The resource of invitations, and their table."""
INVITE = "invite"
"""The word on members that is a create of invitations."""
CREATE = "create_invitation"
ACCEPT = "accept_invitation"
ACCEPTED = ("accepted_at", "accepted_by")
"""The columns of an invitation that accepting it sets."""
MAX_BODY = 1_024
"""Bytes of the body that accepts an invitation."""
TOKEN = StringKind(1, 300)
"""The text of a secret."""


@dataclass(frozen=True, slots=True)
class View:
    """What is told to the emitted tests: the operations on members that somebody is granted, by
    their names in the spec. `limited` says that some grant of another one than `assign` names
    roles, and `members` that there is a grant on them at all; `invites` and `revokes` that somebody
    may invite, and take invitations back. `word` is that of invitations in their tokens.
    """

    granted: frozenset[str]
    limited: bool
    members: bool
    invites: bool
    revokes: bool
    word: str = INVITATION

    def has(self, *names: str) -> bool:
        """Is one of these granted?"""
        return not self.granted.isdisjoint(names)


def used(design: Design) -> bool:
    """Is somebody granted members, invitations or the tenant itself?"""
    known = (MEMBER, INVITATION)
    return any(each.is_tenant or each.name in known for each in design.entities)


def inviting(design: Design) -> Operation | None:
    """The operation that invites somebody, if a role is granted it."""
    found = [each for each in design.operations if each.entity == INVITATION]
    return next((each for each in found if each.verb == "create"), None)


def joins(design: Design) -> Iterable[Join]:
    """Where some role may invite, whoever is invited may accept."""
    if inviting(design) is None:
        return
    operation = Operation(
        id=ACCEPT,
        verb="join",
        action="accept",
        method="POST",
        path="/invitations/accept",
        entity=INVITATION,
        permission="",
        summary="Accept an invitation",
        body="AcceptInvitationInput",
        body_max=MAX_BODY,
        alternatives=(),
        on_item=False,
        conditional=False,
        status=200,
        input=(Input("token", TOKEN, "What the invitation told.", False, True, None, "secret"),),
    )
    who = "Whoever has the token of an invitation and is the person that it is bound to"
    yield Join(operation, who, "acceptance.accept")


def view(design: Design) -> View:
    """The operations on members that somebody is granted."""
    found = [each for each in design.operations if each.entity == MEMBER]
    limited = any(
        way.gives is not None
        for each in found
        if each.action not in ("", "assign")
        for way in each.alternatives
    )
    granted = frozenset(each.action or each.verb for each in found)
    of_invitations = {each.verb for each in design.operations if each.entity == INVITATION}
    invites = inviting(design) is not None
    return View(granted, limited, bool(found), invites, "effect" in of_invitations)
