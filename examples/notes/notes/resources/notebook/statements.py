"""The stored functions of notebooks, each named by the digest of its text.

Their SQL is in store/functions/notebook.sql.
"""

from typing import Final

from notes.store.statements import call

LIST: Final = call("list_notebooks_27c9610d", 7)
CREATE: Final = call("create_notebook_7b513ef8", 6)
READ: Final = call("read_notebook_3a344304", 4)
UPDATE: Final = call("update_notebook_06754366", 6)
DELETE: Final = call("delete_notebook_76ac32de", 5)
