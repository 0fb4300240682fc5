"""The connections to the database: who is lent one, how long others wait, what is lost (API-2)."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import asynccontextmanager
from itertools import islice
from random import Random
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import httpx2
import pytest

from invoicing import app
from invoicing.development.database import Database as Urls
from invoicing.gate.problems import Problem
from invoicing.store import database as module
from invoicing.store import leases as lending
from invoicing.store.database import Database
from invoicing.store.leases import Busy, Leases
from tests.contract.harness import APP, CONTRACT, Service, allowed, code, let_in, plain

SOON: Final = 0.3
"""Seconds, where there are more in production."""

HANGING: Final = 9.0
"""Seconds after which a call would never end."""

SLEEP: Final = (
    "select 'ok' as outcome, pg_backend_pid() as pid, pg_sleep($2) where $1 <> ''"
)
CALLS: Final = 100
ANY: Final = plain()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a test can wait for."""
    monkeypatch.setattr(lending, "WAIT_SECONDS", SOON)
    monkeypatch.setattr(lending, "CLOSE_SECONDS", SOON)


class Opened:
    """Stands in for a connection."""

    def __init__(self) -> None:
        self.closed = False

    def is_closed(self) -> bool:
        """Has it ended?"""
        return self.closed

    async def close(self, *, timeout: float) -> None:
        """Ends it; that takes its time."""
        try:
            await asyncio.sleep(timeout / 100)
        finally:
            self.closed = True


async def opened() -> Any:
    """A new one."""
    return Opened()


def run(work: Coroutine[Any, Any, None]) -> None:
    """Runs a test. One that waits for ever fails."""
    asyncio.run(asyncio.wait_for(work, 3 * HANGING))


async def taken(leases: Leases, tenant: str) -> int:
    """How many connections a tenant is lent, if it asks until it is refused."""
    for number in range(1000):
        try:
            await leases.acquire(tenant)
        except Busy:
            return number
    raise AssertionError("it is never refused")


@pytest.mark.parametrize(("size", "share"), [(1, 1), (2, 1), (3, 2), (4, 3), (20, 15)])
def test_a_tenant_has_its_share(size: int, share: int) -> None:
    async def alone() -> None:
        leases = Leases(opened, size)
        assert await taken(leases, "noisy") == share
        if size > 1:
            assert await taken(leases, "quiet") >= 1

    run(alone())


def test_busy_tenants_leave_one_for_a_quiet_one() -> None:
    async def together() -> None:
        leases = Leases(opened, 20)
        held: Counter[str] = Counter()
        waiting = {
            asyncio.create_task(leases.acquire(each)): each for each in "abc" * 20
        }
        done, _ = await asyncio.wait(waiting, timeout=5 * SOON)
        held.update(waiting[each] for each in done if not each.exception())
        assert min(held.values()) >= 5
        await asyncio.wait_for(leases.acquire("quiet"), SOON / 2)

    run(together())


def test_tenants_take_turns() -> None:
    async def turns() -> None:
        leases = Leases(opened, 1)
        order: list[str] = []

        async def call(tenant: str) -> None:
            connection = await leases.acquire(tenant)
            order.append(tenant)
            await asyncio.sleep(0)
            leases.release(tenant, connection)

        await asyncio.gather(*map(call, "aaaabc"))
        assert order == ["a", "a", "b", "c", "a", "a"]

    run(turns())


def test_whoever_waits_is_refused_in_time() -> None:
    async def wait() -> None:
        leases = Leases(opened, 1)
        await leases.acquire("a")
        begun = time.monotonic()
        with pytest.raises(Busy):
            await leases.acquire("b")
        assert SOON - 0.1 < time.monotonic() - begun < SOON + 1
        assert not leases._waiting, "it has left, and still has a place"

    run(wait())


def test_a_call_that_is_cancelled_as_its_turn_comes_takes_nothing_along() -> None:
    async def cancelled() -> None:
        leases = Leases(opened, 1)
        connection = await leases.acquire("a")
        waiter = asyncio.create_task(leases.acquire("b"))
        await asyncio.sleep(0)
        leases.release("a", connection)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        assert await leases.acquire("c") is connection

    run(cancelled())


