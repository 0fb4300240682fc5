"""What the actions on invoice lines do. Yours to write."""

from invoicing.gate.actions import Action
from invoicing.resources.invoice_line.models import (
    InvoiceLineRow,
    LockInvoiceLineChanges,
)


async def lock(action: Action, invoice_line: InvoiceLineRow) -> LockInvoiceLineChanges:
    """Freezes the line."""
    return {"locked": True}
