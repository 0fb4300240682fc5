"""The stored functions of payments, each named by the digest of its text.

Their SQL is in store/functions/payment.sql.
"""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_payments_91db0f70", 7)
CREATE: Final = call("create_payment_3a5bc6e7", 6)
READ: Final = call("read_payment_f50d664f", 4)
REFUND_BEGIN: Final = call("refund_payment_begin_44f8935c", 6)
REFUND_FINISH: Final = call("refund_payment_finish_daeb8e14", 8)
