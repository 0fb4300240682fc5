"""What the operations on api keys do, once a request has passed the gate."""

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import changed, created, found
from invoicing.gate.pages import arguments, page
from invoicing.gate.secrets import Secret
from invoicing.resources.api_key import statements


async def list_(call: Call) -> Answer:
    """List api keys."""
    limit, sort, key, last_id, filters = arguments(call, 20)
    row = await call.run(statements.LIST, limit, sort, key, last_id, filters)
    return page(row, call.query)


async def create(call: Call) -> Answer:
    """Create an api key."""
    secret = Secret()
    row = await call.run(statements.CREATE, call.body, secret.digest, call.request_id)
    return secret.told(call, created(row, "/api-keys"), row["id"], "key")


async def read(call: Call) -> Answer:
    """Read an api key."""
    row = await call.run(statements.READ, call.id)
    return found(row, call.headers.get(b"if-none-match"))


async def rotate(call: Call) -> Answer:
    """Make a new secret for an API key."""
    secret = Secret()
    row = await call.run(
        statements.ROTATE,
        call.id,
        call.match,
        call.body,
        secret.digest,
        call.request_id,
    )
    return secret.told(call, changed(row), call.id, "key")


async def revoke(call: Call) -> Answer:
    """Revoke an API key."""
    row = await call.run(statements.REVOKE, call.id, call.match, call.request_id)
    return changed(row)
