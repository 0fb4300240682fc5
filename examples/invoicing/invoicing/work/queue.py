# ruff: noqa: S608 - statements are put together from names of this service only
"""A queue in a table: what was written with an effect is worked on at least once after its commit.

A message is claimed by moving its moment, `due_at`, to the end of a lease. Whoever dies with it has
said nothing, and it is due again then. Of messages about one row, one is tried at a time, in their
order: one that fails holds up those behind it, until it has succeeded or is dead.
"""

import random
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import asyncpg
from asyncpg import Record

from invoicing.store.history import SCHEMA

Pool: TypeAlias = "asyncpg.Pool[Record]"
Message: TypeAlias = Mapping[str, Any]
"""A claimed row, and what it was joined with."""

LEASE_SECONDS: Final = 60
"""Longer than any attempt: until then nobody else takes the message."""
ATTEMPTS: Final = 16
"""After which it is dead: within three and a half days, or half of that on average."""
FIRST_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 12 * 3600.0
GROWTH: Final = 3
LOOKED_AT: Final = 4
"""Times as many due messages are looked at as are taken, so that no lane takes them all."""


class Ended(NamedTuple):
    """How an attempt ended: why it failed in a word, or nothing where it has not; the status of an
    answer; whether another attempt would be in vain; what is kept of the answer."""

    error: str = ""
    status: int | None = None
    final: bool = False
    results: Mapping[str, object] = {}


class Queue:
    """Messages of one kind in a table.

    The messages of one `lane` may take no more than a part of the worker. `same` is the test that
    `b` is about the row of `d`, and `before` that it comes before it. `more` are further columns of
    a claimed message `d`, from what is joined by `join`. With `answers`, attempts have a status. What an attempt answers is kept in the columns `results`.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[Message], Awaitable[Ended]],
        *,
        table: str,
        lane: str,
        same: str,
        before: str,
        more: str = "",
        join: str = "",
        answers: bool = True,
        results: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.lane = lane
        self.work = work
        self._answers = answers
        self._results = tuple(results)
        first = 8 if answers else 7
        kept = "".join(
            f", {name} = coalesce(${place}, {name})"
            for place, name in enumerate(results, first)
        )
        table = f"{SCHEMA}.{table}"
        self._claim = f"""
with seen as (
  select d.tenant_id, d.id, d.due_at, d.{lane} as lane from {table} d
   where d.due_at <= now() and d.{lane} <> all ($2)
     and not exists (select from {table} b where b.tenant_id = d.tenant_id and {same}
                        and b.due_at is not null and {before})
   order by d.due_at limit {LOOKED_AT} * $1::bigint
), due as (
  select s.tenant_id, s.id, row_number() over (partition by s.tenant_id, s.lane order by s.due_at) as turn
    from seen s
), taken as (
  select d.tenant_id, d.id from {table} d join due u on u.tenant_id = d.tenant_id and u.id = d.id
   where u.turn <= $3 and d.due_at <= now() limit $1 for update of d skip locked
), claimed as (
  update {table} d set due_at = now() + interval '{LEASE_SECONDS} seconds', attempts = d.attempts + 1,
         version = d.version + 1, updated_at = now()
    from taken t where d.tenant_id = t.tenant_id and d.id = t.id returning d.*
)
select d.*{more} from claimed d{join.replace(" join ", f" join {SCHEMA}.")}
"""
        self._finish = f"""
update {table} set due_at = now() + make_interval(secs => $4), state = $5, last_error = $6{", last_status = $7" if answers else ""}{kept},
       finished_at = case when $4::double precision is null then now() end, version = version + 1,
       updated_at = now()
 where tenant_id = $1 and id = $2 and version = $3
"""

    async def claim(
        self, pool: Pool, most: int, each: int, without: Collection[Any] = ()
    ) -> list[Message]:
        """At most so many due messages, and no more than `each` of a lane, now leased: of none of
        the lanes `without`."""
        return [
            dict(row)
            for row in await pool.fetch(self._claim, most, list(without), each)
        ]

    async def finish(self, pool: Pool, message: Message, ended: Ended) -> str:
        """Writes how an attempt ended, unless somebody else has the message by now. The state."""
        delay: float | None = None
        state = "delivered"
        if ended.error:
            over = ended.final or message["attempts"] >= ATTEMPTS
            state = "dead" if over else "waiting"
            delay = None if over else backoff(message["attempts"])
        await pool.execute(
            self._finish,
            message["tenant_id"],
            message["id"],
            message["version"],
            delay,
            state,
            ended.error or None,
            *((ended.status,) if self._answers else ()),
            *(ended.results.get(name) for name in self._results),
        )
        return state


def backoff(
    attempt: int, draw: Callable[[float, float], float] = random.uniform
) -> float:
    """Seconds until the next attempt: anywhere below a bound that grows, so that those who failed
    together do not come back together (full jitter)."""
    return draw(
        0.0, min(LONGEST_SECONDS, FIRST_SECONDS * float(GROWTH) ** (attempt - 1))
    )
