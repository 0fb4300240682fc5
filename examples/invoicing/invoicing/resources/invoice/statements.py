"""The stored functions of invoices. Their SQL is in store/functions/invoice.sql."""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_invoices", 7)
CREATE: Final = call("create_invoice", 6)
READ: Final = call("read_invoice", 3)
UPDATE: Final = call("update_invoice", 6)
DELETE: Final = call("delete_invoice", 5)
BEGIN: Final = call("invoice_begin_", 7)
FINISH: Final = call("invoice_finish_", 10)
