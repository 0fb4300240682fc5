"""Rate limits that several processes share, in Redis or Valkey.

One round trip per request: a script judges and charges all keys at once. In a
cluster the keys of one request must lie on one node: give them a common hash tag,
`limit:{tenant}:user:...`. The script writes only after every key has agreed.

When Redis does not answer, `take` raises LimiterUnavailable and the service answers
503: without limits it does not serve.
"""

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from .limits import Decision, Limit, LimiterUnavailable, decide

_TIMEOUT = 0.25  # seconds: to get a connection, to connect, to get an answer
_CONNECTIONS = 64

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
    """Limits in the Redis at `url`, by the clock of that Redis."""

    def __init__(self, url: str) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            socket_timeout=_TIMEOUT,
            retry=Retry(NoBackoff(), 1),  # the server may have closed an idle one
        )
        self._redis = Redis.from_pool(pool)
        self._script = self._redis.register_script(_SCRIPT)

    async def take(self, keys: tuple[tuple[Limit, str], ...]) -> Decision:
        return decide(keys, await self._levels(keys))

    async def check(self) -> None:
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            raise LimiterUnavailable(type(error).__name__) from error

    async def close(self) -> None:
        await self._redis.aclose()

    async def _levels(self, keys: tuple[tuple[Limit, str], ...]) -> list[int]:
        arguments: list[int] = []
        for limit, _ in keys:
            arguments += (limit.interval, limit.burst)
        try:
            levels = await self._script([key for _, key in keys], arguments)
        except (RedisError, OSError) as error:
            raise LimiterUnavailable(type(error).__name__) from error
        return list(levels)
