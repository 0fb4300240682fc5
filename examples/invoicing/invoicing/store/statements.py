"""What this release needs to find in the database."""

from typing import Final

RELEASE: Final = "invoicing_2635f304"
"""The schema of this release's functions: named by the digest of all that it derives."""

CALLER: Final = "app_b01b43b4"
"""The prefix of the settings in which a transaction says who calls: only policies of this release
read them, so that those of another one let nothing through here."""

TABLES: Final = (
    "organization",
    "member",
    "idempotency_key",
    "audit_event",
    "customer",
    "invoice",
    "invoice_line",
    "payment",
)
"""The tables whose rows belong to a tenant."""

FUNCTIONS: Final = (
    "enter_",
    "missed_",
    "outside_",
    "page_",
    "merge_",
    "claim_",
    "remember_",
    "record_",
    "list_customers",
    "create_customer",
    "read_customer",
    "update_customer",
    "delete_customer",
    "list_invoices",
    "create_invoice",
    "read_invoice",
    "update_invoice",
    "delete_invoice",
    "invoice_begin_",
    "invoice_finish_",
    "list_invoice_lines",
    "create_invoice_line",
    "read_invoice_line",
    "update_invoice_line",
    "delete_invoice_line",
    "invoice_line_begin_",
    "invoice_line_finish_",
    "list_payments",
    "create_payment",
    "read_payment",
    "payment_begin_",
    "payment_finish_",
)


def call(function: str, parameters: int) -> str:
    """The statement that calls a function of this release with so many parameters."""
    places = ", ".join(f"${number}" for number in range(1, parameters + 1))
    return f"select * from {RELEASE}.{function}({places})"  # noqa: S608 - our own names
