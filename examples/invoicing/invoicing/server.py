"""HTTP connections: uvicorn's, with bounds on what a peer may send, and on how long it may take.

A server is told of it: `uvicorn asgi:app --http invoicing.server:Connection`.
"""

import asyncio
import resource
from itertools import chain
from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS: Final = 10.0
"""From the first byte of a request, or the connection, to the end of its header."""
STALLED_SECONDS: Final = 30.0
"""How long a peer may read nothing of what it asked for."""
LINGER_SECONDS: Final = 2.0
"""What a peer has to read a refusal, before the rest of its body is cut off."""
MAX_HEAD: Final = 65_536
"""Bytes of a target and its header fields."""
SPARE: Final = 64
"""File descriptors that are not for connections: the database, keys, limits."""

TIMEOUT: Final = (
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)
TOO_LONG: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n"
    b"content-length: 0\r\n\r\n"
)
UNAVAILABLE: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\n"
    b"content-length: 0\r\n\r\n"
)


def capacity() -> int:
    """How many connections there can be, so that file descriptors are left."""
    return max(SPARE, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE)


class Connection(HttpToolsProtocol):
    """A connection that ends when its peer is too slow, and gives way where there are too many."""

    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _refused: asyncio.TimerHandle | None = None
    _received = 0
    """Bytes since the last header or body was there: of one header, or of one body."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A new peer. Where there are too many, whoever has asked for nothing gives way to it."""
        super().connection_made(transport)
        if len(self.connections) > capacity() and not self._make_room():
            self._end(UNAVAILABLE)
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer is gone."""
        self._cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """What a peer sends. Most headers come at once, and need no timer."""
        self._received += len(data)
        HttpToolsProtocol.data_received(self, data)
        begun: object = self.scope  # None before the first request
        if begun is None or "method" not in self.scope:
            if self._received > MAX_HEAD:
                self._end(TOO_LONG)
            elif self._deadline is None:
                self._await_head()
        elif self._deadline is not None:
            self._cancel_deadline()

    def on_headers_complete(self) -> None:
        """The header is there. A target may name its host, but no other one (RFC 9112, 3.2)."""
        if self._received > MAX_HEAD and sum(map(len, chain(*self.headers))) > MAX_HEAD:
            raise ValueError("the header is too long")
        self._received = 0
        if self.url[:1] not in (b"/", b"*"):
            target = httptools.parse_url(self.url)
            named = target.host + (b":%d" % target.port if target.port else b"")
            if [value for name, value in self.headers if name == b"host"] != [named]:
                raise ValueError("the target names another host")
        HttpToolsProtocol.on_headers_complete(self)

    def on_message_complete(self) -> None:
        """The request is there to its end."""
        self._received = 0
        if self._refused is not None:
            self._refused.cancel()
            self._refused = None
        HttpToolsProtocol.on_message_complete(self)

    def on_response_complete(self) -> None:
        """The response is sent. Whatever else the peer has to say, it is not waited for."""
        super().on_response_complete()
        if self.cycle.more_body:
            self._refused = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for a while."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def pause_writing(self) -> None:
        """The peer does not read as fast as it is answered."""
        super().pause_writing()
        self._stalled = self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It goes on."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _make_room(self) -> bool:
        """Ends the connection that has been idle, or has waited for a header, for the longest time."""
        idle = {
            each: timer.when()
            for each in self.connections
            if isinstance(each, Connection)
            and not each.transport.is_closing()
            and (timer := each._deadline or each.timeout_keep_alive_task)
        }
        if not idle:
            return False
        min(idle, key=idle.__getitem__)._end(TIMEOUT)
        return True

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._is_late)

    def _is_late(self) -> None:
        if (
            self.flow.read_paused
        ):  # by the requests before, which are still being answered
            self._await_head()
        else:
            self._end(TIMEOUT)

    def _end(self, answer: bytes) -> None:
        """Answers a peer that is not heard, and leaves."""
        self._cancel()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cancel(self) -> None:
        self._cancel_deadline()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
