"""What people say to become members, and what they are told: the only operations without a permission."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from invoicing.types import Closed, Line


class Membership(TypedDict):
    """What somebody is who has become a member."""

    organization_id: UUID
    """The organization that one belongs to now."""
    member_id: UUID
    """Who one is there."""
    roles: list[str]
    """Their roles."""


class AcceptInvitationInput(Closed):
    """What a caller says to accept."""

    token: Annotated[Line, Field(min_length=1, max_length=300)]
    """What the invitation told."""
