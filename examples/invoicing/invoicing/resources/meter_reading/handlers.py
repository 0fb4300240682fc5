"""What the operations on meter readings do, once a request has passed the gate."""

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import found
from invoicing.gate.pages import arguments, page
from invoicing.resources.meter_reading import statements


async def list_(call: Call) -> Answer:
    """List meter readings."""
    limit, sort, key, last_id, filters = arguments(call, 20)
    row = await call.run(statements.LIST, limit, sort, key, last_id, filters)
    return page(row, call.query)


async def read(call: Call) -> Answer:
    """Read a meter reading."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))
