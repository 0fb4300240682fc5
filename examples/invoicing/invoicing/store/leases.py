"""Connections lent and given back without a task, and no tenant is lent them all."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeAlias

import asyncpg
from asyncpg import Record

Connection: TypeAlias = "asyncpg.Connection[Record]"

SHARE: Final = 3
"""A tenant holds at most this many times the connections that are free."""

WAIT_SECONDS: Final = 2.0
"""How long a call waits for its turn."""

CLOSE_SECONDS: Final = 2.0
"""How long the server has to say goodbye, or that a cancelled statement has ended."""


FAILURES: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""What a connection raises that PostgreSQL refuses, or that is of no use any more: the last but two
where PostgreSQL's last words have just come in."""


class Busy(TimeoutError):
    """The connections that a tenant may have are lent, and none came back in time."""


class Leases:
    """Opens at most `size` connections, and lends them to tenants; the one used last comes first.

    A tenant that holds some is lent another one only while it holds fewer than SHARE times those
    that are then left. One busy tenant has three quarters of the connections, two have three
    sevenths each, and the last one left is for a tenant that holds none: a quiet tenant does not
    wait for a busy one, and nothing has to be set. These are the dynamic thresholds of Choudhury
    and Hahne (IEEE/ACM Transactions on Networking 6(2), 1998); a fixed share would be too large
    for many busy tenants, or too small for one.

    Whoever waits is served in turn, one call of each tenant, and refused after WAIT_SECONDS. A call
    takes one connection and no second one, so that calls never wait for each other in a circle.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int) -> None:
        self._connect = connect
        self._free = size
        """How many may be lent, whether they are open or not."""
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._held: dict[str, int] = {}
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._closed = False

    async def acquire(self, tenant: str) -> Connection:
        """A connection that nobody else has, to be given to `release` or `discard`.

        Raises:
            Busy: there is none for this tenant within WAIT_SECONDS.
            OSError, TimeoutError, asyncpg.PostgresError: none can be opened.
        """
        if self._admits(tenant):
            self._take(tenant)
        else:
            await self._turn(tenant)
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._open.discard(connection)
        return await self._opened(tenant)

    def release(self, tenant: str, connection: Connection) -> None:
        """Takes back a connection that is fit for the next call, or that the server has closed."""
        self._idle.append(connection)
        self._return(tenant)

    async def discard(self, tenant: str, connection: Connection) -> None:
        """Closes a connection whose state is unknown; a statement that still runs is cancelled.

        It counts as lent until it is closed: the server never has more of them than `size`.
        """
        try:
            with suppress(*FAILURES):
                await connection.close(timeout=CLOSE_SECONDS)
        finally:
            self._open.discard(connection)
            self._return(tenant)

    async def close(self) -> None:
        """Closes all connections, and opens no more."""
        self._closed = True
        closing = (each.close(timeout=CLOSE_SECONDS) for each in self._open)
        await asyncio.gather(*closing, return_exceptions=True)

    def _admits(self, tenant: str) -> bool:
        held = self._held.get(tenant)
        return self._free > 0 and (held is None or held < SHARE * (self._free - 1))

    def _take(self, tenant: str) -> None:
        self._free -= 1
        self._held[tenant] = self._held.get(tenant, 0) + 1

    def _return(self, tenant: str) -> None:
        self._free += 1
        held = self._held.pop(tenant) - 1
        if held:
            self._held[tenant] = held
        if self._waiting:
            self._serve()

    def _serve(self) -> None:
        """Lets in whoever waits and may have a connection: one call of each tenant, in turn."""
        while (tenant := next(filter(self._admits, self._waiting), None)) is not None:
            waiters = self._waiting[tenant]
            waiter = waiters.popleft()
            if waiters:
                self._waiting.move_to_end(tenant)
            else:
                del self._waiting[tenant]
            if not waiter.done():
                self._take(tenant)
                waiter.set_result(None)

    async def _turn(self, tenant: str) -> None:
        """Waits until a connection is taken for this call."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, deque()).append(waiter)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await waiter
        except BaseException as error:
            if waiter.cancelled():
                self._leave(tenant, waiter)
            else:  # its turn had come in the same moment
                self._return(tenant)
            if isinstance(error, TimeoutError):
                raise Busy from None
            raise

    def _leave(self, tenant: str, waiter: "asyncio.Future[None]") -> None:
        waiters = self._waiting.get(tenant, deque())
        with suppress(ValueError):  # `_serve` may have passed it over
            waiters.remove(waiter)
        if not waiters:
            self._waiting.pop(tenant, None)

    async def _opened(self, tenant: str) -> Connection:
        try:
            if self._closed:
                raise Busy
            connection = await self._connect()
        except BaseException:
            self._return(tenant)
            raise
        self._open.add(connection)
        return connection
