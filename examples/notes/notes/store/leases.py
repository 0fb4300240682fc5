"""Connections lent and given back without a task: what a pool costs, a call does not pay."""

import asyncio
from collections import deque
from typing import TypeAlias

import asyncpg
from asyncpg import Record

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[Record]"


class Leases:
    """Keeps connections of an asyncpg pool at hand, the one used last first.

    A connection is given back as it was lent: after a refusal of PostgreSQL it is outside any
    transaction and fit for the next caller. After anything else (a cancelled call, a broken
    connection) it goes back to the pool, which closes or resets it.
    """

    def __init__(self, pool: "asyncpg.Pool[Record]", size: int) -> None:
        self._pool = pool
        self._unopened = size
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection]] = deque()

    async def acquire(self) -> Connection:
        """A connection that nobody else has; waits for one if all are lent."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            await self.discard(connection)
        if self._unopened:
            self._unopened -= 1
            try:
                return await self._pool.acquire()
            except BaseException:
                self._unopened += 1
                raise
        waiter: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                self.release(waiter.result())
            raise

    def release(self, connection: Connection) -> None:
        """Gives a connection to who has waited longest, or keeps it."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        self._idle.append(connection)

    async def discard(self, connection: Connection) -> None:
        """Returns a connection whose state is unknown to the pool, and lends another in time."""
        try:
            await self._pool.release(connection)
        finally:
            self._unopened += 1
            if self._waiting:
                asyncio.get_running_loop().create_task(self._replace())

    async def _replace(self) -> None:
        """Opens a connection for somebody who waits for one that will not come back."""
        if self._unopened:
            self.release(await self.acquire())

    async def close(self) -> None:
        """Returns what is idle to the pool."""
        while self._idle:
            await self._pool.release(self._idle.pop())
