"""What the operations on customers do, once a request has passed the gate."""

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import changed, created, done, found
from invoicing.gate.pages import arguments, page
from invoicing.resources.customer import statements


async def list_(call: Call) -> Answer:
    """List customers."""
    limit, sort, key, last_id, filters = arguments(call, 20)
    row = await call.run(statements.LIST, limit, sort, key, last_id, filters)
    return page(row, call.query)


async def search(call: Call) -> Answer:
    """Search customers."""
    return await list_(call.asked_in_body())


async def create(call: Call) -> Answer:
    """Create a customer."""
    row = await call.run(
        statements.CREATE,
        call.body,
        call.idempotency_key,
        call.fingerprint,
        call.request_id,
    )
    return created(row, "/customers")


async def read(call: Call) -> Answer:
    """Read a customer."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))


async def update(call: Call) -> Answer:
    """Change a customer."""
    row = await call.run(
        statements.UPDATE, call.id, call.match, call.body, call.request_id
    )
    return changed(row)


async def delete(call: Call) -> Answer:
    """Delete a customer."""
    return done(await call.run(statements.DELETE, call.id, call.match, call.request_id))
