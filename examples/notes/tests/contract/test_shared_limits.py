"""Limits that processes share, on a real Valkey that fails in every way it can (API-2)."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from notes.development.database import Database
from notes.development.issuer import DevelopmentIssuer
from notes.gate import limits_redis
from notes.gate.admission import FAILURES, LIMITS
from notes.gate.limits import Decision, Limit, LimiterUnavailable, MemoryLimiter
from notes.gate.limits_redis import ANSWER_SECONDS, CONNECTIONS, PREFIX, RedisLimiter
from tests.contract.harness import Prepared, Service, allowed, code, plain
from tests.contract.tls import Authority, in_front
from tests.contract.valkey import Valkey, running

DAY: Final = 86_400
SLACK: Final = 3.0
"""Seconds that a busy machine may need on top of those that are promised."""
NAMES: Final = (f"key-{number}" for number in count())
CHARGED: Final = [scope for scope in LIMITS if scope != FAILURES]
COUNTED: Final = 200 if CHARGED else 401
"""The answer to what `counted` sends, within its limits."""

Limited = Callable[..., Service]


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    """A server for the tests of this module; they leave it as it was."""
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """The loop that the limiters of this module are used in."""
    with asyncio.Runner() as found:
        yield found


@pytest.fixture
def limited(
    database: Database,
    issuer: DevelopmentIssuer,
    valkey: Valkey,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Limited]:
    """Makes services with one limit for everything, and a Valkey that holds it."""
    found: list[Service] = []

    def make(count: int) -> Service:
        for scope in LIMITS:
            monkeypatch.setitem(LIMITS, scope, Limit(scope, count, DAY))
        found.append(Service(database, issuer, redis_url=valkey.url))
        return found[-1]

    valkey.kill()  # what other tests have counted
    valkey.start()
    yield make
    for each in found:
        each.close()


@contextmanager
def patience() -> Iterator[None]:
    """More time for each answer: that this machine is busy is no failure of the server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits_redis, "ANSWER_SECONDS", 20.0)
        patch.setattr(limits_redis, "STEP_SECONDS", 10.0)
        yield


@pytest.fixture
def patient() -> Iterator[None]:
    """The same, for a test."""
    with patience():
        yield


def counted(service: Service) -> Prepared:
    """A request that a limit counts: where callers have none, one with a bad token."""
    request = allowed(service, plain())
    if not CHARGED:
        request.headers["authorization"] = "Bearer nonsense"
    return request


async def unavailable(limiter: RedisLimiter) -> bool:
    """Does it refuse, in the time that is promised, to say anything?"""
    begun = time.monotonic()
    for asked in (limiter.take(((Limit("x", 5, DAY), next(NAMES)),)), limiter.check()):
        with suppress(LimiterUnavailable):
            await asked
            return False
    return time.monotonic() - begun < 2 * ANSWER_SECONDS + SLACK


@pytest.mark.usefixtures("patient")
def test_all_keys_are_charged_or_none(valkey: Valkey, runner: asyncio.Runner) -> None:
    wide, narrow = (
        (Limit("wide", 10, DAY), next(NAMES)),
        (Limit("narrow", 1, DAY), next(NAMES)),
    )

    async def ask() -> list[Decision]:
        limiter = RedisLimiter(valkey.url)
        asked = (wide, narrow), (wide, narrow), (narrow, wide), (wide,)
        found = [await limiter.take(keys) for keys in asked]
        await limiter.close()
        return found

    both, refused, again, last = runner.run(ask())
    assert (both.allowed, both.limit.name, both.remaining) == (True, "narrow", 0)
    assert (refused.allowed, refused.limit.name) == (again.allowed, again.limit.name)
    assert (refused.allowed, refused.limit.name) == (False, "narrow")
    assert DAY - 60 < refused.retry_after <= DAY
    assert (last.allowed, last.remaining) == (True, 8), "a refused request was charged"


@pytest.mark.usefixtures("patient")
def test_processes_share_a_bucket(valkey: Valkey, runner: asyncio.Runner) -> None:
    keys = ((Limit("x", 5, DAY), next(NAMES)),)

    async def ask() -> list[tuple[bool, int]]:
        limiters = RedisLimiter(valkey.url), RedisLimiter(valkey.url)
        found = [await limiters[number % 2].take(keys) for number in range(7)]
        for each in limiters:
            await each.close()
        return [(each.allowed, each.remaining) for each in found]

    expected = [(True, left) for left in (4, 3, 2, 1, 0)]
    assert runner.run(ask()) == [*expected, (False, 0), (False, 0)]


@pytest.mark.usefixtures("patient")
def test_of_many_at_once_no_more_pass_than_there_may(
    valkey: Valkey, runner: asyncio.Runner
) -> None:
    keys = ((Limit("x", 50, DAY), next(NAMES)),)

    async def ask() -> list[Decision]:
        limiters = RedisLimiter(valkey.url), RedisLimiter(valkey.url)
        asked = (limiters[number % 2].take(keys) for number in range(CONNECTIONS))
        found = await asyncio.gather(*asked)
        for each in limiters:
            await each.close()
        return found

    assert sum(each.allowed for each in runner.run(ask())) == 50


