"""Accepting an invitation: how somebody becomes a member of a tenant that is there."""

import json
from typing import Final

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.outcomes import refuse
from invoicing.gate.secrets import read
from invoicing.store.statements import call as calling

WORD: Final = "invitation"
"""What stands in the text of such a token."""
ACCEPT: Final = calling("accept_invitation", 5)


async def accept(call: Call) -> Answer:
    """Makes the caller a member. Of a token that is no good, nobody is told why."""
    shown = read(json.loads(call.body)["token"], call.environment, WORD)
    if shown is None or shown.tenant_id != call.principal.tenant_id:
        raise refuse("invitation_unknown")
    row = await call.run(ACCEPT, shown.row_id, shown.digest, call.request_id)
    return Answer(200, row["body"].encode(), outcome=row["outcome"])
