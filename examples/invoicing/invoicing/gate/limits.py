"""Rate limits: a bucket per key that drains at a constant rate (GCRA).

A limit of `count` requests in `window` seconds admits a burst of `count` and then one
request every `window / count` seconds; no interval of `window` seconds sees more than
twice `count`. Of each bucket only the time at which it will be empty is stored.

`MemoryLimiter` serves one process. Processes that share limits use `RedisLimiter`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

_SECOND = 1_000_000  # all times below are whole microseconds


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` requests in `window` seconds, per key."""

    name: str
    count: int
    window: int
    interval: int = field(init=False, repr=False, compare=False)  # drain of a request
    burst: int = field(init=False, repr=False, compare=False)  # drain of a full bucket
    policy: bytes = field(init=False, repr=False, compare=False)  # RateLimit-Policy

    def __post_init__(self) -> None:
        """Derive what every request needs; raises ValueError below one."""
        if self.count < 1 or self.window < 1:
            raise ValueError("a limit needs a count and a window of at least 1")
        interval = -(-self.window * _SECOND // self.count)  # rounded up
        policy = f'"{self.name}";q={self.count};w={self.window}'
        object.__setattr__(self, "interval", interval)
        object.__setattr__(self, "burst", interval * self.count)
        object.__setattr__(self, "policy", policy.encode())


class Decision(NamedTuple):
    """Whether a request may pass, and the state of the limit that is closest.

    The limit is the one that refuses (of several, the one with the longest wait), or
    else the one with the smallest share of its count left. `retry_after` and `reset`
    are in seconds, rounded up: how long to wait after a refusal (0 if allowed), and
    how long until one more request is available.
    """

    allowed: bool
    limit: Limit
    remaining: int
    retry_after: int
    reset: int


class LimiterUnavailable(Exception):
    """The limits cannot be checked; the request must be refused (503)."""


class Limiter(Protocol):
    """Counts requests. A key names one bucket and always comes with the same limit."""

    async def take(self, keys: tuple[tuple[Limit, str], ...]) -> Decision:
        """Charge one request to every key, or to none if any of them refuses.

        The keys are distinct, and at least one. Raises LimiterUnavailable.
        """

    async def check(self) -> None:
        """Raise LimiterUnavailable unless `take` can be answered."""

    async def close(self) -> None:
        """Release connections."""


class MemoryLimiter:
    """Limits within one process.

    Holds at most `capacity` keys, in two generations. When the younger one is full,
    the older one is forgotten: keys that have not been charged for the longest time.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, capacity: int = 100_000
    ) -> None:
        self._now = now
        self._generation = max(capacity // 2, 1)
        self._young: dict[str, int] = {}  # when each bucket will be empty
        self._old: dict[str, int] = {}

    async def take(self, keys: tuple[tuple[Limit, str], ...]) -> Decision:
        now = int(self._now() * _SECOND)
        levels = self._levels(keys, now)
        decision = decide(keys, levels)
        if decision.allowed:
            for (_, key), level in zip(keys, levels, strict=True):
                self._young[key] = now + level
            if len(self._young) > self._generation:
                self._old, self._young = self._young, {}
        return decision

    async def check(self) -> None:
        """Memory is always there."""

    async def close(self) -> None:
        self._young, self._old = {}, {}

    def _levels(self, keys: tuple[tuple[Limit, str], ...], now: int) -> list[int]:
        levels = []
        for limit, key in keys:
            empty_at = self._young.get(key) or self._old.get(key, now)
            level = limit.interval
            if empty_at > now:
                level += empty_at - now
            levels.append(level)
        return levels


def decide(keys: tuple[tuple[Limit, str], ...], levels: list[int]) -> Decision:
    """Judge the levels that the buckets would have with this request in them.

    A level is the time in microseconds until the bucket is empty.
    """
    tightest, _ = keys[0]
    wait, filled, share = 0, 0, 0.0
    for (limit, _), level in zip(keys, levels, strict=True):
        burst = limit.burst
        if level - burst > wait:
            tightest, wait = limit, level - burst
        elif not wait and level / burst > share:
            tightest, filled, share = limit, level, level / burst
    if wait:
        seconds = -(-wait // _SECOND)
        return Decision(False, tightest, 0, seconds, seconds)
    interval = tightest.interval
    used = -(-filled // interval)
    next_one = filled - (used - 1) * interval if used else 0
    return Decision(True, tightest, tightest.count - used, 0, -(-next_one // _SECOND))


def headers(decision: Decision) -> list[tuple[bytes, bytes]]:
    """The RateLimit fields of a response, and Retry-After for a refusal.

    As in draft-ietf-httpapi-ratelimit-headers and RFC 9110, section 10.2.3.
    """
    limit = decision.limit
    state = f'"{limit.name}";r={decision.remaining};t={decision.reset}'
    fields = [(b"ratelimit-policy", limit.policy), (b"ratelimit", state.encode())]
    if not decision.allowed:
        fields.append((b"retry-after", str(decision.retry_after).encode()))
    return fields