@pytest.mark.usefixtures("patient")
def test_a_bucket_drains(valkey: Valkey, runner: asyncio.Runner) -> None:
    keys = ((Limit("x", 10, 5), next(NAMES)),)

    async def ask() -> list[bool]:
        limiter = RedisLimiter(valkey.url)
        found = [(await limiter.take(keys)).allowed for _ in range(11)]
        await asyncio.sleep(0.6)  # one request drains in half a second
        found.append((await limiter.take(keys)).allowed)
        await limiter.close()
        return found

    *passed, refused, again = runner.run(ask())
    assert passed == [True] * 10
    assert (refused, again) == (False, True)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 4), min_size=3, max_size=3),
    st.lists(st.sets(st.integers(0, 2), min_size=1), max_size=20),
)
def test_decisions_are_those_of_one_process(
    valkey: Valkey, runner: asyncio.Runner, counts: list[int], sequence: list[set[int]]
) -> None:
    """The limits are of a day, so that what drains in the meantime is not to be seen."""
    buckets = [(Limit(f"limit-{each}", each, DAY), next(NAMES)) for each in counts]

    async def ask() -> tuple[list[Decision], list[Decision]]:
        shared, own = RedisLimiter(valkey.url), MemoryLimiter()
        asked = [tuple(buckets[each] for each in sorted(chosen)) for chosen in sequence]
        found = (
            [await shared.take(each) for each in asked],
            [await own.take(each) for each in asked],
        )
        await shared.close()
        return found

    with patience():
        decisions = runner.run(ask())
    for shared, own in zip(*decisions, strict=True):
        assert shared[:3] == own[:3]
        assert abs(shared.retry_after - own.retry_after) <= 10
        assert abs(shared.reset - own.reset) <= 10


@pytest.mark.usefixtures("patient")
def test_services_do_not_share_buckets(valkey: Valkey, runner: asyncio.Runner) -> None:
    name = next(NAMES)

    async def ask() -> list[bytes]:
        limiter, client = RedisLimiter(valkey.url), Redis.from_url(valkey.url)
        await limiter.take(((Limit("x", 5, DAY), name),))
        found: list[bytes] = [each async for each in client.scan_iter(f"*{name}")]
        await client.aclose()
        await limiter.close()
        return found

    assert runner.run(ask()) == [f"{PREFIX}{name}".encode()]


async def command(valkey: Valkey, *words: str) -> None:
    """Tells the server something."""
    client = Redis.from_url(valkey.url)
    await client.execute_command(*words)  # type: ignore[no-untyped-call]
    await client.aclose()


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    ("breakage", "repair"),
    [
        pytest.param(
            ("config", "set", "maxmemory", "1"),
            ("config", "set", "maxmemory", "0"),
            id="full",
        ),
        pytest.param(
            ("replicaof", "127.0.0.1", "1"), ("replicaof", "no", "one"), id="replica"
        ),
    ],
)
def test_a_server_that_does_not_write_is_unavailable(
    valkey: Valkey,
    runner: asyncio.Runner,
    breakage: tuple[str, ...],
    repair: tuple[str, ...],
) -> None:
    async def ask() -> None:
        limiter = RedisLimiter(valkey.url)
        await limiter.check()
        await command(valkey, *breakage)
        try:
            assert await unavailable(limiter)
        finally:
            await command(valkey, *repair)
        await limiter.check()
        await limiter.close()

    runner.run(ask())


@pytest.mark.usefixtures("patient")
def test_a_server_that_is_replaced_is_found(
    runner: asyncio.Runner, tmp_path: Path
) -> None:
    """A link is what a name is elsewhere: it leads to another server when the first is demoted."""
    keys = ((Limit("x", 5, DAY), next(NAMES)),)

    async def ask(first: Valkey, second: Valkey, link: Path) -> None:
        link.symlink_to(first.socket)
        limiter = RedisLimiter(f"unix://{link}")
        await limiter.take(keys)
        await command(first, "replicaof", "127.0.0.1", "1")
        link.unlink()
        link.symlink_to(second.socket)
        assert (await limiter.take(keys)).allowed
        await limiter.close()

    with running() as first, running() as second:
        runner.run(ask(first, second, first.socket.with_name("now")))


async def at_last(limiter: RedisLimiter, limit: Limit) -> Decision:
    """The first answer about a new bucket, however often it is asked."""
    while True:
        with suppress(LimiterUnavailable):
            return await limiter.take(((limit, next(NAMES)),))


def test_a_server_that_hangs_is_unavailable(
    valkey: Valkey, runner: asyncio.Runner
) -> None:
    """For twice as many as there are connections; and no answer is taken for that of another."""
    limits = [Limit("x", 10 + number, DAY) for number in range(2 * CONNECTIONS)]

    async def ask() -> list[Decision]:
        limiter = RedisLimiter(valkey.url)
        await asyncio.gather(*(limiter.check() for _ in limits), return_exceptions=True)
        valkey.pause()
        try:
            assert all(await asyncio.gather(*(unavailable(limiter) for _ in limits)))
        finally:
            valkey.resume()
        async with asyncio.timeout(20):
            found = await asyncio.gather(*(at_last(limiter, each) for each in limits))
        await limiter.close()
        return found

    assert [each.remaining for each in runner.run(ask())] == [
        each.count - 1 for each in limits
    ]


