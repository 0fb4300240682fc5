"""What the actions on invoices do. Yours to write.

A hook runs inside the transaction of its action, on a row that is locked, for a caller who may
do this. What it returns is written to the row. To end an action without effect, call
`invoicing.gate.actions.refuse`: the caller gets a 409 with your reason.
"""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from invoicing.gate.actions import Action, refuse
from invoicing.gate.heard import Heard
from invoicing.resources.invoice.models import (
    InvoiceRow,
    OnPaymentsChargeSucceededInput,
    RemindInvoiceInput,
    SendInvoiceChanges,
    SendInvoiceInput,
    SettleInvoiceChanges,
    TransmitInvoiceChanges,
    VoidInvoiceChanges,
    VoidInvoiceInput,
)
from invoicing.work.hooks import CommittedRow

TOTAL = """
select sum(round(quantity * unit_price * (1 + tax_rate / 100)))::bigint as total
  from invoicing.invoice_line
 where tenant_id = $1 and invoice_id = $2
"""


async def send(
    action: Action, invoice: InvoiceRow, data: SendInvoiceInput
) -> SendInvoiceChanges:
    """Dates the invoice and adds its lines up; an invoice without lines is not sent."""
    total = await action.connection.fetchval(TOTAL, action.tenant_id, invoice.id)
    if total is None:
        refuse("an invoice needs a line")
    return {"status": "sent", "total": total, "issued_on": datetime.now(UTC).date()}


async def settle(action: Action, invoice: InvoiceRow) -> SettleInvoiceChanges:
    """Marks the invoice as paid in full, now."""
    return {"status": "paid", "paid_at": datetime.now(UTC)}


async def void(
    action: Action, invoice: InvoiceRow, data: VoidInvoiceInput
) -> VoidInvoiceChanges:
    """Takes a sent invoice back; what was sent stays on record."""
    return {"status": "void"}


async def transmit(action: Action, invoice: InvoiceRow) -> TransmitInvoiceChanges:
    """Gives the invoice the id that it has in the e-invoicing network."""
    return {"network_id": invoice.network_id or uuid4()}


async def after_send(committed: CommittedRow, data: SendInvoiceInput) -> None:
    """Nothing yet: this is where the invoice is mailed, with `committed.id` as the key."""


async def remind(action: Action, data: RemindInvoiceInput) -> None:
    """Nothing yet: this agency still telephones."""


async def on_payments_charge_succeeded(
    event: Heard, data: OnPaymentsChargeSucceededInput
) -> UUID | None:
    """Settles the invoice that a transfer names, if it is paid in full."""
    invoice = await event.connection.fetchrow(
        "select id, total from invoicing.invoice where tenant_id = $1 and number = $2",
        event.tenant_id,
        data.number,
    )
    if invoice is None or invoice["total"] != data.amount:
        return None
    found: UUID = invoice["id"]
    return found
