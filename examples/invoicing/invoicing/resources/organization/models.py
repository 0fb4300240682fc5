"""What travels: the answers of organizations, and what their operations accept."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from invoicing.types import Line, cardless


class Organization(TypedDict):
    """An organization as an answer."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    slug: str
    """The short name, which stays."""
    name: str
    """What people call it."""
    region: Literal["eu", "us"] | None
    suspended_at: datetime | None
    """Since when nobody is let in."""


@with_config(ConfigDict(extra="forbid"))
class OrganizationPatch(TypedDict, total=False):
    """A merge patch of organization: what is absent stays, null removes."""

    name: Annotated[Line, Field(min_length=1, max_length=200), cardless]
    """What people call it."""
    region: Literal["eu", "us"] | None
