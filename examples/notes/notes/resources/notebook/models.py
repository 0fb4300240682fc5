"""What travels: the answers of notebooks, and what their operations accept."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from notes.types import Closed, Line, cardless, whole


class Notebook(TypedDict):
    """A notebook as an answer."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    owner_id: UUID
    """The member who created it."""
    name: str


class NotebookPage(TypedDict):
    """A page of notebooks."""

    items: list[Notebook]
    next_cursor: str | None


class NotebookQuery(Closed):
    """The query parameters of a list of notebooks."""

    limit: Annotated[int, Field(ge=1, le=100), whole] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=1024)] = ""
    sort: Literal["name", "-name"] | None = None


class NotebookCreate(Closed):
    """What a caller says of a new notebook."""

    name: Annotated[Line, Field(min_length=1, max_length=80), cardless]


@with_config(ConfigDict(extra="forbid"))
class NotebookPatch(TypedDict, total=False):
    """A merge patch of notebook: what is absent stays, null removes."""

    name: Annotated[Line, Field(min_length=1, max_length=80), cardless]
