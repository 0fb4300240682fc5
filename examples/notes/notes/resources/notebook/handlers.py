"""What the operations on notebooks do, once a request has passed the gate."""

from notes.gate.answers import Answer
from notes.gate.operation import Call
from notes.gate.outcomes import changed, created, done, found
from notes.gate.pages import arguments, page
from notes.resources.notebook import statements


async def list_(call: Call) -> Answer:
    """List notebooks."""
    limit, sort, key, last_id, filters = arguments(call, 20)
    row = await call.run(statements.LIST, limit, sort, key, last_id, filters)
    return page(row, call.query)


async def create(call: Call) -> Answer:
    """Create a notebook."""
    row = await call.run(
        statements.CREATE,
        call.body,
        call.idempotency_key,
        call.fingerprint,
        call.request_id,
    )
    return created(row, "/notebooks")


async def read(call: Call) -> Answer:
    """Read a notebook."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))


async def update(call: Call) -> Answer:
    """Change a notebook."""
    row = await call.run(
        statements.UPDATE, call.id, call.match, call.body, call.request_id
    )
    return changed(row)


async def delete(call: Call) -> Answer:
    """Delete a notebook."""
    return done(await call.run(statements.DELETE, call.id, call.match, call.request_id))
