"""The stored functions of invitations. Their SQL is in store/functions/invitation.sql."""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_invitations", 7)
CREATE: Final = call("create_invitation", 5)
READ: Final = call("read_invitation", 3)
REVOKE: Final = call("revoke_invitation", 5)
