"""The stored functions of customers, each named by the digest of its text.

Their SQL is in store/functions/customer.sql.
"""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_customers_1305e3ff", 7)
CREATE: Final = call("create_customer_0febf13d", 6)
READ: Final = call("read_customer_4bc08cde", 4)
UPDATE: Final = call("update_customer_1e4c3277", 6)
DELETE: Final = call("delete_customer_ea5740a1", 5)
