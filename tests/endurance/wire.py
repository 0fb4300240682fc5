"""Keep-alive connections of HTTP/1.1 that send bytes, and may send several requests at once."""

import asyncio
import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final, Self

HOST: Final = "127.0.0.1"
SECONDS: Final = 60.0
"""A request that is not answered in this time never will be."""


class Answer:
    """The answer to a request."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.status = int(head[9:12])
        self.head = head
        self.body = body

    def header(self, name: str) -> str:
        """The value of a header; empty if the answer does not have it."""
        for line in self.head.split(b"\r\n"):
            if line[: len(name) + 1].lower() == f"{name}:".encode():
                return line[len(name) + 1 :].strip().decode()
        return ""

    @cached_property
    def json(self) -> Any:
        """The body, read; None where there is none."""
        return json.loads(self.body) if self.body else None

    @property
    def code(self) -> str:
        """The reason of a refusal; empty for any other answer."""
        return str(self.json["code"]) if self.status >= 400 and self.body else ""

    def __str__(self) -> str:
        return f"{self.status} {self.body[:200].decode(errors='replace')}"


def request(
    method: str,
    path: str,
    port: int,
    token: str,
    *,
    body: bytes | None = None,
    match: int | None = None,
    key: str | None = None,
) -> bytes:
    """The bytes of a request. A PATCH has a merge patch, any other body is JSON."""
    head = f"{method} {path} HTTP/1.1\r\nhost: {HOST}:{port}\r\nauthorization: Bearer {token}\r\n"
    if match is not None:
        head += f'if-match: "{match}"\r\n'
    if key is not None:
        head += f"idempotency-key: {key}\r\n"
    if body is not None:
        media = "application/merge-patch+json" if method == "PATCH" else "application/json"
        head += f"content-type: {media}\r\ncontent-length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + (body or b"")


class Connection(asyncio.Protocol):
    """One connection. Whoever sends waits for the answers before the next one sends."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[list[Answer]] | None = None
        self._wanted = 0
        self._answers: list[Answer] = []
        self._buffer = b""

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connects. Raises OSError where nobody listens."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, HOST, port)
        return connection

    @property
    def closed(self) -> bool:
        """Is it of no use any more?"""
        return self._transport is None or self._transport.is_closing()

    async def send(self, requests: Sequence[bytes]) -> list[Answer]:
        """Sends requests in one piece, and returns their answers in the same order.

        Raises ConnectionError if the connection ends first, and TimeoutError after a minute.
        """
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        self._waiting = asyncio.get_running_loop().create_future()
        self._wanted, self._answers = len(requests), []
        self._transport.write(b"".join(requests))
        try:
            async with asyncio.timeout(SECONDS):
                return await self._waiting
        except BaseException:
            self.close()  # a late answer would be taken for that of the next request
            raise

    def close(self) -> None:
        """Closes the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionResetError("the connection was closed"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            size = end + 4 + _length(head)
            if len(self._buffer) < size:
                return
            self._answers.append(Answer(head, self._buffer[end + 4 : size]))
            self._buffer = self._buffer[size:]
            if len(self._answers) == self._wanted and self._waiting is not None:
                self._waiting.set_result(self._answers)


def _length(head: bytes) -> int:
    start = head.find(b"\r\ncontent-length: ")
    return int(head[start + 18 :].partition(b"\r")[0]) if start >= 0 else 0
