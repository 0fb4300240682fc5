"""What this release needs to find in the database."""

from typing import Final


def call(function: str, parameters: int) -> str:
    """The statement that calls a stored function with so many parameters."""
    places = ", ".join(f"${number}" for number in range(1, parameters + 1))
    return f"select * from invoicing.{function}({places})"  # noqa: S608 - our own names


TABLES: Final = (
    "organization",
    "member",
    "audit_event",
    "idempotency_key",
    "customer",
    "invoice",
    "invoice_line",
    "payment",
)
FUNCTIONS: Final = (
    "claim_fc330160",
    "create_customer_f6f2fd91",
    "create_invoice_11b0c5bb",
    "create_invoice_line_4ccb102b",
    "create_payment_3a5bc6e7",
    "delete_customer_6eb02aa3",
    "delete_invoice_3449d4d6",
    "delete_invoice_line_557dd623",
    "enter_963651a9",
    "list_customers_54f164e6",
    "list_invoice_lines_387c6038",
    "list_invoices_cba849e4",
    "list_payments_91db0f70",
    "lock_invoice_line_begin_d1bfbca5",
    "lock_invoice_line_finish_36f02cd6",
    "merge_a67b2e47",
    "read_customer_fea1737a",
    "read_invoice_bd30c332",
    "read_invoice_line_8fa04fa3",
    "read_payment_f50d664f",
    "refund_payment_begin_44f8935c",
    "refund_payment_finish_daeb8e14",
    "refusal_0cf065af",
    "remember_228da003",
    "remind_invoice_begin_f6c08940",
    "remind_invoice_finish_3cb83994",
    "send_invoice_begin_2beac9e9",
    "send_invoice_finish_f28c8ab4",
    "settle_invoice_begin_a2829fc1",
    "settle_invoice_finish_214d53e5",
    "transmit_invoice_begin_9d84a1b9",
    "transmit_invoice_finish_dcbff394",
    "update_customer_0195f70e",
    "update_invoice_1e65c386",
    "update_invoice_line_e71ba788",
    "void_invoice_begin_a1541d39",
    "void_invoice_finish_3d577d89",
)
