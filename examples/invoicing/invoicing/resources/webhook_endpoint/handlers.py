"""What the operations on webhook endpoints do, once a request has passed the gate."""

from invoicing.gate.answers import Answer
from invoicing.gate.derived import derived
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import changed, created, done, found
from invoicing.gate.pages import arguments, page
from invoicing.resources.webhook_endpoint import statements


async def list_(call: Call) -> Answer:
    """List webhook endpoints."""
    limit, sort, key, last_id, filters = arguments(call, 20)
    row = await call.run(statements.LIST, limit, sort, key, last_id, filters)
    return page(row, call.query)


async def create(call: Call) -> Answer:
    """Create a webhook endpoint."""
    row = await call.run(statements.CREATE, call.body, call.request_id)
    answer = created(row, "/webhook-endpoints")
    return derived(call, answer, row["id"], row["version"], "secret")


async def read(call: Call) -> Answer:
    """Read a webhook endpoint."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))


async def update(call: Call) -> Answer:
    """Change a webhook endpoint."""
    row = await call.run(
        statements.UPDATE, call.id, call.match, call.body, call.request_id
    )
    return changed(row)


async def delete(call: Call) -> Answer:
    """Delete a webhook endpoint."""
    return done(await call.run(statements.DELETE, call.id, call.match, call.request_id))


async def rotate(call: Call) -> Answer:
    """Make a new secret for a webhook endpoint."""
    row = await call.run(
        statements.ROTATE, call.id, call.match, call.body, call.request_id
    )
    return derived(call, changed(row), call.id, row["version"], "secret")
