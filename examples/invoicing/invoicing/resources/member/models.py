"""What travels: the answers of members, and what their operations accept."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from invoicing.types import Closed, Line, boolean, cardless, distinct, whole


class Member(TypedDict):
    """A member as an answer."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    issuer: str
    """Whose tokens."""
    subject: str
    """Who it is for that issuer."""
    kind: Literal["human", "service"]
    """A person or not."""
    name: str | None
    """What people call them."""
    email: str | None
    """The verified address that an invitation was bound to."""
    roles: list[str]
    """What they may do."""
    active: bool
    """Whether they are let in."""
    tokens_valid_after: datetime | None
    """Tokens that were issued before are refused."""


class MemberPage(TypedDict):
    """A page of members."""

    items: list[Member]
    next_cursor: str | None


class MemberQuery(Closed):
    """The query parameters of a list of members."""

    limit: Annotated[int, Field(ge=1, le=100), whole] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] = ""
    issuer: Annotated[Line, Field(max_length=500), cardless] | None = None
    active: Annotated[bool, boolean] | None = None


class AssignMemberInput(Closed):
    """What a caller says to assign."""

    roles: Annotated[
        list[Literal["viewer", "analyst", "member", "accountant", "administrator"]],
        Field(max_length=50, fail_fast=True, json_schema_extra={"uniqueItems": True}),
        distinct,
    ]
    """All roles that they have then."""
