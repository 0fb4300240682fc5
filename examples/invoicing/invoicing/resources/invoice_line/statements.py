"""The stored functions of invoice lines, each named by the digest of its text.

Their SQL is in store/functions/invoice_line.sql.
"""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_invoice_lines_523a0dde", 8)
CREATE: Final = call("create_invoice_line_ce7143bf", 7)
READ: Final = call("read_invoice_line_7649f3ae", 4)
UPDATE: Final = call("update_invoice_line_6394c5f7", 6)
DELETE: Final = call("delete_invoice_line_43793133", 5)
LOCK_BEGIN: Final = call("lock_invoice_line_begin_53dca172", 6)
LOCK_FINISH: Final = call("lock_invoice_line_finish_9ee0134e", 8)
