"""What travels: the answers of webhook deliveries, and what their operations accept."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from invoicing.types import Closed, Uuid, whole


class WebhookDelivery(TypedDict):
    """A webhook delivery as an answer."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    endpoint_id: UUID
    """Whose message it is."""
    event: str
    """What is told."""
    resource: str
    """Of which resource the row is."""
    resource_id: UUID
    """The row that it is about."""
    resource_version: int
    """The version of the row."""
    state: Literal["waiting", "delivered", "dead"]
    """Whether it is still tried."""
    due_at: datetime | None
    """When it is tried, or while it is under way given up on."""
    attempts: int
    """How often it was tried."""
    last_status: int | None
    """The status that the endpoint answered with."""
    last_error: str | None
    """Why the last attempt failed, in a word."""
    finished_at: datetime | None
    """When it ended."""


class WebhookDeliveryPage(TypedDict):
    """A page of webhook deliveries."""

    items: list[WebhookDelivery]
    next_cursor: str | None


class WebhookDeliveryQuery(Closed):
    """The query parameters of a list of webhook deliveries."""

    limit: Annotated[int, Field(ge=1, le=100), whole] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] = ""
    endpoint_id: Uuid | None = None
    state: Literal["waiting", "delivered", "dead"] | None = None
