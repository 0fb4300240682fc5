"""The stored functions of notebooks. Their SQL is in store/functions/notebook.sql."""

from typing import Final

from notes.store.statements import call

LIST: Final = call("list_notebooks", 7)
CREATE: Final = call("create_notebook", 6)
READ: Final = call("read_notebook", 3)
UPDATE: Final = call("update_notebook", 6)
DELETE: Final = call("delete_notebook", 5)
