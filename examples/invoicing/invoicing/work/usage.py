# ruff: noqa: S608 - statements are put together from names of this service only
"""Closes what meters have counted in a period that has ended, and tells the billing provider.

A period is closed by the row that says so: the trigger of its table takes the lock of the counter, which no
transaction that counts has any more, and writes down what it came to. What begins to count later counts in
the next period. That row is the report, too: each attempt has the same key, so that the provider counts it once
whatever dies in between. The provider forgets keys after a day: by then nobody tries any more.
"""

import time
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from invoicing.store.history import SCHEMA
from invoicing.work.queue import Ended, Message, Pool, Queue

METERS: Final = ("invoices_sent",)
SWEEP_SECONDS: Final = 60.0
"""Between two looks for periods that have ended."""
MANY: Final = 500
"""Counters that are closed after one look."""
KEPT: Final = timedelta(hours=20)
"""How long the provider certainly knows the key of a report."""

Report = Callable[[UUID, str, int, datetime, str], Awaitable[Ended]]
"""Tells the provider that a tenant used so much of an event until a moment, under a key."""

CLOSE: Final = f"""
insert into {SCHEMA}.usage_closing (tenant_id, meter, period)
select u.tenant_id, u.meter, u.period from {SCHEMA}.usage_ u
 where u.closed_at is null and u.meter = any ($1) and u.period <> 'held'
   and u.period < to_char(now() at time zone 'UTC', case length(u.period) when 7 then 'YYYY-MM' else 'YYYY-MM-DD' end)
 order by u.period, u.tenant_id limit {MANY}
    on conflict do nothing
"""


class Closings(Queue):
    """The queue of periods that are closed; now and then it closes those that have ended."""

    def __init__(self, report: Report) -> None:
        super().__init__(
            "usage",
            self._told,
            table="usage_closing",
            lane="tenant_id",
            same="b.meter = d.meter",
            before="b.period < d.period",
            answers=False,
        )
        self._report = report
        self._sweep_at = time.monotonic()

    async def claim(
        self, pool: Pool, most: int, each: int, without: Collection[Any] = ()
    ) -> list[Message]:
        """What is due, and first of all what has ended."""
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP_SECONDS
            await pool.execute(CLOSE, METERS)
        return await super().claim(pool, most, each, without)

    async def _told(self, message: Message) -> Ended:
        """One attempt to tell the provider."""
        if datetime.now(UTC) - message["created_at"] > KEPT:
            return Ended("expired", final=True)
        key = f"{message['tenant_id']}:{message['id']}"
        return await self._report(
            message["tenant_id"],
            message["event"],
            message["used"],
            last_second(message["period"]),
            key,
        )


def last_second(period: str) -> datetime:
    """The last second of a day or a month, in UTC: what is reported is of that period."""
    first = date.fromisoformat(period if len(period) > 7 else f"{period}-01")
    following = (
        first + timedelta(days=1)
        if len(period) > 7
        else (first + timedelta(days=31)).replace(day=1)
    )
    return datetime.combine(following, datetime.min.time(), UTC) - timedelta(seconds=1)
