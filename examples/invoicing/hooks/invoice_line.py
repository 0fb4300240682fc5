"""What the actions on invoice lines do. Yours to write.

A hook runs inside the transaction of its action, on a row that is locked, for a caller who may
do this. What it returns is written to the row. To end an action without effect, call
`invoicing.gate.actions.refuse`: the caller gets a 409 with your reason.
"""

from invoicing.gate.actions import Action
from invoicing.resources.invoice_line.models import (
    InvoiceLineRow,
    LockInvoiceLineChanges,
)


async def lock(action: Action, invoice_line: InvoiceLineRow) -> LockInvoiceLineChanges:
    """Freezes the line once its invoice is sent.

    It may change amount, locked. So far it changes nothing.
    """
    return {}
