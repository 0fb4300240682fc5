"""The stored functions of invoices, each named by the digest of its text.

Their SQL is in store/functions/invoice.sql.
"""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_invoices_cba849e4", 7)
CREATE: Final = call("create_invoice_11b0c5bb", 6)
READ: Final = call("read_invoice_bd30c332", 4)
UPDATE: Final = call("update_invoice_1e65c386", 6)
DELETE: Final = call("delete_invoice_3449d4d6", 5)
SEND_BEGIN: Final = call("send_invoice_begin_2beac9e9", 6)
SEND_FINISH: Final = call("send_invoice_finish_f28c8ab4", 8)
SETTLE_BEGIN: Final = call("settle_invoice_begin_a2829fc1", 6)
SETTLE_FINISH: Final = call("settle_invoice_finish_214d53e5", 8)
VOID_BEGIN: Final = call("void_invoice_begin_a1541d39", 6)
VOID_FINISH: Final = call("void_invoice_finish_3d577d89", 8)
TRANSMIT_BEGIN: Final = call("transmit_invoice_begin_9d84a1b9", 6)
TRANSMIT_FINISH: Final = call("transmit_invoice_finish_dcbff394", 8)
REMIND_BEGIN: Final = call("remind_invoice_begin_f6c08940", 4)
REMIND_FINISH: Final = call("remind_invoice_finish_3cb83994", 5)
