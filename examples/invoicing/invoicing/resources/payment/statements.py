"""The stored functions of payments, each named by the digest of its text.

Their SQL is in store/functions/payment.sql.
"""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_payments_499e6b5e", 7)
CREATE: Final = call("create_payment_5421b69f", 6)
READ: Final = call("read_payment_723acb69", 4)
REFUND_BEGIN: Final = call("refund_payment_begin_aae26aff", 6)
REFUND_FINISH: Final = call("refund_payment_finish_6b545a4b", 8)
