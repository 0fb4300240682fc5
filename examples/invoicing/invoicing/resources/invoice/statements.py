"""The stored functions of invoices, each named by the digest of its text.

Their SQL is in store/functions/invoice.sql.
"""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_invoices_72376165", 7)
CREATE: Final = call("create_invoice_dbeee0a5", 6)
READ: Final = call("read_invoice_3ede0ac0", 4)
UPDATE: Final = call("update_invoice_44e6f7cc", 6)
DELETE: Final = call("delete_invoice_bf98007c", 5)
SEND_BEGIN: Final = call("send_invoice_begin_4ac5a153", 6)
SEND_FINISH: Final = call("send_invoice_finish_c81b40e9", 8)
SETTLE_BEGIN: Final = call("settle_invoice_begin_a13254aa", 6)
SETTLE_FINISH: Final = call("settle_invoice_finish_d9d16189", 8)
VOID_BEGIN: Final = call("void_invoice_begin_dd2e4f10", 6)
VOID_FINISH: Final = call("void_invoice_finish_492ce719", 8)
TRANSMIT_BEGIN: Final = call("transmit_invoice_begin_2a42dc9f", 6)
TRANSMIT_FINISH: Final = call("transmit_invoice_finish_42d839cc", 8)
REMIND_BEGIN: Final = call("remind_invoice_begin_f2eff731", 4)
REMIND_FINISH: Final = call("remind_invoice_finish_655b2382", 5)
