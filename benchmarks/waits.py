"""Who waits for a lock in a database, for how long, and behind what."""

import asyncio
from contextlib import suppress
from typing import Any, Final, NamedTuple

import asyncpg

INTERVAL: Final = 0.01
"""Seconds between two looks: a wait is seen with a length that is at most so much too short."""
ANYBODY: Final = "select exists (select from pg_stat_activity where wait_event_type = 'Lock')"
WAITING: Final = """
select a.pid, a.usename::text as role, a.query, l.mode, l.locktype,
       coalesce(l.relation::regclass::text, '') as relation,
       coalesce(extract(epoch from l.waitstart), 0)::float8 as since,
       coalesce(extract(epoch from clock_timestamp() - l.waitstart), 0)::float8 as seconds,
       array(select format('%s %s: %s', b.backend_type, b.state, b.query) from pg_stat_activity b
              where b.pid = any (pg_blocking_pids(a.pid))) as behind
  from pg_stat_activity a join pg_locks l on l.pid = a.pid and not l.granted
 where a.wait_event_type = 'Lock' and a.datname = current_database()
"""


class Wait(NamedTuple):
    """A wait for a lock: who, for what, for how long, and behind whom."""

    role: str
    query: str
    mode: str
    lock: str
    seconds: float
    behind: tuple[str, ...]


class Watch:
    """Looks at the waits of a database until it is told to end."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._seen: dict[tuple[int, float], Wait] = {}

    async def run(self, ended: asyncio.Event) -> list[Wait]:
        """The waits, the longest first."""
        connection = await asyncpg.connect(self._url)
        try:
            while not ended.is_set():
                if await connection.fetchval(ANYBODY):
                    self._look(await connection.fetch(WAITING))
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), INTERVAL)
        finally:
            await connection.close()
        return sorted(self._seen.values(), key=lambda each: -each.seconds)

    def _look(self, rows: list[Any]) -> None:
        for row in rows:
            key = row["pid"], row["since"]
            before = self._seen.get(key)
            self._seen[key] = Wait(
                row["role"],
                row["query"],
                row["mode"],
                f"{row['locktype']} {row['relation']}".strip(),
                row["seconds"],
                # At its end a wait is behind nobody any more.
                tuple(row["behind"]) or (before.behind if before else ()),
            )
