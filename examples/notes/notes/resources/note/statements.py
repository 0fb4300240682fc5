"""The stored functions of notes, each named by the digest of its text.

Their SQL is in store/functions/note.sql.
"""

from typing import Final

from notes.store.statements import call

LIST: Final = call("list_notes_fcbb7037", 7)
CREATE: Final = call("create_note_62da7f42", 6)
READ: Final = call("read_note_76d0521b", 4)
UPDATE: Final = call("update_note_9acf9beb", 6)
DELETE: Final = call("delete_note_9b309640", 5)
