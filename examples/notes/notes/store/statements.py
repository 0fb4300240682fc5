"""What this release needs to find in the database."""

from typing import Final


def call(function: str, parameters: int) -> str:
    """The statement that calls a stored function with so many parameters."""
    places = ", ".join(f"${number}" for number in range(1, parameters + 1))
    return f"select * from notes.{function}({places})"  # noqa: S608 - our own names


TABLES: Final = (
    "workspace",
    "member",
    "audit_event",
    "idempotency_key",
    "notebook",
    "note",
)
FUNCTIONS: Final = (
    "claim_29e4fb25",
    "create_note_6dd1a0dd",
    "create_notebook_7b513ef8",
    "delete_note_793ab189",
    "delete_notebook_76ac32de",
    "enter_628914b6",
    "list_notebooks_27c9610d",
    "list_notes_aaf777a7",
    "read_note_bd7702e5",
    "read_notebook_3a344304",
    "refusal_6761cae1",
    "remember_17616495",
    "update_note_27aabb95",
    "update_notebook_06754366",
)
