"""The hooks of payments: what each action does is yours to write, in hooks/payment.py."""

from typing import TYPE_CHECKING, Protocol

from invoicing.gate.actions import Action, hook
from invoicing.resources.payment.models import (
    PaymentRow,
    RefundPaymentChanges,
    RefundPaymentInput,
)

if TYPE_CHECKING:
    import hooks.payment


class RefundPayment(Protocol):
    """Refund a payment."""

    async def __call__(
        self, action: Action, payment: PaymentRow, data: RefundPaymentInput, /
    ) -> RefundPaymentChanges: ...


refund: RefundPayment = hook("payment", "refund")

if TYPE_CHECKING:
    _refund: RefundPayment = hooks.payment.refund
