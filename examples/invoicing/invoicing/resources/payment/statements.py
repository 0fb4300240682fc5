"""The stored functions of payments. Their SQL is in store/functions/payment.sql."""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_payments", 7)
CREATE: Final = call("create_payment", 6)
READ: Final = call("read_payment", 3)
BEGIN: Final = call("payment_begin_", 7)
FINISH: Final = call("payment_finish_", 10)
