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
    "create_customer_0febf13d",
    "create_invoice_dbeee0a5",
    "create_invoice_line_ce7143bf",
    "create_payment_5421b69f",
    "delete_customer_ea5740a1",
    "delete_invoice_bf98007c",
    "delete_invoice_line_43793133",
    "enter_963651a9",
    "list_customers_1305e3ff",
    "list_invoice_lines_523a0dde",
    "list_invoices_72376165",
    "list_payments_499e6b5e",
    "lock_invoice_line_begin_53dca172",
    "lock_invoice_line_finish_9ee0134e",
    "merge_a67b2e47",
    "read_customer_4bc08cde",
    "read_invoice_3ede0ac0",
    "read_invoice_line_7649f3ae",
    "read_payment_723acb69",
    "refund_payment_begin_aae26aff",
    "refund_payment_finish_6b545a4b",
    "refusal_0cf065af",
    "remember_228da003",
    "remind_invoice_begin_f2eff731",
    "remind_invoice_finish_655b2382",
    "send_invoice_begin_4ac5a153",
    "send_invoice_finish_c81b40e9",
    "settle_invoice_begin_a13254aa",
    "settle_invoice_finish_d9d16189",
    "transmit_invoice_begin_2a42dc9f",
    "transmit_invoice_finish_42d839cc",
    "update_customer_1e4c3277",
    "update_invoice_44e6f7cc",
    "update_invoice_line_6394c5f7",
    "void_invoice_begin_dd2e4f10",
    "void_invoice_finish_492ce719",
)
