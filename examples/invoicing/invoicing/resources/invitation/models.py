"""What travels: the answers of invitations, and what their operations accept."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from invoicing.types import Closed, Email, Line, cardless, distinct, whole


class Invitation(TypedDict):
    """An invitation as an answer."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    invited_by: UUID
    """The member who created it."""
    roles: list[str]
    """What they may do once they are a member."""
    email: str | None
    """The address that their token has to say is verified."""
    issuer: str | None
    """Whose token it has to be."""
    subject: str | None
    """Who it has to be for that issuer."""
    name: str | None
    """What people call them."""
    expires_in: int
    """How long it is good for, in seconds."""
    expires_at: datetime
    """When it is good no longer."""
    revoked_at: datetime | None
    """When it was taken back."""
    accepted_at: datetime | None
    """When somebody became a member by it."""
    accepted_by: UUID | None
    """The member whom it made."""


class InvitationIssued(TypedDict):
    """An invitation as an answer, with its token."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    invited_by: UUID
    """The member who created it."""
    roles: list[str]
    """What they may do once they are a member."""
    email: str | None
    """The address that their token has to say is verified."""
    issuer: str | None
    """Whose token it has to be."""
    subject: str | None
    """Who it has to be for that issuer."""
    name: str | None
    """What people call them."""
    expires_in: int
    """How long it is good for, in seconds."""
    expires_at: datetime
    """When it is good no longer."""
    revoked_at: datetime | None
    """When it was taken back."""
    accepted_at: datetime | None
    """When somebody became a member by it."""
    accepted_by: UUID | None
    """The member whom it made."""
    token: str
    """What accepts it: whoever it is bound to sends it."""


class InvitationPage(TypedDict):
    """A page of invitations."""

    items: list[Invitation]
    next_cursor: str | None


class InvitationQuery(Closed):
    """The query parameters of a list of invitations."""

    limit: Annotated[int, Field(ge=1, le=100), whole] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] = ""


class InvitationCreate(Closed):
    """What a caller says of a new invitation."""

    roles: Annotated[
        list[Literal["viewer", "analyst", "member", "accountant", "administrator"]],
        Field(
            min_length=1,
            max_length=50,
            fail_fast=True,
            json_schema_extra={"uniqueItems": True},
        ),
        distinct,
    ]
    """What they may do once they are a member."""
    email: Annotated[Email, Field(max_length=254), cardless] | None = None
    """The address that their token has to say is verified."""
    issuer: Annotated[Line, Field(max_length=500), cardless] | None = None
    """Whose token it has to be."""
    subject: Annotated[Line, Field(min_length=1, max_length=500), cardless] | None = (
        None
    )
    """Who it has to be for that issuer."""
    name: Annotated[Line, Field(max_length=200), cardless] | None = None
    """What people call them."""
    expires_in: Annotated[int, Field(ge=3600, le=2592000), whole] = 604800
    """How long it is good for, in seconds."""
