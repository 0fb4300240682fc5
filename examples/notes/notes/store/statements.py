"""What this release needs to find in the database."""

from collections.abc import Mapping
from typing import Final

RELEASE: Final = "notes_ec875a07"
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
    "enter_": "b34e3f5bff77690b421ebe312fe5ea07",
    "missed_": "cdf9831eafedd380deb71325197c961e",
    "outside_": "2144db4b3ea3e2f2ae6fe0c73e5a161e",
    "page_": "9f3bd72f6556d85c0990903de066ee74",
    "claim_": "9b14a34044af76f4e59c13abe46a5aa2",
    "remember_": "986acef4ccd7aaf63350681e54e068c4",
    "record_": "4075586196261fd61d3c3558792af52f",
    "list_notebooks": "1214e77735bbf5d34caff25c7663c6e3",
    "create_notebook": "25546c0ed38ddb2dd10a9413ba16abf7",
    "read_notebook": "dbf86ea82194859d1bbd7bf8ee039be2",
    "update_notebook": "96776f647b2ff650e3c7755294111920",
    "delete_notebook": "38f9618def8898e903bee4c6d71b22ee",
    "list_notes": "14e90d2053bddaeb9fb2092a8809d5e6",
    "create_note": "5dbb63d9133a535d5eabbce861680934",
    "read_note": "d0148b54cb95a9c53590d4ed74951801",
    "update_note": "a77407be6167853f88b3bcdbad92dba3",
    "delete_note": "ce0b18c448c9451a73e1c7edee6c888c",
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
