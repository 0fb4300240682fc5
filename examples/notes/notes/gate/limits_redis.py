"""Rate limits that several processes share, in Redis or Valkey.

One round trip per request: a script judges and charges all keys at once. In a
cluster the keys of one request must lie on one node: give them a common hash tag,
`limit:{tenant}:user:...`. The script writes only after every key has agreed.

When Redis does not answer, `take` raises LimiterUnavailable and the service answers
503: without limits it does not serve. It goes on by itself once Redis answers again.
"""

import asyncio
from typing import Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import (
    SSLConnection,
    UnixDomainSocketConnection,
    parse_url,
)
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, ReadOnlyError, RedisError, TimeoutError

from notes.gate.limits import Decision, Limit, LimiterUnavailable, decide
from notes.store.transport import LOOPBACK

ANSWER_SECONDS: Final = 0.5
"""For one answer: a free connection, connecting, the answer itself, and a second attempt."""
STEP_SECONDS: Final = ANSWER_SECONDS / 2
"""For each part of it."""
CONNECTIONS: Final = 64
"""At most, of one process."""
PREFIX: Final = "notes:"
"""Services can share a Redis, and do not share buckets."""

_AGAIN = (
    ConnectionError,  # the server closed a connection that was idle
    TimeoutError,  # or something on the way forgot it
    ReadOnlyError,  # the server is a replica now, and another one has its name
)
_READY = Limit("ready", 1_000_000, 1)

# KEYS: the buckets. ARGV: interval and burst of each bucket in microseconds. Returns
# the level of each with this request in it. A value is the time in microseconds at
# which the bucket is empty: exact in a Lua number, which "%.0f" writes in full.
_SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local empty_at = redis.call('MGET', unpack(KEYS))
local charge = true
local levels = {}
for i = 1, #KEYS do
  local interval, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  levels[i] = math.max(tonumber(empty_at[i] or 0) - now, 0) + interval
  charge = charge and levels[i] <= burst
end
if charge then
  for i, key in ipairs(KEYS) do
    local value = string.format('%.0f', now + levels[i])
    redis.call('SET', key, value, 'PX', math.ceil(levels[i] / 1000))
  end
end
return levels
"""


class RedisLimiter:
    """Limits in the Redis at `url`, by the clock of that Redis.

    What was sent again because an answer was lost may be charged twice, and never not at all.
    """

    def __init__(self, url: str) -> None:
        """Raises ValueError for a URL that is none of Redis. Connects when it is asked."""
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=STEP_SECONDS,
            socket_connect_timeout=STEP_SECONDS,
            socket_timeout=STEP_SECONDS,
            retry=Retry(NoBackoff(), 1, _AGAIN),
        )
        self._redis = Redis.from_pool(pool)
        self._script = self._redis.register_script(_SCRIPT)

    async def take(self, keys: tuple[tuple[Limit, str], ...]) -> Decision:
        return decide(keys, await self._levels(keys))

    async def check(self) -> None:
        """Charges a bucket that nobody else uses: a replica, or one without memory, answers a ping."""
        await self._levels(((_READY, "ready"),))

    async def close(self) -> None:
        await self._redis.aclose()

    async def _levels(self, keys: tuple[tuple[Limit, str], ...]) -> list[int]:
        arguments: list[int] = []
        for limit, _ in keys:
            arguments += (limit.interval, limit.burst)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                levels = await self._script(
                    [PREFIX + key for _, key in keys], arguments
                )
        except (RedisError, OSError) as error:
            raise LimiterUnavailable(type(error).__name__) from error
        return list(levels)


def protected(url: str) -> bool:
    """Does the URL of a Redis ask for a connection that nobody on the network can read or change?

    It does with `rediss://`, unless its options switch off that the certificate and the name in it
    are checked; and for a Unix socket or a loopback address. Raises ValueError for another URL.
    """
    options = dict(parse_url(url))
    kind = options.get("connection_class")
    if kind is SSLConnection:
        checked = options.get("ssl_cert_reqs", "required") == "required"
        return checked and options.get("ssl_check_hostname", True) is True
    return (
        kind is UnixDomainSocketConnection
        or options.get("host", "localhost") in LOOPBACK
    )
