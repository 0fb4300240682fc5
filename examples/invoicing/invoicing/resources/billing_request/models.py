"""What travels: the answers of billing requests, and what their operations accept."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from invoicing.types import Closed, whole


class BillingRequest(TypedDict):
    """A billing request as an answer."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    kind: Literal[
        "portal", "checkout", "change", "preview", "cancel", "resume", "refresh"
    ]
    """What is asked."""
    plan: str | None
    """The plan, of checkout, change and preview alone."""
    state: Literal["waiting", "delivered", "dead"]
    """Whether the provider is still to be asked, has answered, or will not be."""
    due_at: datetime | None
    """When it is asked next."""
    attempts: int
    """How often it was."""
    last_error: str | None
    """Why the last attempt failed, in a word."""
    finished_at: datetime | None
    """When there was an answer, or an end of it."""
    url: str | None
    """The page of the provider: whoever has it acts for the tenant there."""
    url_expires_at: datetime | None
    """Until when the page is there."""
    reference: str | None
    """What the provider calls the page."""
    ended_as: Literal["completed", "expired"] | None
    """How the checkout ended."""
    amount: int | None
    """What a preview would cost now, in the smallest unit of the currency."""
    currency: str | None
    """The currency of that (ISO 4217), in lower case."""


class BillingRequestPage(TypedDict):
    """A page of billing requests."""

    items: list[BillingRequest]
    next_cursor: str | None


class BillingRequestQuery(Closed):
    """The query parameters of a list of billing requests."""

    limit: Annotated[int, Field(ge=1, le=100), whole] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] = ""
    kind: (
        Literal[
            "portal", "checkout", "change", "preview", "cancel", "resume", "refresh"
        ]
        | None
    ) = None
    kind_in: (
        Annotated[
            list[
                Literal[
                    "portal",
                    "checkout",
                    "change",
                    "preview",
                    "cancel",
                    "resume",
                    "refresh",
                ]
            ],
            Field(min_length=1, max_length=100),
        ]
        | None
    ) = Field(default=None, alias="kind.in")
    state: Literal["waiting", "delivered", "dead"] | None = None


class BillingRequestCreate(Closed):
    """What a caller says of a new billing request."""

    kind: Literal[
        "portal", "checkout", "change", "preview", "cancel", "resume", "refresh"
    ]
    """What is asked."""
    plan: Literal["team"] | None = None
    """The plan, of checkout, change and preview alone."""
