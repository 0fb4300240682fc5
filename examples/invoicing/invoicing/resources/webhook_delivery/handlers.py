"""What the operations on webhook deliveries do, once a request has passed the gate."""

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import changed, found
from invoicing.gate.pages import arguments, page
from invoicing.resources.webhook_delivery import statements


async def list_(call: Call) -> Answer:
    """List webhook deliveries."""
    limit, sort, key, last_id, filters = arguments(call, 20)
    row = await call.run(statements.LIST, limit, sort, key, last_id, filters)
    return page(row, call.query)


async def read(call: Call) -> Answer:
    """Read a webhook delivery."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))


async def retry(call: Call) -> Answer:
    """Try a webhook delivery again."""
    row = await call.run(statements.RETRY, call.id, call.match, call.request_id)
    return changed(row)
