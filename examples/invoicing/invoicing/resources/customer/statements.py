"""The stored functions of customers. Their SQL is in store/functions/customer.sql."""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_customers", 7)
CREATE: Final = call("create_customer", 6)
READ: Final = call("read_customer", 3)
UPDATE: Final = call("update_customer", 6)
DELETE: Final = call("delete_customer", 5)
