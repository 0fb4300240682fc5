"""The table of operations: what is not a row here cannot be reached."""

from typing import Final

from pydantic import TypeAdapter

from notes.gate.operation import MERGE_PATCH, Body, Operation
from notes.resources.note import handlers as note_handlers
from notes.resources.note import models as note_models
from notes.resources.notebook import handlers as notebook_handlers
from notes.resources.notebook import models as notebook_models

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        id="list_notebooks",
        method="GET",
        path="/notebooks",
        permission="notebook:list",
        handler=notebook_handlers.list_,
        query=TypeAdapter(notebook_models.NotebookQuery),
    ),
    Operation(
        id="create_notebook",
        method="POST",
        path="/notebooks",
        permission="notebook:create",
        handler=notebook_handlers.create,
        status=201,
        body=Body(TypeAdapter(notebook_models.NotebookCreate), 65536),
        idempotency="optional",
    ),
    Operation(
        id="read_notebook",
        method="GET",
        path="/notebooks/{notebook_id}",
        permission="notebook:read",
        handler=notebook_handlers.read,
    ),
    Operation(
        id="update_notebook",
        method="PATCH",
        path="/notebooks/{notebook_id}",
        permission="notebook:update",
        handler=notebook_handlers.update,
        body=Body(TypeAdapter(notebook_models.NotebookPatch), 65536, MERGE_PATCH),
        conditional=True,
    ),
    Operation(
        id="delete_notebook",
        method="DELETE",
        path="/notebooks/{notebook_id}",
        permission="notebook:delete",
        handler=notebook_handlers.delete,
        status=204,
        conditional=True,
    ),
    Operation(
        id="list_notes",
        method="GET",
        path="/notes",
        permission="note:list",
        handler=note_handlers.list_,
        query=TypeAdapter(note_models.NoteQuery),
    ),
    Operation(
        id="create_note",
        method="POST",
        path="/notes",
        permission="note:create",
        handler=note_handlers.create,
        status=201,
        body=Body(TypeAdapter(note_models.NoteCreate), 65536),
        idempotency="optional",
    ),
    Operation(
        id="read_note",
        method="GET",
        path="/notes/{note_id}",
        permission="note:read",
        handler=note_handlers.read,
    ),
    Operation(
        id="update_note",
        method="PATCH",
        path="/notes/{note_id}",
        permission="note:update",
        handler=note_handlers.update,
        body=Body(TypeAdapter(note_models.NotePatch), 65536, MERGE_PATCH),
        conditional=True,
    ),
    Operation(
        id="delete_note",
        method="DELETE",
        path="/notes/{note_id}",
        permission="note:delete",
        handler=note_handlers.delete,
        status=204,
        conditional=True,
    ),
)
