"""What the actions on payments do. Yours to write."""

from datetime import UTC, datetime

from invoicing.gate.actions import Action
from invoicing.resources.payment.models import (
    PaymentRow,
    RefundPaymentChanges,
    RefundPaymentInput,
)


async def refund(
    action: Action, payment: PaymentRow, data: RefundPaymentInput
) -> RefundPaymentChanges:
    """Marks the payment as given back, now."""
    return {"status": "refunded", "refunded_at": datetime.now(UTC)}
