"""What travels: the answers of invoice lines, and what their operations accept."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from invoicing.types import Closed, Line, Stored, between, cardless, whole


class InvoiceLine(TypedDict):
    """An invoice line as an answer."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    invoice_id: UUID
    """The invoice that this belongs to."""
    owner_id: UUID
    """The member who created it."""
    position: int
    description: str
    quantity: str
    unit_price: int
    tax_rate: str
    amount: int | None
    locked: bool


class InvoiceLinePage(TypedDict):
    """A page of invoice lines."""

    items: list[InvoiceLine]
    next_cursor: str | None


class InvoiceLineQuery(Closed):
    """The query parameters of a list of invoice lines."""

    limit: Annotated[int, Field(ge=1, le=500), whole] = 100
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] = ""
    sort: Literal["position", "-position"] | None = None


class InvoiceLineCreate(Closed):
    """What a caller says of a new invoice line."""

    position: Annotated[int, Field(ge=1, le=500), whole]
    description: Annotated[Line, Field(min_length=1, max_length=300), cardless]
    quantity: Annotated[
        str,
        Field(max_length=12, pattern=r"^(0|[1-9][0-9]{0,6})(\.[0-9]{1,2})?$"),
        between("0.01", None),
    ]
    unit_price: Annotated[int, Field(ge=0, le=1000000000000000), whole]
    tax_rate: Annotated[
        str,
        Field(max_length=8, pattern=r"^(0|[1-9][0-9]{0,2})(\.[0-9]{1,2})?$"),
        between("0", "100"),
    ]


@with_config(ConfigDict(extra="forbid"))
class InvoiceLinePatch(TypedDict, total=False):
    """A merge patch of invoice line: what is absent stays, null removes."""

    position: Annotated[int, Field(ge=1, le=500), whole]
    description: Annotated[Line, Field(min_length=1, max_length=300), cardless]
    quantity: Annotated[
        str,
        Field(max_length=12, pattern=r"^(0|[1-9][0-9]{0,6})(\.[0-9]{1,2})?$"),
        between("0.01", None),
    ]
    unit_price: Annotated[int, Field(ge=0, le=1000000000000000), whole]
    tax_rate: Annotated[
        str,
        Field(max_length=8, pattern=r"^(0|[1-9][0-9]{0,2})(\.[0-9]{1,2})?$"),
        between("0", "100"),
    ]


@with_config(ConfigDict(extra="forbid"))
class LockInvoiceLineChanges(TypedDict, total=False):
    """What the hook may change."""

    amount: (
        Annotated[int, Field(ge=-1000000000000000, le=1000000000000000), whole] | None
    )
    locked: bool


class InvoiceLineRow(Stored):
    """An invoice line as it is stored."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    invoice_id: UUID
    owner_id: UUID
    position: int
    description: str
    quantity: str
    unit_price: int
    tax_rate: str
    amount: int | None
    locked: bool
