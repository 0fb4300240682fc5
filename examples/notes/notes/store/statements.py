"""What this release needs to find in the database."""

from typing import Final

RELEASE: Final = "notes_c0ebcc2e"
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

FUNCTIONS: Final = (
    "enter_",
    "missed_",
    "outside_",
    "page_",
    "claim_",
    "remember_",
    "record_",
    "list_notebooks",
    "create_notebook",
    "read_notebook",
    "update_notebook",
    "delete_notebook",
    "list_notes",
    "create_note",
    "read_note",
    "update_note",
    "delete_note",
)


def call(function: str, parameters: int) -> str:
    """The statement that calls a function of this release with so many parameters."""
    places = ", ".join(f"${number}" for number in range(1, parameters + 1))
    return f"select * from {RELEASE}.{function}({places})"  # noqa: S608 - our own names
