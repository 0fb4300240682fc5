"""The stored functions of members. Their SQL is in store/functions/member.sql."""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_members", 7)
READ: Final = call("read_member", 3)
ASSIGN: Final = call("assign_member", 6)
DEACTIVATE: Final = call("deactivate_member", 5)
REACTIVATE: Final = call("reactivate_member", 5)
SIGN_OUT: Final = call("sign_out_member", 5)
