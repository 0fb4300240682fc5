"""What the operations on billing requests do, once a request has passed the gate."""

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import created, found
from invoicing.gate.pages import arguments, page
from invoicing.resources.billing_request import statements


async def list_(call: Call) -> Answer:
    """List billing requests."""
    limit, sort, key, last_id, filters = arguments(call, 20)
    row = await call.run(statements.LIST, limit, sort, key, last_id, filters)
    return page(row, call.query)


async def create(call: Call) -> Answer:
    """Create a billing request."""
    row = await call.run(
        statements.CREATE,
        call.body,
        call.idempotency_key,
        call.fingerprint,
        call.request_id,
    )
    return created(row, "/billing-requests")


async def read(call: Call) -> Answer:
    """Read a billing request."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))
