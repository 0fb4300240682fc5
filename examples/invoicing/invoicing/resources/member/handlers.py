"""What the operations on members do, once a request has passed the gate."""

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import changed, found
from invoicing.gate.pages import arguments, page
from invoicing.resources.member import statements


async def list_(call: Call) -> Answer:
    """List members."""
    limit, sort, key, last_id, filters = arguments(call, 20)
    row = await call.run(statements.LIST, limit, sort, key, last_id, filters)
    return page(row, call.query)


async def read(call: Call) -> Answer:
    """Read a member."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))


async def assign(call: Call) -> Answer:
    """Change the roles of a member."""
    row = await call.run(
        statements.ASSIGN, call.id, call.match, call.body, call.request_id
    )
    return changed(row)


async def deactivate(call: Call) -> Answer:
    """Let a member in no more."""
    row = await call.run(statements.DEACTIVATE, call.id, call.match, call.request_id)
    return changed(row)


async def reactivate(call: Call) -> Answer:
    """Let a member in again."""
    row = await call.run(statements.REACTIVATE, call.id, call.match, call.request_id)
    return changed(row)


async def sign_out(call: Call) -> Answer:
    """Refuse the tokens that a member has."""
    row = await call.run(statements.SIGN_OUT, call.id, call.match, call.request_id)
    return changed(row)
