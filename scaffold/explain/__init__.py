"""Who may do what, in words: the access matrix of a design for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from scaffold.design.model import Design
from scaffold.explain import documents
from scaffold.explain.matrix import matrix

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["explain"]

Document = Literal["json", "markdown", "html"]


@overload
def explain(
    design: Design,
    role: str | None = None,
    operation: str | None = None,
    format: Literal["table"] = "table",
    width: int | None = None,
) -> Table: ...


@overload
def explain(
    design: Design,
    role: str | None = None,
    operation: str | None = None,
    *,
    format: Document,
) -> str: ...


@overload
def explain(
    design: Design,
    role: str | None = None,
    operation: str | None = None,
    *,
    format: Document | Literal["table"],
    width: int | None = None,
) -> Table | str: ...


def explain(
    design: Design,
    role: str | None = None,
    operation: str | None = None,
    format: Document | Literal["table"] = "table",
    width: int | None = None,
) -> Table | str:
    """The access matrix: a rich table, or the text of a document.

    `role` and `operation` (an id such as `update_invoice`, or a permission such as
    `invoice:update`) leave the part of it that is about them. A table is laid out for
    `width` characters, if it is given.

    Raises:
        ValueError: there is no such role or operation; the message names the nearest.
    """
    found = matrix(design, role, operation)
    match format:
        case "json":
            return documents.as_json(found)
        case "markdown":
            return documents.markdown(found)
        case "html":
            return documents.html(found)
    # Here, because a document needs no terminal.
    from scaffold.explain.table import table

    return table(found, width)
