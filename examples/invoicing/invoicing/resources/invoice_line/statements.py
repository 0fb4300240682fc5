"""The stored functions of invoice lines. Their SQL is in store/functions/invoice_line.sql."""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_invoice_lines", 8)
CREATE: Final = call("create_invoice_line", 7)
READ: Final = call("read_invoice_line", 3)
UPDATE: Final = call("update_invoice_line", 6)
DELETE: Final = call("delete_invoice_line", 5)
BEGIN: Final = call("invoice_line_begin_", 7)
FINISH: Final = call("invoice_line_finish_", 10)
