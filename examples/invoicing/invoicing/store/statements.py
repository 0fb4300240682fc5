"""What this release needs to find in the database."""

from collections.abc import Mapping
from typing import Final

RELEASE: Final = "invoicing_57a3a1b0"
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
    "enter_": "bdc9e281e414f509aa7a1adc7d76650d",
    "missed_": "cdf9831eafedd380deb71325197c961e",
    "outside_": "2144db4b3ea3e2f2ae6fe0c73e5a161e",
    "page_": "9f3bd72f6556d85c0990903de066ee74",
    "merge_": "4ff78c16e063032201ec7c05e99dcd94",
    "claim_": "9b14a34044af76f4e59c13abe46a5aa2",
    "remember_": "986acef4ccd7aaf63350681e54e068c4",
    "record_": "4075586196261fd61d3c3558792af52f",
    "list_customers": "30f0324ef689cb4ce14f2c3f6390cc34",
    "create_customer": "df85b8535caa75c0e47462f6d199efb1",
    "read_customer": "e1009793fb468bebd2ee09350453516e",
    "update_customer": "aca3aab53538977ae9ecd3048d906aa0",
    "delete_customer": "140d1cec85d3972784754ccce934abef",
    "list_invoices": "3474d9a33cadb166182b8f59dab2c1b8",
    "create_invoice": "ebecc7135d86776714a10c1dfce20e06",
    "read_invoice": "4de2a99c65f8295037abf51099852433",
    "update_invoice": "b830994ac4d2c1b05f34ffa1d1dd2481",
    "delete_invoice": "d08eaf2e12700f2a1aed4160ea2d2e84",
    "invoice_begin_": "7149893b06e84919b5a61e7f12e92be0",
    "invoice_finish_": "224e8f5325700ca73ed16dc33943cd63",
    "list_invoice_lines": "357d77e28117bccdde24feacddc5e6eb",
    "create_invoice_line": "fcee12ef68fda539129ba1a76e0e7b47",
    "read_invoice_line": "b0e77df445c15b67f3cd9fd6ab7d1842",
    "update_invoice_line": "893a466379a130a16ac2df6f457404c6",
    "delete_invoice_line": "f4e249e73b6e63f04b52e70a52913107",
    "invoice_line_begin_": "f3b282a8e57d99ce88007494a4d01de5",
    "invoice_line_finish_": "391e2a7f9b1e1ef3f2341b5aba1e82c2",
    "list_payments": "bb3b2e3a67953363522de081a4317394",
    "create_payment": "23554ad38702fbe614c99b3b13b06260",
    "read_payment": "3a8e6af68eb9b9f6a704f06355bc3d81",
    "payment_begin_": "e8c83ca1e413489bb02056555ae478e2",
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