@pytest.mark.parametrize("seed", range(5))
def test_no_connection_is_lost_or_lent_twice(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - for a test
    size = random.randint(1, 6)
    known: list[Opened] = []
    lent: set[Opened] = set()

    async def connect() -> Any:
        await asyncio.sleep(random.choice((0, 0.001)))
        if random.random() < 0.1:
            raise ConnectionRefusedError
        known.append(Opened())
        assert sum(not each.closed for each in known) <= size
        return known[-1]

    leases = Leases(connect, size)

    async def call(tenant: str) -> str:
        begun = time.monotonic()
        try:
            connection: Any = await leases.acquire(tenant)
        except (Busy, ConnectionRefusedError) as error:
            assert time.monotonic() - begun < SOON + 2
            return type(error).__name__
        assert not connection.closed and connection not in lent
        lent.add(connection)
        fit = False
        try:
            await asyncio.sleep(random.choice((0, 0.001, 0.03)))
            fit = random.random() < 0.8
            connection.closed = random.random() < 0.1
        finally:
            lent.remove(connection)
            if fit:
                leases.release(tenant, connection)
            else:
                await leases.discard(tenant, connection)
        return "served"

    async def storm() -> None:
        tasks = []
        for _ in range(CALLS):
            tasks.append(asyncio.create_task(call(random.choice("aaaabc"))))
            if random.random() < 0.3:
                await asyncio.sleep(random.choice((0, 0.001)))
            if random.random() < 0.3:
                random.choice(tasks).cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert set(map(str, ended)) <= {"", "served", "Busy", "ConnectionRefusedError"}
        assert ended.count("served") > 0
        everybody = [
            asyncio.create_task(_patient(leases, str(each))) for each in range(size)
        ]
        assert len(set(await asyncio.gather(*everybody))) == size
        with pytest.raises(Busy):
            await leases.acquire("one too many")

    run(storm())


async def _patient(leases: Leases, tenant: str) -> Any:
    while True:
        try:
            return await leases.acquire(tenant)
        except ConnectionRefusedError:
            continue


@asynccontextmanager
async def connections(url: str, size: int) -> AsyncIterator[Database]:
    """A database of the service, with so many connections."""
    found = await Database.connect(url, size)
    try:
        yield found
    finally:
        await found.close()


async def asked(database: Database, tenant: str = "a", seconds: float = 0) -> str:
    """The reason why a statement is refused; empty if it is not."""
    try:
        async with asyncio.timeout(HANGING):
            await database.run(SLEEP, tenant, seconds)
    except Problem as problem:
        assert problem.status == 503
        return problem.code
    return ""


async def pid(database: Database) -> int:
    """The process that serves the next connection."""
    row = await database.run(SLEEP, "a", 0.0)
    assert row is not None
    return int(row["pid"])


def test_a_statement_that_takes_too_long_leaves_its_connection(database: Urls) -> None:
    async def slow() -> None:
        admin = await asyncpg.connect(database.admin)
        timeout = f"alter role {APP} set statement_timeout ="
        await admin.execute(f"{timeout} 200")
        try:
            async with connections(database.app, 1) as service:
                before = await pid(service)
                assert await asked(service, seconds=5) == "try_again"
                assert await pid(service) == before
        finally:
            await admin.execute(f"{timeout} {module.STATEMENT_TIMEOUT}")
            await admin.close()

    run(slow())


def test_a_connection_of_unknown_state_is_closed(database: Urls) -> None:
    async def cancelled() -> None:
        async with connections(database.app, 1) as service:
            before = await pid(service)
            call = asyncio.create_task(service.run(SLEEP, "a", 5.0))
            await asyncio.sleep(SOON)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await pid(service) != before

    run(cancelled())


def test_a_transaction_of_unknown_state_is_closed(database: Urls) -> None:
    async def broken() -> None:
        async with connections(database.app, 1) as service:
            before = await pid(service)
            with pytest.raises(ZeroDivisionError):
                async with service.transaction("a") as connection:
                    await connection.execute("rollback")
                    await connection.execute("begin")
                    raise ZeroDivisionError
            assert await pid(service) != before

    run(broken())


def test_a_transaction_ends(database: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRANSACTION_SECONDS", SOON)

    async def endless() -> None:
        async with connections(database.app, 1) as service:
            with pytest.raises(Problem) as refused:
                async with service.transaction("a"):
                    await asyncio.sleep(HANGING)
            assert (refused.value.status, refused.value.code) == (503, "unavailable")
            assert await asked(service) == ""

    run(endless())


def test_what_is_no_tenants_has_its_own_connection(database: Urls) -> None:
    async def full() -> None:
        async with connections(database.app, 2) as service:
            calls = [asyncio.create_task(asked(service, each, 3.0)) for each in "ab"]
            await asyncio.sleep(SOON)
            assert await asked(service, "c") == "try_again"
            await service.fetch("select 1")
            for each in calls:
                each.cancel()
            await asyncio.wait(calls)

    run(full())


class Relay:
    """Stands between the service and the database, and can be cut or held up."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        self._host = query.get("host") or parts.hostname or "localhost"
        self._behind = int(query.get("port") or parts.port or 5432)
        self._who = f"{parts.username}:{parts.password}"
        self._path = parts.path
        self._port = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.flowing = asyncio.Event()
        self.flowing.set()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"postgresql://{self._who}@127.0.0.1:{self._port}{self._path}"

    async def start(self) -> None:
        """Listens, at the port that it had before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Ends all connections, and refuses others."""
        self._server.close()
        while self._writers:
            self._writers.pop().transport.abort()

    async def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._writers.append(writer)
        if self._host.startswith("/"):
            path = f"{self._host}/.s.PGSQL.{self._behind}"
            behind = await asyncio.open_unix_connection(path)
        else:
            behind = await asyncio.open_connection(self._host, self._behind)
        self._writers.append(behind[1])
        for source, target in ((reader, behind[1]), (behind[0], writer)):
            task = asyncio.create_task(self._pass_on(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        try:
            while data := await source.read(65_536):
                await self.flowing.wait()
                target.write(data)
        except OSError:
            pass
        target.close()


@asynccontextmanager
async def relayed(url: str) -> AsyncIterator[Relay]:
    """A relay in front of a database."""
    relay = Relay(url)
    await relay.start()
    try:
        yield relay
    finally:
        relay.flowing.set()
        relay.cut()


def test_a_database_that_was_away_is_used_again(database: Urls) -> None:
    """Calls under way, those that wait and those that come meanwhile are refused; none hangs."""

    async def restarted() -> None:
        async with relayed(database.app) as relay, connections(relay.url, 3) as service:
            calls = [
                asyncio.create_task(asked(service, each, 5.0)) for each in "aaaaab"
            ]
            await asyncio.sleep(SOON / 2)
            relay.cut()
            assert set(await asyncio.gather(*calls)) == {"unavailable"}
            assert {await asked(service, each) for each in "abcde"} == {"unavailable"}
            await relay.start()
            calls = [
                asyncio.create_task(asked(service, each, 0.01)) for each in "aaabbc"
            ]
            assert set(await asyncio.gather(*calls)) == {""}

    run(restarted())


def test_connections_that_the_server_ended_are_opened_again(database: Urls) -> None:
    async def ended() -> None:
        admin = await asyncpg.connect(database.admin)
        async with connections(database.app, 3) as service:
            pids = await asyncio.gather(*(pid(service) for _ in range(2)))
            await admin.execute(
                "select pg_terminate_backend(p) from unnest($1::int[]) p", pids
            )
            await asyncio.sleep(SOON)
            assert [await asked(service, each) for each in "aabbcc"] == [""] * 6
            call = asyncio.create_task(asked(service, "a", 5.0))
            await asyncio.sleep(SOON)
            await admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where query = $1 and state = 'active'",
                SLEEP,
            )
            assert await call == "unavailable"
            assert [await asked(service, each) for each in "aabbcc"] == [""] * 6
        await admin.close()

    run(ended())


def test_a_connection_that_hears_last_words_is_closed(
    database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """asyncpg refuses to use a connection on which PostgreSQL has just said goodbye."""

    async def refused(*_: object, **_more: object) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 12")

    async def ended() -> None:
        async with connections(database.app, 1) as service:
            before = await pid(service)
            with monkeypatch.context() as patch:
                patch.setattr(asyncpg.Connection, "fetchrow", refused)
                assert await asked(service) == "unavailable"
            assert await pid(service) != before

    run(ended())


def test_a_database_that_says_nothing_is_not_waited_for(
    database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 3 * SOON)
    monkeypatch.setattr(module, "CONNECT_SECONDS", 3 * SOON)

    async def silent() -> None:
        async with relayed(database.app) as relay, connections(relay.url, 2) as service:
            assert await asked(service) == ""
            relay.flowing.clear()
            refusals = await asyncio.gather(
                *(asked(service, each) for each in "aaabbc")
            )
            assert set(refusals) <= {"unavailable", "try_again"}
            relay.flowing.set()
            assert [await asked(service, each) for each in "abc"] == [""] * 3

    run(silent())


def test_a_closed_database_opens_no_connection(database: Urls) -> None:
    async def closed() -> None:
        async with connections(database.app, 2) as service:
            call = asyncio.create_task(asked(service, seconds=HANGING))
            await asyncio.sleep(SOON)
            await service.close()
            assert await call in ("try_again", "unavailable")
            assert await asked(service) == "try_again"

    run(closed())


def busy(service: Service) -> int:
    """How many connections of the service have something to do."""
    statement = (
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and application_name like 'invoicing_%' and state <> 'idle'"
    )
    found: int = service.run(service.admin.fetchval(statement))
    return found


def await_busy(service: Service, number: int) -> None:
    """Waits until so many have."""
    end = time.monotonic() + HANGING
    while busy(service) != number:
        assert time.monotonic() < end, "they do not get there"
        time.sleep(0.02)


def wake(service: Service) -> None:
    """Ends the statements that sleep."""
    statement = "select pg_cancel_backend(pid) from pg_stat_activity where query = $1"
    service.run(service.admin.execute(statement, SLEEP))
    await_busy(service, 0)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Tenants whose statements sleep first."""
    found: set[str] = set()
    quick = Database.run

    async def slowly(
        self: Database, statement: str, tenant_id: str, *arguments: object
    ) -> asyncpg.Record | None:
        if tenant_id in found:
            await quick(self, SLEEP, tenant_id, HANGING)
        return await quick(self, statement, tenant_id, *arguments)

    monkeypatch.setattr(Database, "run", slowly)
    return found


def test_a_noisy_tenant_leaves_room_for_others(small: Service, slow: set[str]) -> None:
    noisy, quiet = allowed(small, ANY), allowed(small, ANY)
    slow.add(str(noisy.world.tenant_id))

    def timed(_: int) -> tuple[httpx2.Response, float]:
        begun = time.monotonic()
        return noisy.send(), time.monotonic() - begun

    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(timed, each) for each in range(8)]
        await_busy(small, 3)
        assert let_in(quiet.send())
        assert small.client.get("/readyz").status_code == 200
        refused = [each.result() for each in islice(as_completed(calls), 5)]
        assert busy(small) == 3, "its other calls have not ended"
        wake(small)
    for response, seconds in refused:
        assert (response.status_code, code(response)) == (503, "try_again")
        assert response.headers["retry-after"] == "1"
        assert SOON - 0.1 < seconds < SOON + 2
    assert (
        "Retry-After" in CONTRACT["components"]["responses"]["Unavailable"]["headers"]
    )


def test_a_client_that_leaves_takes_no_connection_along(
    small: Service, slow: set[str]
) -> None:
    request = allowed(small, ANY)
    slow.add(str(request.world.tenant_id))
    host, _, port = small.url.removeprefix("http://").partition(":")
    headers = {"host": f"{host}:{port}", **request.headers}
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    for number in (1, 2, 3):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"GET {request.path} HTTP/1.1\r\n{fields}\r\n".encode())
            await_busy(small, number)
    wake(small)
    slow.clear()
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: request.send(), range(3)))
    assert all(map(let_in, answers))


def test_whether_the_service_is_ready_is_said_in_time(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_: object) -> None:
        await asyncio.sleep(HANGING)

    monkeypatch.setattr(app, "READY_SECONDS", SOON)
    monkeypatch.setattr(Database, "fetch", silent)
    begun = time.monotonic()
    assert service.client.get("/readyz").status_code == 503
    assert time.monotonic() - begun < SOON + 2
