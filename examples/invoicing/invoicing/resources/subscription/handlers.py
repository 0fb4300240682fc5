"""What the operations on subscriptions do, once a request has passed the gate."""

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import found
from invoicing.resources.subscription import statements


async def read(call: Call) -> Answer:
    """Read a subscription."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))
