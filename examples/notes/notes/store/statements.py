"""What this release needs to find in the database."""

from collections.abc import Mapping
from typing import Final

RELEASE: Final = "notes_e04fee57"
"""The schema of this release's functions: named by the digest of all that it derives."""

CALLER: Final = "app_9c1db7e5"
"""The prefix of the settings in which a transaction says who calls: only policies of this release
read them, so that those of another one let nothing through here."""

TABLES: Final = (
    "workspace",
    "member",
    "idempotency_key",
    "audit_event",
    "notebook",
    "note",
)
"""The tables whose rows belong to a tenant."""

FUNCTIONS: Final[Mapping[str, str]] = {
    "enter_": "4b033d67c90e7d909bd9bc88f7c234be",
    "missed_": "cdf9831eafedd380deb71325197c961e",
    "outside_": "2144db4b3ea3e2f2ae6fe0c73e5a161e",
    "page_": "9f3bd72f6556d85c0990903de066ee74",
    "claim_": "9b14a34044af76f4e59c13abe46a5aa2",
    "remember_": "986acef4ccd7aaf63350681e54e068c4",
    "record_": "4075586196261fd61d3c3558792af52f",
    "list_notebooks": "4ccd4c77f4a0fc7337629d1e0f814f46",
    "create_notebook": "90233251353f6551b046ae52e1c32d3e",
    "read_notebook": "b020806f36108a80caa844ca8e369a1c",
    "update_notebook": "378d0ae2c55b95f88ac0c410a2b01847",
    "delete_notebook": "489026e4fe11256204d7b9996581a2a2",
    "list_notes": "55c3467dd950652ea9397616881e9da4",
    "create_note": "2b322ed2d120ff8cc00ceb16c37b02a4",
    "read_note": "c19e16fdd03fdb56e0ab916924753b3e",
    "update_note": "a0fb8ae2d9ff0dd71f4b8fd6709388cc",
    "delete_note": "5553e2393ff97e5d51bfc61309a03179",
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