def test_an_answer_has_a_time(
    valkey: Valkey, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is spent on: this is shorter than what each part of an answer may take."""
    monkeypatch.setattr(limits_redis, "ANSWER_SECONDS", 0.05)

    async def ask() -> None:
        limiter = RedisLimiter(valkey.url)
        valkey.pause()
        try:
            await limiter.check()
        finally:
            valkey.resume()
            await limiter.close()

    with pytest.raises(LimiterUnavailable) as refused:
        runner.run(ask())
    assert isinstance(
        refused.value.__cause__, TimeoutError
    )  # the library did not give up before


@pytest.mark.usefixtures("patient")
def test_services_share_their_limits_and_say_what_is_left(limited: Limited) -> None:
    first = limited(3)
    request, second = counted(first), limited(3)
    left = []
    for service in (first, second, first):
        request.world.service = service
        response = request.send()
        assert response.status_code == COUNTED
        left.append(response.headers.get("ratelimit", ""))
    request.world.service = second
    refused = request.send()
    assert (refused.status_code, code(refused)) == (429, "too_many_requests")
    assert 0 < int(refused.headers["retry-after"]) <= DAY
    assert ";r=0;t=" in refused.headers["ratelimit"]
    if CHARGED:
        assert [each.split(";")[1] for each in left] == ["r=2", "r=1", "r=0"]


def test_without_its_valkey_the_service_refuses_and_goes_on_with_it(
    limited: Limited, valkey: Valkey
) -> None:
    """Killed and started again under load, then hanging: whoever asks is refused, and soon."""
    service = limited(1_000_000)
    request, stopped = counted(service), False

    def ask_on() -> list[tuple[float, int, float]]:
        found = []
        while not stopped:
            begun = time.monotonic()
            status = request.send().status_code
            found.append((begun, status, time.monotonic() - begun))
        return found

    def ask_now() -> tuple[int, str, int]:
        response, ready = request.send(), service.client.get("/readyz")
        said = "" if response.status_code == 200 else code(response)
        return response.status_code, said, ready.status_code

    gone: list[tuple[float, float]] = []
    with ThreadPoolExecutor(8) as pool:
        askers = [pool.submit(ask_on) for _ in range(8)]
        try:
            for end, begin in (
                (valkey.kill, valkey.start),
                (valkey.pause, valkey.resume),
            ):
                time.sleep(0.3)
                end()
                since = time.monotonic()
                try:
                    assert ask_now() == (503, "limits_unavailable", 503)
                    time.sleep(0.5)
                    gone.append((since, time.monotonic()))
                finally:
                    begin()
                deadline = time.monotonic() + 10
                while ask_now()[::2] != (COUNTED, 200):
                    assert time.monotonic() < deadline, "it does not recover"
        finally:
            stopped = True
        answers = [each for asker in askers for each in asker.result(30)]
    assert {status for _, status, _ in answers} == {COUNTED, 503}
    meanwhile = {
        status
        for begun, status, seconds in answers
        if any(since < begun and begun + seconds < until for since, until in gone)
    }
    assert meanwhile == {503}, "a request was let through without its limits"
    assert max(seconds for *_, seconds in answers) < ANSWER_SECONDS + SLACK


PROTECTED: Final = {
    "rediss://limits.example.com": True,
    "rediss://limits.example.com?ssl_cert_reqs=required": True,
    "rediss://limits.example.com?ssl_cert_reqs=none": False,
    "rediss://limits.example.com?ssl_cert_reqs=optional": False,
    "rediss://limits.example.com?ssl_cert_reqs=none&ssl_cert_reqs=required": False,
    "rediss://limits.example.com?ssl_check_hostname=false": False,
    "redis://limits.example.com": False,
    "redis://localhost.example.com": False,
    "redis://127.0.0.1:6379": True,
    "redis://[::1]:6379": True,
    "redis://localhost": True,
    "unix:///run/limits/valkey.sock": True,
}


@pytest.mark.parametrize("url", PROTECTED)
def test_what_nobody_on_the_network_reads_or_changes(url: str) -> None:
    assert limits_redis.protected(url) is PROTECTED[url]


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("host", ["localhost", "elsewhere.example.com"])
def test_the_certificate_of_redis_is_verified(
    service: Service, valkey: Valkey, tmp_path: Path, trusted: bool, host: str
) -> None:
    authority, other = Authority(tmp_path, host), tmp_path / "other"
    other.mkdir()
    file = authority.file if trusted else Authority(other).file

    async def answers() -> bool:
        async with in_front(valkey.url, authority.context) as port:
            url = f"rediss://localhost:{port}?ssl_ca_certs={file}"
            assert limits_redis.protected(url)
            limiter = RedisLimiter(url)
            try:
                await limiter.check()
            except LimiterUnavailable:
                return False
            finally:
                await limiter.close()
            return True

    assert service.run(answers()) is (trusted and host == "localhost")
