"""Pages by key set: stable while others write, and as cheap on the last page as on the first."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from asyncpg import Record

from invoicing.gate.answers import Answer
from invoicing.gate.operation import Call
from invoicing.gate.problems import invalid
from invoicing.gate.shape import UUID_PATTERN

MAX_CURSOR = 1024


def arguments(
    call: Call, default: int
) -> tuple[int, str | None, str | None, str | None, str | None]:
    """The arguments of a list function: limit, sort, last key and id, filters as JSON."""
    query = call.query
    if not query:
        return default, None, None, None, None
    sort: str | None = query.get("sort")
    key, last_id = _decode(call, sort) if "cursor" in query else (None, None)
    filters = {name: value for name, value in query.items() if name not in RESERVED}
    encoded = json.dumps(filters) if filters else None
    return query.get("limit", default), sort, key, last_id, encoded


RESERVED = frozenset({"limit", "sort", "cursor"})


def page(row: Record, query: Mapping[str, Any]) -> Answer:
    """A page, and the cursor of the next one; null on the last."""
    cursor = "null"
    if row["last_id"] is not None:
        cursor = f'"{_encode(query.get("sort"), row["last_key"], str(row["last_id"]))}"'
    items = row["body"] or ""
    return Answer(
        200, ('{"items":[' + items + '],"next_cursor":' + cursor + "}").encode()
    )


def _encode(sort: str | None, key: str, last_id: str) -> str:
    text = json.dumps([sort, key, last_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def _decode(call: Call, sort: str | None) -> tuple[str, str]:
    """The place after which a page starts, in the order that the cursor was made for."""
    cursor: str = call.query["cursor"]
    try:
        if len(cursor) <= MAX_CURSOR:
            given, key, last_id = json.loads(
                base64.b64decode(cursor, b"-_", validate=True)
            )
            if (
                given == sort
                and isinstance(key, str)
                and UUID_PATTERN.fullmatch(last_id)
            ):
                return key, last_id
    except (binascii.Error, ValueError, TypeError, RecursionError):
        pass
    where = "body.cursor" if call.operation.body else "query.cursor"
    raise invalid([{"where": where, "message": "Not a cursor of this list."}])
