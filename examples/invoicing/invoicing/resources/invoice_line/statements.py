"""The stored functions of invoice lines, each named by the digest of its text.

Their SQL is in store/functions/invoice_line.sql.
"""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_invoice_lines_387c6038", 8)
CREATE: Final = call("create_invoice_line_4ccb102b", 7)
READ: Final = call("read_invoice_line_8fa04fa3", 4)
UPDATE: Final = call("update_invoice_line_e71ba788", 6)
DELETE: Final = call("delete_invoice_line_557dd623", 5)
LOCK_BEGIN: Final = call("lock_invoice_line_begin_d1bfbca5", 6)
LOCK_FINISH: Final = call("lock_invoice_line_finish_36f02cd6", 8)
