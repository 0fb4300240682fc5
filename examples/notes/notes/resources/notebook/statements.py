"""The stored functions of notebooks, each named by the digest of its text.

Their SQL is in store/functions/notebook.sql.
"""

from typing import Final

from notes.store.statements import call

LIST: Final = call("list_notebooks_94c428ac", 7)
CREATE: Final = call("create_notebook_7f896902", 6)
READ: Final = call("read_notebook_2bf07334", 4)
UPDATE: Final = call("update_notebook_b4cedd20", 6)
DELETE: Final = call("delete_notebook_ec1d8e60", 5)
