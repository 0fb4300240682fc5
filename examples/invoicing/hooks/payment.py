"""What the actions on payments do. Yours to write.

A hook runs inside the transaction of its action, on a row that is locked, for a caller who may
do this. What it returns is written to the row. To end an action without effect, call
`invoicing.gate.actions.refuse`: the caller gets a 409 with your reason.
"""

from invoicing.gate.actions import Action
from invoicing.resources.payment.models import (
    PaymentRow,
    RefundPaymentChanges,
    RefundPaymentInput,
)


async def refund(
    action: Action, payment: PaymentRow, data: RefundPaymentInput
) -> RefundPaymentChanges:
    """Refund a payment.

    It may change status, refunded_at. So far it changes nothing.
    """
    return {}
