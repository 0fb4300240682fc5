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
    "create_note_62da7f42",
    "create_notebook_7f896902",
    "delete_note_9b309640",
    "delete_notebook_ec1d8e60",
    "enter_628914b6",
    "list_notebooks_94c428ac",
    "list_notes_fcbb7037",
    "read_note_76d0521b",
    "read_notebook_2bf07334",
    "refusal_6761cae1",
    "remember_17616495",
    "update_note_9acf9beb",
    "update_notebook_b4cedd20",
)
