"""The load: keep-alive connections that each send a request as soon as one is answered."""

import asyncio
import itertools
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple, cast

from benchmarks.bed import Caller
from benchmarks.peers import HOST

OPERATIONS: Final = ("get", "list", "create", "patch")
PATIENCE: Final = 30.0
"""Seconds until a request without an answer counts as lost."""

Source = Callable[[int], bytes]
"""The next request of a lane. Each connection has a lane of its own."""


class LoadError(RuntimeError):
    """A request was not answered as it must be; the figures would mean nothing."""


class _Row(NamedTuple):
    caller: Caller
    id: str


class Workload:
    """What each operation sends: random rows of random tenants, the same to every server.

    A row is changed by one lane only, so that the version that it is at is known.
    """

    def __init__(self, callers: Sequence[Caller], lanes: int) -> None:
        self._random = random.Random(1)  # noqa: S311
        self._number = itertools.count(1)
        self._callers = callers
        self._heads = {caller.tenant_id: _head(caller) for caller in callers}
        self._rows = [_Row(caller, id_) for caller in callers for id_ in caller.invoice_ids]
        self._lanes = [self._rows[lane::lanes] for lane in range(lanes)]
        self._versions = {row.id: 1 for row in self._rows}

    def source(self, operation: str) -> Source:
        """The requests of an operation."""
        sources = {
            "get": self._get,
            "list": self._list,
            "create": self._create,
            "patch": self._patch,
        }
        return sources[operation]

    def _get(self, _: int) -> bytes:
        row = self._random.choice(self._rows)
        return self._request(row.caller, f"GET /invoices/{row.id}")

    def _list(self, _: int) -> bytes:
        return self._request(self._random.choice(self._callers), "GET /invoices?limit=20")

    def _create(self, _: int) -> bytes:
        caller, number = self._random.choice(self._callers), next(self._number)
        body = (
            f'{{"number":"BM-{number:08}","title":"Created {number}",'
            f'"customer_id":"{caller.customer_id}","region":"eu","due_on":"2031-05-17"}}'
        )
        return self._request(caller, "POST /invoices", "content-type: application/json\r\n", body)

    def _patch(self, lane: int) -> bytes:
        row = self._random.choice(self._lanes[lane])
        version = self._versions[row.id]
        self._versions[row.id] = version + 1
        fields = f'content-type: application/merge-patch+json\r\nif-match: "{version}"\r\n'
        body = f'{{"title":"Changed {next(self._number)}"}}'
        return self._request(row.caller, f"PATCH /invoices/{row.id}", fields, body)

    def _request(self, caller: Caller, line: str, fields: str = "", body: str = "") -> bytes:
        return request(line, self._heads[caller.tenant_id] + fields, body)


def request(line: str, fields: str, body: str = "") -> bytes:
    """The bytes of a request: its method and path, its headers, and its body if it has one."""
    if body:
        fields += f"content-length: {len(body)}\r\n"
    return f"{line} HTTP/1.1\r\n{fields}\r\n{body}".encode()


def head(token: str) -> str:
    """The headers of whoever has a token."""
    return (
        f"host: {HOST}\r\n"
        "accept: application/json\r\n"
        "user-agent: benchmark\r\n"
        f"authorization: Bearer {token}\r\n"
    )


def _head(caller: Caller) -> str:
    """The headers of a caller. Two of them are for the server that believes what it is told."""
    own = f"x-tenant-id: {caller.tenant_id}\r\nx-member-id: {caller.member_id}\r\n"
    return head(caller.token) + own


class Client:
    """Connections to one server."""

    def __init__(self, connections: "list[_Connection]") -> None:
        self._connections = connections

    @classmethod
    async def connect(cls, port: int, connections: int) -> "Client":
        """Opens connections, which wait where the server does not answer yet."""
        loop = asyncio.get_running_loop()
        opened = []
        for lane in range(connections):
            _, protocol = await loop.create_connection(
                partial(_Connection, lane), "127.0.0.1", port
            )
            opened.append(protocol)
        return cls(opened)

    async def run(self, source: Source, seconds: float) -> int:
        """Loads the server for so long; returns how many requests were answered.

        The last answers have arrived when it returns. Raises LoadError for an answer that
        is no success, and for one that is missing.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        runs = [each.run(source, deadline) for each in self._connections]
        try:
            async with asyncio.timeout(seconds + PATIENCE):
                return sum(await asyncio.gather(*runs))
        except TimeoutError:
            raise LoadError("a request was never answered") from None

    def close(self) -> None:
        """Closes the connections."""
        for each in self._connections:
            each.close()


class _Connection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, lane: int) -> None:
        self._lane = lane
        self._transport: asyncio.Transport
        self._source: Source
        self._loop = asyncio.get_running_loop()
        self._finished: asyncio.Future[int] = self._loop.create_future()
        self._finished.cancel()
        self._deadline = 0.0
        self._answered = 0
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, _: Exception | None) -> None:
        self._fail("the connection was closed")

    def run(self, source: Source, deadline: float) -> "asyncio.Future[int]":
        """Sends requests until the deadline; the result is how many were answered."""
        self._finished = self._loop.create_future()
        self._source, self._deadline, self._answered = source, deadline, 0
        self._transport.write(source(self._lane))
        return self._finished

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        size = _size(self._buffer)
        if len(self._buffer) < size:
            return
        if self._buffer[9:10] != b"2":
            self._fail(self._buffer.decode(errors="replace"))
            return
        self._buffer = b""
        self._answered += 1
        if self._loop.time() < self._deadline:
            self._transport.write(self._source(self._lane))
        else:
            self._finished.set_result(self._answered)

    def close(self) -> None:
        self._transport.close()

    def _fail(self, reason: str) -> None:
        if not self._finished.done():
            self._finished.set_exception(LoadError(reason))


def _size(buffer: bytes) -> float:
    """The size of the answer that a buffer begins with; infinite while that is not known."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return float("inf")
    start = buffer.find(b"content-length: ", 0, end)
    if start < 0:
        return end + 4
    return end + 4 + int(buffer[start + 16 : buffer.find(b"\r", start)])
