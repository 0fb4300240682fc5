"""The stored functions of billing requests. Their SQL is in store/functions/billing_request.sql."""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_billing_requests", 7)
CREATE: Final = call("create_billing_request", 6)
READ: Final = call("read_billing_request", 3)
