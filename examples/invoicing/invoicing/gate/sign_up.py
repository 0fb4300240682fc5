"""Signing up: how somebody makes a tenant and is its first member."""

from typing import Final
from uuid import uuid4

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.store.statements import call as calling

SIGN_UP: Final = calling("sign_up", 4)


async def sign_up(call: Call) -> Answer:
    """Makes a tenant, whatever tenant the token names."""
    row = await call.database.run(
        SIGN_UP, str(uuid4()), call.principal.caller, call.body, call.request_id
    )
    found = call.decided(row)
    return Answer(201, found["body"].encode(), outcome=found["outcome"])
