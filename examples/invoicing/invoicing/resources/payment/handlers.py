"""What the operations on payments do, once a request has passed the gate."""

from pydantic import TypeAdapter

from invoicing.gate.actions import begin
from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import changed, created, found
from invoicing.gate.pages import arguments, page
from invoicing.resources.payment import hooks, statements
from invoicing.resources.payment.models import (
    PaymentRow,
    RefundPaymentChanges,
    RefundPaymentInput,
)

REFUND_CHANGES = TypeAdapter(RefundPaymentChanges)


async def list_(call: Call) -> Answer:
    """List payments."""
    limit, sort, key, last_id, filters = arguments(call, 20)
    row = await call.run(statements.LIST, limit, sort, key, last_id, filters)
    return page(row, call.query)


async def search(call: Call) -> Answer:
    """Search payments."""
    return await list_(call.asked_in_body())


async def create(call: Call) -> Answer:
    """Create a payment."""
    row = await call.run(
        statements.CREATE,
        call.body,
        call.idempotency_key,
        call.fingerprint,
        call.request_id,
    )
    return created(row, "/payments")


async def read(call: Call) -> Answer:
    """Read a payment."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))


async def refund(call: Call) -> Answer:
    """Refund a payment."""
    async with begin(call, statements.BEGIN, "refund", call.id, call.match) as work:
        if work.earlier is not None:
            return changed(work.earlier)
        row = PaymentRow.model_validate_json(work.body)
        changes = await hooks.refund(
            work.action, row, RefundPaymentInput.model_validate_json(call.body)
        )
        checked = REFUND_CHANGES.validate_python(changes, strict=True)
        return await work.finish_item(
            statements.FINISH, REFUND_CHANGES.dump_json(checked, by_alias=True)
        )
