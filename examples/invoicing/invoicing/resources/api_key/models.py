"""What travels: the answers of api keys, and what their operations accept."""

from datetime import datetime
from typing import Annotated, Literal, NotRequired
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from invoicing.types import Closed, Line, cardless, distinct, whole


class ApiKey(TypedDict):
    """An api key as an answer."""

    id: UUID
    version: int
    created_at: NotRequired[datetime]
    updated_at: NotRequired[datetime]
    member_id: NotRequired[UUID]
    """The member who created it."""
    name: NotRequired[str]
    """What it is for."""
    operations: NotRequired[list[str]]
    """What it may do, as far as its member may."""
    networks: NotRequired[list[str] | None]
    """Where it works alone."""
    lifetime: NotRequired[int]
    """For how many seconds it works."""
    expires_at: NotRequired[datetime]
    """When it ends to work."""
    issued_at: NotRequired[datetime]
    """When its secret was made."""
    last_used_at: NotRequired[datetime | None]
    """When it was last used, to the minute."""
    revoked_at: NotRequired[datetime | None]
    """When it was revoked."""
    former_valid_until: NotRequired[datetime | None]
    """Until when the secret from before its rotation works."""


class ApiKeyIssued(TypedDict):
    """An api key as an answer, with its key."""

    id: UUID
    version: int
    created_at: NotRequired[datetime]
    updated_at: NotRequired[datetime]
    member_id: NotRequired[UUID]
    """The member who created it."""
    name: NotRequired[str]
    """What it is for."""
    operations: NotRequired[list[str]]
    """What it may do, as far as its member may."""
    networks: NotRequired[list[str] | None]
    """Where it works alone."""
    lifetime: NotRequired[int]
    """For how many seconds it works."""
    expires_at: NotRequired[datetime]
    """When it ends to work."""
    issued_at: NotRequired[datetime]
    """When its secret was made."""
    last_used_at: NotRequired[datetime | None]
    """When it was last used, to the minute."""
    revoked_at: NotRequired[datetime | None]
    """When it was revoked."""
    former_valid_until: NotRequired[datetime | None]
    """Until when the secret from before its rotation works."""
    key: str
    """What a program sends as its bearer token."""


class ApiKeyPage(TypedDict):
    """A page of api keys."""

    items: list[ApiKey]
    next_cursor: str | None


class ApiKeyQuery(Closed):
    """The query parameters of a list of api keys."""

    limit: Annotated[int, Field(ge=1, le=100), whole] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] = ""


class ApiKeyCreate(Closed):
    """What a caller says of a new api key."""

    name: Annotated[Line, Field(min_length=1, max_length=100), cardless]
    """What it is for."""
    operations: Annotated[
        list[
            Literal[
                "api_key:list",
                "api_key:read",
                "billing_request:create",
                "billing_request:list",
                "billing_request:read",
                "customer:create",
                "customer:delete",
                "customer:list",
                "customer:read",
                "customer:update",
                "invitation:list",
                "invitation:read",
                "invoice:create",
                "invoice:delete",
                "invoice:list",
                "invoice:read",
                "invoice:remind",
                "invoice:send",
                "invoice:settle",
                "invoice:transmit",
                "invoice:update",
                "invoice:void",
                "invoice_line:create",
                "invoice_line:delete",
                "invoice_line:list",
                "invoice_line:lock",
                "invoice_line:read",
                "invoice_line:update",
                "member:list",
                "member:read",
                "meter_reading:list",
                "meter_reading:read",
                "organization:read",
                "organization:update",
                "payment:create",
                "payment:list",
                "payment:read",
                "payment:refund",
                "subscription:read",
                "webhook_delivery:list",
                "webhook_delivery:read",
                "webhook_endpoint:list",
                "webhook_endpoint:read",
            ]
        ],
        Field(
            min_length=1,
            max_length=43,
            fail_fast=True,
            json_schema_extra={"uniqueItems": True},
        ),
        distinct,
    ]
    """What it may do, as far as its member may."""
    networks: (
        Annotated[
            list[
                Annotated[
                    str,
                    Field(
                        min_length=9,
                        max_length=43,
                        pattern=r"^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])/(3[0-2]|[12]?[0-9])|(([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|([0-9a-f]{1,4}:){1,6}:)/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))$",
                    ),
                ]
            ],
            Field(min_length=1, max_length=20, fail_fast=True),
        ]
        | None
    ) = None
    """Where it works alone."""
    lifetime: Annotated[int, Field(ge=60, le=7776000), whole]
    """For how many seconds it works."""


class RotateApiKeyInput(Closed):
    """What a caller says to rotate."""

    lifetime: Annotated[int, Field(ge=60, le=7776000), whole]
    """For how many seconds it works."""
    overlap: Annotated[int, Field(ge=0, le=604800), whole] = 86400
    """For how many seconds the secret of before works on."""
