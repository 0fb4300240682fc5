"""The shape of a request: what is refused before anybody asks who sent it."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Never
from urllib.parse import unquote_plus

from pydantic import TypeAdapter, ValidationError
from starlette.types import Receive

from invoicing.gate.cards import FOUND
from invoicing.gate.problems import Fault, Problem, card_number, invalid, malformed

MAX_QUERY: Final = 16_384
MAX_PARTS: Final = 10_000
"""Objects of a body and their members, in all: each can be a fault that is looked for."""
SINGLE_HEADERS: Final = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"transfer-encoding",
        b"idempotency-key",
        b"stripe-signature",
    }
)
UUID_PATTERN: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)

Headers = Mapping[bytes, bytes]


def headers_of(raw: list[tuple[bytes, bytes]]) -> Headers:
    """The headers as a mapping. A second copy of one that decides something is refused."""
    found = dict(raw)
    if len(found) != len(raw):
        names = [name for name, _ in raw]
        for name in SINGLE_HEADERS:
            if names.count(name) > 1:
                raise malformed(f"The header {name.decode()} was sent more than once.")
        for name in (b"if-match", b"if-none-match"):
            values = [value for each, value in raw if each == name]
            if values:
                found[name] = b", ".join(values)
    if found.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
        raise malformed("The only Transfer-Encoding is chunked.")
    return found


def check_length(headers: Headers, limit: int) -> None:
    """Refuses a body that is announced to be longer than `limit` bytes (413)."""
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limit:
        raise too_large(limit)


async def read_body(
    receive: Receive, headers: Headers, media_type: bytes, limit: int
) -> bytes:
    """The body: of the declared media type (415) and at most `limit` bytes (413)."""
    given = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if given != media_type:
        accepted = (
            b"accept-patch" if b"merge" in media_type else b"accept-post",
            media_type,
        )
        raise Problem(415, "unsupported_media_type", headers=(accepted,))
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Problem(
            415, "unsupported_media_type", "Send the body without a Content-Encoding."
        )
    message = await receive()
    if not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > limit:
            raise too_large(limit)
        return body
    parts = [message.get("body", b"")]
    size = len(parts[0])
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise malformed("The body ended early.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise too_large(limit)
    return b"".join(parts)


def too_large(limit: int) -> Problem:
    """The body is over the limit of its operation, in bytes (413)."""
    return Problem(413, "body_too_large", f"The body can have at most {limit} bytes.")


def parse_body(body: bytes, adapter: TypeAdapter[Any]) -> str:
    """A body that its model accepts, as canonical JSON.

    Raises 400 for bytes that are not UTF-8 or not JSON (RFC 8259; duplicate names, NaN and
    Infinity are refused), and 422 for what the model does not allow, each fault named.
    """
    try:
        PARTS.decode(body.decode("utf-8"))
        value = adapter.validate_json(body, strict=True)
        return adapter.dump_json(value, by_alias=True, exclude_unset=True).decode()
    except ValidationError as error:
        raise _refused(error, "body") from None
    except RecursionError:
        raise malformed("The body is nested too deep.") from None
    except ValueError as error:
        raise malformed(_MESSAGES.get(str(error), "The body is not JSON.")) from None


def is_nothing(body: bytes) -> bool:
    """Is it empty, or an empty object?"""
    return b"".join(body.split()) in (b"", b"{}")


def parse_query(query: bytes, adapter: TypeAdapter[Any]) -> Mapping[str, Any]:
    """The query parameters that the operation declares; any other is a 422 that names it."""
    if len(query) > MAX_QUERY:
        raise Problem(
            414, "query_too_long", f"The query can have at most {MAX_QUERY} bytes."
        )
    found: dict[str, str | list[str]] = {}
    faults: list[Fault] = []
    try:
        for pair in query.decode("ascii").split("&"):
            name, _, value = pair.partition("=")
            name = unquote_plus(name, errors="strict")
            if name in found:
                faults.append(
                    {"where": f"query.{name}", "message": "Given more than once."}
                )
            value = unquote_plus(value, errors="strict")
            found[name] = value.split(",") if name.endswith(".in") else value
        if faults:
            raise invalid(faults)
        parsed: Mapping[str, Any] = adapter.dump_python(
            adapter.validate_python(found),
            mode="json",
            by_alias=True,
            exclude_unset=True,
        )
    except ValidationError as error:
        raise _refused(error, "query") from None
    except UnicodeError:
        raise malformed("The query is not UTF-8.") from None
    return parsed


def no_parameters(query: bytes) -> Problem:
    """The refusal of query parameters where there are none: it names the first (422)."""
    name = unquote_plus(query.split(b"&")[0].partition(b"=")[0].decode("latin-1"))
    return invalid(
        [
            {
                "where": f"query.{name}"[:200],
                "message": "This operation does not have this parameter.",
            }
        ]
    )


def item_id(segment: str) -> str:
    """An id from a path. What is not one in canonical form cannot exist."""
    if UUID_PATTERN.fullmatch(segment) is None:
        raise Problem(404, "not_found")
    return segment


class Parts:
    """Reads JSON strictly, and gives up where it has more objects and members than a body may."""

    def __init__(self) -> None:
        self._left = 0
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=_refuse_constant
        )

    def decode(self, text: str) -> None:
        """Raises ValueError for what is not JSON, and RecursionError where it is nested too deep."""
        self._left = MAX_PARTS
        self._decoder.decode(text)

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("duplicate")
        self._left -= 1 + len(pairs)
        if self._left < 0:
            raise ValueError("parts")
        return found


def _refuse_constant(_: str) -> Never:
    raise ValueError("constant")


PARTS: Final = Parts()
_MESSAGES: Final = {
    "duplicate": "An object has the same name twice.",
    "constant": "NaN and Infinity are not JSON.",
    "parts": f"The body has more than {MAX_PARTS} objects and members.",
}


def _refused(error: ValidationError, root: str) -> Problem:
    """The refusal for pydantic's findings, without the values that were sent. Numbers of payment
    cards come first: whoever sends one has more to mend than a form."""
    faults: list[Fault] = []
    cards: list[Fault] = []
    for each in error.errors(
        include_url=False, include_context=False, include_input=False
    ):
        if each["type"] == "json_invalid":
            raise malformed("The body is not JSON.")
        where = ".".join((root, *(str(part) for part in each["loc"])))
        found = cards if each["type"] == FOUND else faults
        found.append({"where": where, "message": each["msg"]})
    return card_number(cards) if cards else invalid(faults)
