"""What the actions on invoices do. Yours to write.

A hook runs inside the transaction of its action, on a row that is locked, for a caller who may
do this. What it returns is written to the row. To end an action without effect, call
`invoicing.gate.actions.refuse`: the caller gets a 409 with your reason.
"""

from invoicing.gate.actions import Action
from invoicing.resources.invoice.models import (
    InvoiceRow,
    RemindInvoiceInput,
    SendInvoiceChanges,
    SendInvoiceInput,
    SettleInvoiceChanges,
    TransmitInvoiceChanges,
    VoidInvoiceChanges,
    VoidInvoiceInput,
)


async def send(
    action: Action, invoice: InvoiceRow, data: SendInvoiceInput
) -> SendInvoiceChanges:
    """Numbers, dates and mails the invoice to the customer.

    It may change status, total, issued_on. So far it changes nothing.
    """
    return {}


async def settle(action: Action, invoice: InvoiceRow) -> SettleInvoiceChanges:
    """Marks the invoice as paid in full.

    It may change status, total, paid_at. So far it changes nothing.
    """
    return {}


async def void(
    action: Action, invoice: InvoiceRow, data: VoidInvoiceInput
) -> VoidInvoiceChanges:
    """Void an invoice.

    It may change status, total. So far it changes nothing.
    """
    return {}


async def transmit(action: Action, invoice: InvoiceRow) -> TransmitInvoiceChanges:
    """Hands the invoice to the e-invoicing network of the EU.

    It may change total, network_id. So far it changes nothing.
    """
    return {}


async def remind(action: Action, data: RemindInvoiceInput) -> None:
    """Mails a reminder for each invoice that is overdue.

    So far it does nothing.
    """
