"""What this release needs to find in the database."""

from collections.abc import Mapping
from typing import Final

RELEASE: Final = "invoicing_9d6e53da"
"""The schema of this release's functions: named by the digest of all that it derives."""

CALLER: Final = "app_300fd8a0"
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
    "spending_",
    "usage_",
    "usage_closing",
    "subscription",
    "subscription_change",
    "billing_request",
    "billing_event",
    "webhook_endpoint",
    "webhook_delivery",
    "outbox_message",
    "audit_event",
    "customer",
    "invoice",
    "invoice_line",
    "payment",
)
"""The tables whose rows belong to a tenant."""

FUNCTIONS: Final[Mapping[str, str]] = {
    "enter_": "d1913acfb614e1ad7b883662af38dc47",
    "missed_": "cdf9831eafedd380deb71325197c961e",
    "outside_": "2144db4b3ea3e2f2ae6fe0c73e5a161e",
    "page_": "9f3bd72f6556d85c0990903de066ee74",
    "merge_": "4ff78c16e063032201ec7c05e99dcd94",
    "key_caller_": "1140331e3e4988d487eccb12b369c027",
    "role_changes_": "c07f593e94bd71db35389c434261847a",
    "webhook_row_": "9d2cb178bed3ea941804dc8b5896ba7e",
    "webhook_decided_": "55fee619889a175dbbab35990f8d02d3",
    "webhook_begin_": "1cebed359fe11de550ce24b0f6f36c0b",
    "claim_": "9b14a34044af76f4e59c13abe46a5aa2",
    "remember_": "986acef4ccd7aaf63350681e54e068c4",
    "shown_": "77c55ff450f3450a96c44fe9f14d2810",
    "spend_": "7e30b3deb840ba26d2026dcfc7a4485d",
    "take_": "10fb858894117429082a23e809805b30",
    "lock_usage_": "27f8c51d209165a7b8498b0aa9e421c9",
    "plan_of_": "154b6e198f7b6b7135054f6e6dbd807b",
    "most_": "1aab187ec4f78fb73b035c570ebaf9af",
    "allowance_": "7360196cef00d433e8984972fe94e60c",
    "count_rows_": "ad15bbda4930cbced887b343ac0ce97e",
    "start_trial_": "0dc8562eb20c733aa2b17901060f1db1",
    "subscribe_": "d3d77266d3a4c081d618fd71cd656012",
    "billing_hear_": "aea2b316577c84c452e9caf9af4a939b",
    "billing_price_": "b16ce451386b7037ab74d9ea50534236",
    "invoice_publish_": "7c63e5dd23b0c5dcdac51337c6dfed91",
    "defer_": "b195d8f1ef36a3f09e431af64f49a094",
    "record_": "4075586196261fd61d3c3558792af52f",
    "list_customers": "64f3430d0ce247dd00c6d7c79647472a",
    "create_customer": "75be699903976c98a4ae63c370e1399f",
    "read_customer": "6b6ad565fd8a0a1a8316bdb0c08e575b",
    "update_customer": "22131931bb56f6b31c5142292e975bb7",
    "delete_customer": "76f24fae360d83c8a1f51a521c0fbbd7",
    "list_invoices": "8c80d924b96b134a166f7d5641a5c5f9",
    "create_invoice": "afd3f60aae2c42d8d7ecdc14be6906fe",
    "read_invoice": "efa0df22f4232d91e644de7b29db118e",
    "update_invoice": "fe8e9671a5dfb72f98be22cf91166403",
    "delete_invoice": "6fff961a8e70f53b8253ba24318455fd",
    "invoice_begin_": "0717b85b5a9adb855274fbfae36efd53",
    "invoice_finish_": "5fe11b65004e105d6fd55bc88d3fd3bb",
    "list_invoice_lines": "507dbb57f6a8726ce5c3912e19c03164",
    "create_invoice_line": "2aab47926a03f5561d5d47b0de04fc61",
    "read_invoice_line": "c7dbd46740d8d0a1ee091b748dcaf01d",
    "update_invoice_line": "0b3c31051cb8bb3b1cd2af35072255ce",
    "delete_invoice_line": "dd4c4d0edb1323036b4800ce5e60a8b2",
    "invoice_line_begin_": "2b61caadc7d4b209b5394b9dea2fc111",
    "invoice_line_finish_": "391e2a7f9b1e1ef3f2341b5aba1e82c2",
    "list_payments": "f17b7fbcf9ae961405b786866dee8d53",
    "create_payment": "724a698333ba39c443bd4010ee9207bd",
    "read_payment": "80055c7b000af59e8418e76a1b52b0a5",
    "payment_begin_": "210709ed09a0c6f4cbe19b75d7287399",
    "payment_finish_": "51602b6c8671854e09de3fb4a4284ed1",
    "list_api_keys": "bfb3f50c34c28b3376e69ba54794095d",
    "create_api_key": "2148c786c612598496ac5ac5d3bdf167",
    "read_api_key": "54d10cabf8706cf8a73b8a004d8fdf2a",
    "rotate_api_key": "7c0a74143b4686516f8f4d0cd9dca7c5",
    "revoke_api_key": "c7d679ac244e7eb574e17fd69d890112",
    "list_members": "eb4b8413cd179a3fef4ae3aac472f418",
    "read_member": "5bbf0fc9557db78c1ea30f32ef44c5c5",
    "assign_member": "be35dd902d6315617276615505808977",
    "deactivate_member": "ec56df6d582efeb81acd1d68f198e913",
    "reactivate_member": "ec2b656c727ae16be6cb2d86496bd049",
    "sign_out_member": "a23ba7abb763da6851213df9aa5f8184",
    "list_invitations": "ec1fc9cca018a2ef6ed6acc8198119a4",
    "create_invitation": "b9bb19735f87acad2e0ea705918712e7",
    "read_invitation": "c746fe4889e208f0a527b68f5b111a1f",
    "revoke_invitation": "22d6997f4c1343f0cf1b526fefe40e41",
    "list_webhook_endpoints": "9aaa78859a969c6e019a568609c119c1",
    "create_webhook_endpoint": "68f78421dfdeb6eeed371acfc288423b",
    "read_webhook_endpoint": "2ff32549cdeb3f556219fed6f5b09362",
    "update_webhook_endpoint": "793d1c011df4589a8284963538d99cbb",
    "delete_webhook_endpoint": "47e868c7239275a0ad02e10ae8aa4685",
    "rotate_webhook_endpoint": "6e8e0d164d6ee3f049f286edde0af4fa",
    "list_webhook_deliveries": "57f0a11051c728ba808d293e8a55caef",
    "read_webhook_delivery": "cea46a9f70dd2097b8b59b38cafd9a1c",
    "retry_webhook_delivery": "16820f38b0f33a26ba4d2c7d1b88dcdd",
    "read_organization": "52600f31388f8fa8861b7795b662bca5",
    "update_organization": "eb053a15f67fbe595507879d2f5ddcaf",
    "list_meter_readings": "492207eb6a93ab30c18480bc55053116",
    "read_meter_reading": "7a4d6c36644795ca917ed21cfd24b20e",
    "read_subscription": "52d04a9dd81568f1e161231085ece3b2",
    "list_billing_requests": "e6fcdfc50071bc8270b0ca562388ab97",
    "create_billing_request": "3da97ba252f23705e1e74f0553faf4b0",
    "read_billing_request": "3da68edd92e8bf69d6e2414e0dfc67ab",
    "accept_invitation": "27d34fb1191f5ced68e7cb2810abf8d3",
    "sign_up": "63882fb45be02d02ec572d1e636270a9",
}
"""The stored functions of this release, each with the MD5 digest of its text: PostgreSQL has no
other digest of text that can be asked for without an extension."""

TRIGGERS: Final = (
    ("member", "roles_are_known"),
    ("member", "keeps_a_holder"),
    ("usage_", "counts_rows"),
    ("usage_", "closed_is_final"),
    ("usage_closing", "closes_usage"),
    ("subscription", "is_remembered"),
    ("subscription_change", "append_only"),
    ("subscription_change", "never_truncated"),
    ("billing_event", "billing_settles"),
    ("audit_event", "append_only"),
    ("audit_event", "never_truncated"),
    ("customer", "usage_is_given_back"),
)
"""The triggers that hold a rule about a table, after its name."""


def call(function: str, parameters: int) -> str:
    """The statement that calls a function of this release with so many parameters."""
    places = ", ".join(f"${number}" for number in range(1, parameters + 1))
    return f"select * from {RELEASE}.{function}({places})"  # noqa: S608 - our own names
