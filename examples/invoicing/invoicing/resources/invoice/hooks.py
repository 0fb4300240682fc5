"""The hooks of invoices: what each action does is yours to write, in hooks/invoice.py."""

from typing import TYPE_CHECKING, Protocol

from invoicing.gate.actions import Action, hook
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

if TYPE_CHECKING:
    import hooks.invoice


class SendInvoice(Protocol):
    """Numbers, dates and mails the invoice to the customer."""

    async def __call__(
        self, action: Action, invoice: InvoiceRow, data: SendInvoiceInput, /
    ) -> SendInvoiceChanges: ...


class SettleInvoice(Protocol):
    """Marks the invoice as paid in full."""

    async def __call__(
        self, action: Action, invoice: InvoiceRow, /
    ) -> SettleInvoiceChanges: ...


class VoidInvoice(Protocol):
    """Void an invoice."""

    async def __call__(
        self, action: Action, invoice: InvoiceRow, data: VoidInvoiceInput, /
    ) -> VoidInvoiceChanges: ...


class TransmitInvoice(Protocol):
    """Hands the invoice to the e-invoicing network of the EU."""

    async def __call__(
        self, action: Action, invoice: InvoiceRow, /
    ) -> TransmitInvoiceChanges: ...


class RemindInvoice(Protocol):
    """Mails a reminder for each invoice that is overdue."""

    async def __call__(self, action: Action, data: RemindInvoiceInput, /) -> None: ...


send: SendInvoice = hook("invoice", "send")
settle: SettleInvoice = hook("invoice", "settle")
void: VoidInvoice = hook("invoice", "void")
transmit: TransmitInvoice = hook("invoice", "transmit")
remind: RemindInvoice = hook("invoice", "remind")

if TYPE_CHECKING:
    _send: SendInvoice = hooks.invoice.send
    _settle: SettleInvoice = hooks.invoice.settle
    _void: VoidInvoice = hooks.invoice.void
    _transmit: TransmitInvoice = hooks.invoice.transmit
    _remind: RemindInvoice = hooks.invoice.remind
