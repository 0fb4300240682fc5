"""Answers on their way out."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from starlette.types import Send

Header = tuple[bytes, bytes]

JSON: Final = b"application/json"
SECURITY_HEADERS: Final[tuple[Header, ...]] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""Of every answer, unless a page has its own value."""


class Answer(NamedTuple):
    """A status, a body that is final, and headers."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ()
    media_type: bytes = JSON
    outcome: str = "ok"


async def send(
    answer: Answer, extra: Iterable[Header], send: Send, *, bodiless: bool = False
) -> None:
    """Writes an answer with the headers that every answer has; to HEAD without its body."""
    headers = [*SECURITY_HEADERS, *extra, *answer.headers]
    if answer.status not in (204, 304):
        headers.append((b"content-type", answer.media_type))
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": headers}
    )
    await send({"type": "http.response.body", "body": b"" if bodiless else answer.body})
