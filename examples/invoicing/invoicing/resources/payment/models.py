"""What travels: the answers of payments, and what their operations accept."""

from datetime import date, datetime
from typing import Annotated, Literal, NotRequired
from uuid import UUID

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from invoicing.types import Closed, Date, DateTime, Line, Stored, Uuid, cardless, whole


class Payment(TypedDict):
    """A payment as an answer."""

    id: UUID
    version: int
    created_at: NotRequired[datetime]
    updated_at: NotRequired[datetime]
    recorded_by: NotRequired[UUID]
    """The member who created it."""
    invoice_id: NotRequired[UUID]
    amount: NotRequired[int]
    method: NotRequired[Literal["bank_transfer", "card", "direct_debit", "cash"]]
    mode: NotRequired[Literal["live", "test"]]
    received_on: NotRequired[date]
    payer_account: NotRequired[str | None]
    provider_reference: NotRequired[str | None]
    status: NotRequired[Literal["received", "refunded"]]
    refunded_at: NotRequired[datetime | None]


class PaymentPage(TypedDict):
    """A page of payments."""

    items: list[Payment]
    next_cursor: str | None


class PaymentQuery(Closed):
    """The query parameters of a list of payments."""

    limit: Annotated[int, Field(ge=1, le=100), whole] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] = ""
    sort: Literal["received_on", "-received_on"] | None = None
    invoice_id: Uuid | None = None
    amount_gte: Annotated[int, Field(ge=1, le=1000000000000000), whole] | None = Field(
        default=None, alias="amount.gte"
    )
    amount_lte: Annotated[int, Field(ge=1, le=1000000000000000), whole] | None = Field(
        default=None, alias="amount.lte"
    )
    method: Literal["bank_transfer", "card", "direct_debit", "cash"] | None = None
    method_in: (
        Annotated[
            list[Literal["bank_transfer", "card", "direct_debit", "cash"]],
            Field(min_length=1, max_length=100),
        ]
        | None
    ) = Field(default=None, alias="method.in")
    received_on_gte: Date | None = Field(default=None, alias="received_on.gte")
    received_on_lte: Date | None = Field(default=None, alias="received_on.lte")
    status: Literal["received", "refunded"] | None = None


@with_config(ConfigDict(extra="forbid"))
class PaymentSearch(TypedDict, total=False):
    """A search of payments: the query of their list, as a body."""

    limit: Annotated[int, Field(ge=1, le=100), whole]
    cursor: Annotated[str, Field(min_length=1, max_length=1024)]
    sort: Literal["received_on", "-received_on"]
    invoice_id: Uuid
    amount_gte: Annotated[
        int, Field(ge=1, le=1000000000000000), whole, Field(alias="amount.gte")
    ]
    amount_lte: Annotated[
        int, Field(ge=1, le=1000000000000000), whole, Field(alias="amount.lte")
    ]
    method: Literal["bank_transfer", "card", "direct_debit", "cash"]
    method_in: Annotated[
        list[Literal["bank_transfer", "card", "direct_debit", "cash"]],
        Field(min_length=1, max_length=100),
        Field(alias="method.in"),
    ]
    received_on_gte: Annotated[Date, Field(alias="received_on.gte")]
    received_on_lte: Annotated[Date, Field(alias="received_on.lte")]
    provider_reference: Annotated[Line, Field(max_length=80), cardless]
    status: Literal["received", "refunded"]


class PaymentCreate(Closed):
    """What a caller says of a new payment."""

    invoice_id: Uuid
    amount: Annotated[int, Field(ge=1, le=1000000000000000), whole]
    method: Literal["bank_transfer", "card", "direct_debit", "cash"]
    mode: Literal["live", "test"] = "live"
    received_on: Date
    payer_account: Annotated[Line, Field(max_length=34), cardless] | None = None
    provider_reference: Annotated[Line, Field(max_length=80), cardless] | None = None


class RefundPaymentInput(Closed):
    """What a caller says to refund."""

    reason: Annotated[Line, Field(min_length=1, max_length=300), cardless]


@with_config(ConfigDict(extra="forbid"))
class RefundPaymentChanges(TypedDict, total=False):
    """What the hook may change."""

    status: Literal["received", "refunded"]
    refunded_at: DateTime | None


class PaymentRow(Stored):
    """A payment as it is stored."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    recorded_by: UUID
    invoice_id: UUID
    amount: int
    method: Literal["bank_transfer", "card", "direct_debit", "cash"]
    mode: Literal["live", "test"]
    received_on: date
    payer_account: str | None
    provider_reference: str | None
    status: Literal["received", "refunded"]
    refunded_at: datetime | None
