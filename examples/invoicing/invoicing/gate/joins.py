"""What people say to become members, and what they are told: the only operations without a permission."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from invoicing.types import Closed, Line, cardless


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

    token: Annotated[Line, Field(min_length=1, max_length=300), cardless]
    """What the invitation told."""


class SignUpInput(Closed):
    """What a caller says to sign up."""

    slug: Annotated[
        str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    ]
    """What it is called in commands and addresses."""
    name: Annotated[Line, Field(min_length=1, max_length=200), cardless]
    """What people call it."""
    region: Literal["eu", "us"]
