"""The stored functions of notes. Their SQL is in store/functions/note.sql."""

from typing import Final

from notes.store.statements import call

LIST: Final = call("list_notes", 7)
CREATE: Final = call("create_note", 6)
READ: Final = call("read_note", 3)
UPDATE: Final = call("update_note", 6)
DELETE: Final = call("delete_note", 5)
