"""What travels: the answers of webhook endpoints, and what their operations accept."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from invoicing.types import Closed, Line, boolean, cardless, distinct, whole


class WebhookEndpoint(TypedDict):
    """A webhook endpoint as an answer."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    url: str
    """Where messages are posted."""
    events: list[str]
    """What it hears."""
    description: str | None
    """What it is for."""
    active: bool
    """Whether it hears anything."""
    former_valid_until: datetime | None
    """Until when the secret from before its rotation signs too."""


class WebhookEndpointIssued(TypedDict):
    """A webhook endpoint as an answer, with its secret."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    url: str
    """Where messages are posted."""
    events: list[str]
    """What it hears."""
    description: str | None
    """What it is for."""
    active: bool
    """Whether it hears anything."""
    former_valid_until: datetime | None
    """Until when the secret from before its rotation signs too."""
    secret: str
    """What signs its messages, until it is rotated."""


class WebhookEndpointPage(TypedDict):
    """A page of webhook endpoints."""

    items: list[WebhookEndpoint]
    next_cursor: str | None


class WebhookEndpointQuery(Closed):
    """The query parameters of a list of webhook endpoints."""

    limit: Annotated[int, Field(ge=1, le=100), whole] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] = ""
    active: Annotated[bool, boolean] | None = None


class WebhookEndpointCreate(Closed):
    """What a caller says of a new webhook endpoint."""

    url: Annotated[
        str,
        Field(
            min_length=1,
            max_length=1000,
            pattern=r"^(https://[0-9A-Za-z.-]+|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?(/[!-~]*)?$",
        ),
    ]
    """Where messages are posted."""
    events: Annotated[
        list[
            Literal[
                "invoice.changed", "invoice.created", "invoice.deleted", "invoice.sent"
            ]
        ],
        Field(
            min_length=1,
            max_length=4,
            fail_fast=True,
            json_schema_extra={"uniqueItems": True},
        ),
        distinct,
    ]
    """What it hears."""
    description: Annotated[Line, Field(max_length=200), cardless] | None = None
    """What it is for."""
    active: bool = True
    """Whether it hears anything."""


@with_config(ConfigDict(extra="forbid"))
class WebhookEndpointPatch(TypedDict, total=False):
    """A merge patch of webhook endpoint: what is absent stays, null removes."""

    url: Annotated[
        str,
        Field(
            min_length=1,
            max_length=1000,
            pattern=r"^(https://[0-9A-Za-z.-]+|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?(/[!-~]*)?$",
        ),
    ]
    """Where messages are posted."""
    events: Annotated[
        list[
            Literal[
                "invoice.changed", "invoice.created", "invoice.deleted", "invoice.sent"
            ]
        ],
        Field(
            min_length=1,
            max_length=4,
            fail_fast=True,
            json_schema_extra={"uniqueItems": True},
        ),
        distinct,
    ]
    """What it hears."""
    description: Annotated[Line, Field(max_length=200), cardless] | None
    """What it is for."""
    active: bool
    """Whether it hears anything."""


class RotateWebhookEndpointInput(Closed):
    """What a caller says to rotate."""

    overlap: Annotated[int, Field(ge=0, le=604800), whole] = 86400
    """For how many seconds the secret of before signs too."""
