"""What the operations on invitations do, once a request has passed the gate."""

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import changed, created, found
from invoicing.gate.pages import arguments, page
from invoicing.gate.secrets import Secret
from invoicing.resources.invitation import statements


async def list_(call: Call) -> Answer:
    """List invitations."""
    limit, sort, key, last_id, filters = arguments(call, 20)
    row = await call.run(statements.LIST, limit, sort, key, last_id, filters)
    return page(row, call.query)


async def create(call: Call) -> Answer:
    """Create an invitation."""
    secret = Secret()
    row = await call.run(statements.CREATE, call.body, secret.digest, call.request_id)
    return secret.told(
        call, created(row, "/invitations"), row["id"], "token", "invitation"
    )


async def read(call: Call) -> Answer:
    """Read an invitation."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))


async def revoke(call: Call) -> Answer:
    """Take an invitation back."""
    row = await call.run(statements.REVOKE, call.id, call.match, call.request_id)
    return changed(row)
