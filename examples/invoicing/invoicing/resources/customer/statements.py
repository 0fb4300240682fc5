"""The stored functions of customers, each named by the digest of its text.

Their SQL is in store/functions/customer.sql.
"""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_customers_54f164e6", 7)
CREATE: Final = call("create_customer_f6f2fd91", 6)
READ: Final = call("read_customer_fea1737a", 4)
UPDATE: Final = call("update_customer_0195f70e", 6)
DELETE: Final = call("delete_customer_6eb02aa3", 5)
