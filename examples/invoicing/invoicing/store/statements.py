"""What this release needs to find in the database."""

from collections.abc import Mapping
from typing import Final

RELEASE: Final = "invoicing_a4bb1d01"
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

FUNCTIONS: Final[Mapping[str, str]] = {
    "enter_": "769d705945ba8c1f4c71f7177b006afb",
    "missed_": "cdf9831eafedd380deb71325197c961e",
    "outside_": "2144db4b3ea3e2f2ae6fe0c73e5a161e",
    "page_": "9f3bd72f6556d85c0990903de066ee74",
    "merge_": "4ff78c16e063032201ec7c05e99dcd94",
    "claim_": "9b14a34044af76f4e59c13abe46a5aa2",
    "remember_": "986acef4ccd7aaf63350681e54e068c4",
    "shown_": "77c55ff450f3450a96c44fe9f14d2810",
    "record_": "4075586196261fd61d3c3558792af52f",
    "list_customers": "6947ad24f140a0052bf5766f78978b79",
    "create_customer": "bb02eed91d1a13fdc1b1a4c4b3b0b87f",
    "read_customer": "c040b22a7c7a5828b971345493e695ac",
    "update_customer": "ca88e241a173ceb692576ed61c0ccec3",
    "delete_customer": "c4186a2536450df4f39b37d41cfaa1df",
    "list_invoices": "046371d29e8811f36405b645c9150632",
    "create_invoice": "aa10badc198ffa4206d0597baca0a927",
    "read_invoice": "971589e84a31f3d16dc0dd7cd331918b",
    "update_invoice": "f5b626cc4b5316fb46864ea09a72fdc9",
    "delete_invoice": "7495aaa82cf79e6cf3873ff2b62bbade",
    "invoice_begin_": "1377976b5e464b950235389cc9914cbf",
    "invoice_finish_": "224e8f5325700ca73ed16dc33943cd63",
    "list_invoice_lines": "f3c0c16e78199e81603d94ffd0c64650",
    "create_invoice_line": "b7364a9e960b5dd0f1dd5db15eba7132",
    "read_invoice_line": "b858891858257e4d0b1c74f834d27f34",
    "update_invoice_line": "869507be3c4b37e394643f3c10a1da10",
    "delete_invoice_line": "cd46460a69d65e4c8e83132cb5615b2b",
    "invoice_line_begin_": "43bcbcda7be7c83629ad2105ba2390b5",
    "invoice_line_finish_": "391e2a7f9b1e1ef3f2341b5aba1e82c2",
    "list_payments": "a26722c4767598cf336ab2640c045988",
    "create_payment": "29d90f895cd11da9c65b9d53f9bc9d4a",
    "read_payment": "8db59a69ddcc126b3dd7f75bc03cf699",
    "payment_begin_": "21cf783a095ab0715df4222609282158",
    "payment_finish_": "51602b6c8671854e09de3fb4a4284ed1",
}
"""The stored functions of this release, each with the MD5 digest of its text: PostgreSQL has no
other digest of text that can be asked for without an extension."""

TRIGGERS: Final = (
    ("member", "roles_are_known"),
    ("audit_event", "append_only"),
    ("audit_event", "never_truncated"),
)
"""The triggers that hold a rule about a table, after its name."""


def call(function: str, parameters: int) -> str:
    """The statement that calls a function of this release with so many parameters."""
    places = ", ".join(f"${number}" for number in range(1, parameters + 1))
    return f"select * from {RELEASE}.{function}({places})"  # noqa: S608 - our own names
