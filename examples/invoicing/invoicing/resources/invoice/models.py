"""What travels: the answers of invoices, and what their operations accept."""

from datetime import date, datetime
from typing import Annotated, Literal, NotRequired
from uuid import UUID

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from invoicing.types import (
    Closed,
    Date,
    DateTime,
    Email,
    Line,
    Stored,
    Text,
    Uuid,
    cardless,
    whole,
)


class Invoice(TypedDict):
    """An invoice as an answer."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    owner_id: UUID
    """The member who created it."""
    number: str
    title: NotRequired[str]
    customer_id: UUID
    region: Literal["eu", "us"]
    status: Literal["draft", "sent", "paid", "void"]
    total: int | None
    issued_on: date | None
    due_on: date
    paid_at: datetime | None
    network_id: UUID | None
    """What the national e-invoicing network calls this invoice."""


class InvoicePage(TypedDict):
    """A page of invoices."""

    items: list[Invoice]
    next_cursor: str | None


class InvoiceQuery(Closed):
    """The query parameters of a list of invoices."""

    limit: Annotated[int, Field(ge=1, le=100), whole] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] = ""
    sort: Literal["number", "-number", "due_on", "-due_on"] | None = None
    number: (
        Annotated[str, Field(max_length=16, pattern=r"^[A-Z]{2,4}-[0-9]{4,8}$")] | None
    ) = None
    number_prefix: Annotated[Line, Field(min_length=1, max_length=16)] | None = Field(
        default=None, alias="number.prefix"
    )
    customer_id: Uuid | None = None
    customer_id_in: (
        Annotated[list[Uuid], Field(min_length=1, max_length=100)] | None
    ) = Field(default=None, alias="customer_id.in")
    region: Literal["eu", "us"] | None = None
    status: Literal["draft", "sent", "paid", "void"] | None = None
    status_in: (
        Annotated[
            list[Literal["draft", "sent", "paid", "void"]],
            Field(min_length=1, max_length=100),
        ]
        | None
    ) = Field(default=None, alias="status.in")
    issued_on_gte: Date | None = Field(default=None, alias="issued_on.gte")
    issued_on_lte: Date | None = Field(default=None, alias="issued_on.lte")
    due_on_gte: Date | None = Field(default=None, alias="due_on.gte")
    due_on_lte: Date | None = Field(default=None, alias="due_on.lte")
    paid_at_gte: DateTime | None = Field(default=None, alias="paid_at.gte")
    paid_at_lt: DateTime | None = Field(default=None, alias="paid_at.lt")


class InvoiceCreate(Closed):
    """What a caller says of a new invoice."""

    number: Annotated[str, Field(max_length=16, pattern=r"^[A-Z]{2,4}-[0-9]{4,8}$")]
    title: Annotated[Line, Field(max_length=200), cardless]
    customer_id: Uuid
    region: Literal["eu", "us"]
    due_on: Date


@with_config(ConfigDict(extra="forbid"))
class InvoicePatch(TypedDict, total=False):
    """A merge patch of invoice: what is absent stays, null removes."""

    title: Annotated[Line, Field(max_length=200), cardless]
    customer_id: Uuid
    due_on: Date


class SendInvoiceInput(Closed):
    """What a caller says to send."""

    message: Annotated[Text, Field(max_length=2000), cardless] | None = None
    copy_to: (
        Annotated[
            list[Annotated[Email, Field(max_length=254), cardless]],
            Field(max_length=5, fail_fast=True),
        ]
        | None
    ) = None


@with_config(ConfigDict(extra="forbid"))
class SendInvoiceChanges(TypedDict, total=False):
    """What the hook may change."""

    status: Literal["draft", "sent", "paid", "void"]
    total: (
        Annotated[int, Field(ge=-1000000000000000, le=1000000000000000), whole] | None
    )
    issued_on: Date | None


@with_config(ConfigDict(extra="forbid"))
class SettleInvoiceChanges(TypedDict, total=False):
    """What the hook may change."""

    status: Literal["draft", "sent", "paid", "void"]
    total: (
        Annotated[int, Field(ge=-1000000000000000, le=1000000000000000), whole] | None
    )
    paid_at: DateTime | None


class VoidInvoiceInput(Closed):
    """What a caller says to void."""

    reason: Annotated[Line, Field(min_length=1, max_length=300), cardless]


@with_config(ConfigDict(extra="forbid"))
class VoidInvoiceChanges(TypedDict, total=False):
    """What the hook may change."""

    status: Literal["draft", "sent", "paid", "void"]
    total: (
        Annotated[int, Field(ge=-1000000000000000, le=1000000000000000), whole] | None
    )


@with_config(ConfigDict(extra="forbid"))
class TransmitInvoiceChanges(TypedDict, total=False):
    """What the hook may change."""

    total: (
        Annotated[int, Field(ge=-1000000000000000, le=1000000000000000), whole] | None
    )
    network_id: Uuid | None
    """What the national e-invoicing network calls this invoice."""


class RemindInvoiceInput(Closed):
    """What a caller says to remind."""

    overdue_for: Annotated[int, Field(ge=86400, le=31536000), whole] = 1209600


class OnPaymentsChargeSucceededInput(Closed):
    """What on_payments_charge_succeeded is told."""

    number: Annotated[Line, Field(max_length=16), cardless]
    amount: Annotated[int, Field(ge=1, le=1000000000000000), whole]


class InvoiceRow(Stored):
    """An invoice as it is stored."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    owner_id: UUID
    number: str
    title: str
    customer_id: UUID
    region: Literal["eu", "us"]
    status: Literal["draft", "sent", "paid", "void"]
    total: int | None
    issued_on: date | None
    due_on: date
    paid_at: datetime | None
    network_id: UUID | None
