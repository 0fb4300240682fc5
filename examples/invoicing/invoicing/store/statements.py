"""What this release needs to find in the database."""

from collections.abc import Mapping
from typing import Final

RELEASE: Final = "invoicing_866a3cf5"
"""The schema of this release's functions: named by the digest of all that it derives."""

CALLER: Final = "app_2cc33dc2"
"""The prefix of the settings in which a transaction says who calls: only policies of this release
read them, so that those of another one let nothing through here."""

TABLES: Final = (
    "organization",
    "member",
    "api_key",
    "invitation",
    "sign_up",
    "webhook_account",
    "webhook_event",
    "webhook_order",
    "idempotency_key",
    "audit_event",
    "customer",
    "invoice",
    "invoice_line",
    "payment",
)
"""The tables whose rows belong to a tenant."""

FUNCTIONS: Final[Mapping[str, str]] = {
    "enter_": "b71b29a8fec95aedbb4d9039bc43a5a9",
    "missed_": "cdf9831eafedd380deb71325197c961e",
    "outside_": "2144db4b3ea3e2f2ae6fe0c73e5a161e",
    "page_": "9f3bd72f6556d85c0990903de066ee74",
    "merge_": "4ff78c16e063032201ec7c05e99dcd94",
    "key_caller_": "1140331e3e4988d487eccb12b369c027",
    "role_changes_": "c07f593e94bd71db35389c434261847a",
    "webhook_begin_": "cf6bc5a68d5567fe3f8035157db0dedd",
    "claim_": "9b14a34044af76f4e59c13abe46a5aa2",
    "remember_": "986acef4ccd7aaf63350681e54e068c4",
    "shown_": "77c55ff450f3450a96c44fe9f14d2810",
    "record_": "4075586196261fd61d3c3558792af52f",
    "list_customers": "6947ad24f140a0052bf5766f78978b79",
    "create_customer": "bb02eed91d1a13fdc1b1a4c4b3b0b87f",
    "read_customer": "c040b22a7c7a5828b971345493e695ac",
    "update_customer": "9b5717ad42589847ab8ac66f3b576457",
    "delete_customer": "7b9e03f11cad9deb3a5a1188fff4941e",
    "list_invoices": "046371d29e8811f36405b645c9150632",
    "create_invoice": "aa10badc198ffa4206d0597baca0a927",
    "read_invoice": "971589e84a31f3d16dc0dd7cd331918b",
    "update_invoice": "d55a4fc9939f75566d76a3795d7ce9b8",
    "delete_invoice": "674244e7505f2502be8a748c453cc5c7",
    "invoice_begin_": "8385d08a0b2e73dfbced7bb407444085",
    "invoice_finish_": "224e8f5325700ca73ed16dc33943cd63",
    "list_invoice_lines": "f2a8d94739050bf178f306217055eca8",
    "create_invoice_line": "26a5a90ad9aab73683c5944492dbad45",
    "read_invoice_line": "b858891858257e4d0b1c74f834d27f34",
    "update_invoice_line": "f91827c0653a5e03e97d18defcee3d25",
    "delete_invoice_line": "aa3c3b2cdd9a199bc324d81b9af7537d",
    "invoice_line_begin_": "f5917afffbc8f465c6c46d11842c6070",
    "invoice_line_finish_": "391e2a7f9b1e1ef3f2341b5aba1e82c2",
    "list_payments": "a26722c4767598cf336ab2640c045988",
    "create_payment": "29d90f895cd11da9c65b9d53f9bc9d4a",
    "read_payment": "8db59a69ddcc126b3dd7f75bc03cf699",
    "payment_begin_": "c9a134a787521695f39d77b2e4c24aee",
    "payment_finish_": "51602b6c8671854e09de3fb4a4284ed1",
    "list_api_keys": "75eb75977aa5c6c8d97eb4a9a9aa96af",
    "create_api_key": "e3416d77d76e34b2701633c65082b5d6",
    "read_api_key": "40053b15f648ce23c5d13dff61a04f75",
    "rotate_api_key": "9a9473e8a4ff4cc3649b420c161665a1",
    "revoke_api_key": "132fd4c70e90dfc83d3888c01f7e978c",
    "list_members": "3413cc3d91dc85afcaa6545a6dfbe146",
    "read_member": "04559c8a8c32c0571840dc4e2d221a59",
    "assign_member": "3fe335f8e3a67c7f238f3434269afe09",
    "deactivate_member": "1ca743d41edcea4db79ad0f80e4d38c4",
    "reactivate_member": "22d7778a30c0e67351d895bc5ecb7563",
    "sign_out_member": "84ad0931c805cabc191d3440e18fd608",
    "list_invitations": "96fc881247ec27cb5065927355a99505",
    "create_invitation": "6f0893a4877347841cef1890388060eb",
    "read_invitation": "fe5c6e82574b846d4b8f5e691858a09c",
    "revoke_invitation": "1f2b2b40f44cc3d418f6d15026d6abb6",
    "read_organization": "1449ca7920edae842630860b0b733cb2",
    "update_organization": "cd17e58e4041a3d261b285a7061ab2b4",
    "accept_invitation": "27d34fb1191f5ced68e7cb2810abf8d3",
    "sign_up": "522744d8c8c93d96d8b8a6a995e1a6c8",
}
"""The stored functions of this release, each with the MD5 digest of its text: PostgreSQL has no
other digest of text that can be asked for without an extension."""

TRIGGERS: Final = (
    ("member", "roles_are_known"),
    ("member", "keeps_a_holder"),
    ("audit_event", "append_only"),
    ("audit_event", "never_truncated"),
)
"""The triggers that hold a rule about a table, after its name."""


def call(function: str, parameters: int) -> str:
    """The statement that calls a function of this release with so many parameters."""
    places = ", ".join(f"${number}" for number in range(1, parameters + 1))
    return f"select * from {RELEASE}.{function}({places})"  # noqa: S608 - our own names
