"""What travels: the answers of notes, and what their operations accept."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from notes.types import Closed, Line, Text, Uuid, boolean, cardless, whole


class Note(TypedDict):
    """A note as an answer."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    owner_id: UUID
    """The member who created it."""
    notebook_id: UUID
    title: str
    body: str
    pinned: bool


class NotePage(TypedDict):
    """A page of notes."""

    items: list[Note]
    next_cursor: str | None


class NoteQuery(Closed):
    """The query parameters of a list of notes."""

    limit: Annotated[int, Field(ge=1, le=100), whole] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] = ""
    sort: Literal["title", "-title"] | None = None
    notebook_id: Uuid | None = None
    title_prefix: (
        Annotated[Line, Field(min_length=1, max_length=120), cardless] | None
    ) = Field(default=None, alias="title.prefix")
    pinned: Annotated[bool, boolean] | None = None


class NoteCreate(Closed):
    """What a caller says of a new note."""

    notebook_id: Uuid
    title: Annotated[Line, Field(min_length=1, max_length=120), cardless]
    body: Annotated[Text, Field(max_length=20000), cardless]
    pinned: bool = False


@with_config(ConfigDict(extra="forbid"))
class NotePatch(TypedDict, total=False):
    """A merge patch of note: what is absent stays, null removes."""

    notebook_id: Uuid
    title: Annotated[Line, Field(min_length=1, max_length=120), cardless]
    body: Annotated[Text, Field(max_length=20000), cardless]
    pinned: bool
