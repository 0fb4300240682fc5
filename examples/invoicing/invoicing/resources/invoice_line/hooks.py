"""The hooks of invoice lines: what each action does is yours to write, in hooks/invoice_line.py."""

from typing import TYPE_CHECKING, Protocol

from invoicing.gate.actions import Action, hook
from invoicing.resources.invoice_line.models import (
    InvoiceLineRow,
    LockInvoiceLineChanges,
)

if TYPE_CHECKING:
    import hooks.invoice_line


class LockInvoiceLine(Protocol):
    """Freezes the line once its invoice is sent."""

    async def __call__(
        self, action: Action, invoice_line: InvoiceLineRow, /
    ) -> LockInvoiceLineChanges: ...


lock: LockInvoiceLine = hook("invoice_line", "lock")

if TYPE_CHECKING:
    _lock: LockInvoiceLine = hooks.invoice_line.lock
