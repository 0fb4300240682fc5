"""What the operations on organizations do, once a request has passed the gate."""

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import changed, found
from invoicing.resources.organization import statements


async def read(call: Call) -> Answer:
    """Read an organization."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))


async def update(call: Call) -> Answer:
    """Change an organization."""
    row = await call.run(
        statements.UPDATE, call.id, call.match, call.body, call.request_id
    )
    return changed(row)
