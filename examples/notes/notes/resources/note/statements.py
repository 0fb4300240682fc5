"""The stored functions of notes, each named by the digest of its text.

Their SQL is in store/functions/note.sql.
"""

from typing import Final

from notes.store.statements import call

LIST: Final = call("list_notes_aaf777a7", 7)
CREATE: Final = call("create_note_6dd1a0dd", 6)
READ: Final = call("read_note_bd7702e5", 4)
UPDATE: Final = call("update_note_27aabb95", 6)
DELETE: Final = call("delete_note_793ab189", 5)
