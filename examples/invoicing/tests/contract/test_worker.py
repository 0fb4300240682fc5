"""The worker gives up on nothing too early, and on nothing too late."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from typer.testing import CliRunner

from invoicing import admin, worker
from invoicing.work.queue import (
    ATTEMPTS,
    FIRST_SECONDS,
    LEASE_SECONDS,
    LONGEST_SECONDS,
    Ended,
    Message,
    Queue,
    backoff,
)
from tests.contract.harness import Service, World, world_of

SCHEMA = "invoicing"
QUEUES = [
    "usage_closing",
    "billing_request",
    "webhook_delivery",
    "outbox_message",
]
"""The tables of messages."""
GIVEN = {
    "usage_closing": {"meter": "'some'", "period": "'2001-01'"},
    "billing_request": {"kind": "'portal'"},
    "webhook_delivery": {
        "payload": "'{}'",
        "endpoint_id": "gen_random_uuid()",
        "event": "'some.event'",
        "resource": "'some'",
        "resource_id": "gen_random_uuid()",
        "resource_version": "1",
    },
    "outbox_message": {
        "payload": "'{}'",
        "hook": "'some.hook'",
        "member_id": "gen_random_uuid()",
    },
}
"""What a message has at least, as SQL."""


def most(attempt: int) -> float:
    """The longest pause after an attempt."""
    return backoff(attempt, lambda _, high: high)


class Pool:
    """Stands for the database: some messages are due at first, and what is executed is kept."""

    def __init__(self, *messages: Message) -> None:
        self.due = list(messages)
        self.broken = False
        self.given: list[tuple[Any, ...]] = []

    async def execute(self, statement: str, *arguments: object) -> None:
        """Keeps the arguments."""
        del statement
        self.given.append(arguments)

    async def fetch(self, statement: str, *arguments: object) -> list[Message]:
        """What is due, once."""
        del statement, arguments
        if self.broken:
            self.broken = False
            raise asyncpg.InterfaceError("the connection is gone")
        found, self.due = self.due, []
        return found


def message(attempts: int = 1) -> Message:
    """A claimed message."""
    return {
        "tenant_id": uuid4(),
        "id": uuid4(),
        "version": 3,
        "attempts": attempts,
        "lane": 1,
    }


def some(work: Any) -> Queue:
    """A queue whose messages are worked on like this."""
    return Queue("some", work, table="some", lane="lane", same="true", before="true")


def finished(attempts: int, ended: Ended | Exception) -> tuple[str, float | None]:
    """The state after an attempt, and the pause until the next one."""
    pool: Any = Pool()

    async def work(_: Message) -> Ended:
        if isinstance(ended, Exception):
            raise ended
        return ended

    queue = some(work)
    working = worker.Worker(pool, [queue], worker.Metrics())
    state = asyncio.run(working.attempt(queue, message(attempts)))
    ((*_, delay, written, _, _),) = pool.given
    assert written == state
    return state, delay


def test_pauses_grow_up_to_a_bound() -> None:
    bounds = [most(each) for each in range(1, ATTEMPTS)]
    assert bounds[0] == FIRST_SECONDS
    assert bounds == sorted(bounds)
    assert bounds[-1] == LONGEST_SECONDS
    assert 2 * 86_400 < sum(bounds) < 4 * 86_400


def test_pauses_are_spread_over_all_of_their_bound() -> None:
    found = [backoff(3) for _ in range(200)]
    assert min(found) < 0.1 * most(3)
    assert max(found) > 0.9 * most(3)
    assert all(0.0 <= each <= most(3) for each in found)


def test_what_has_succeeded_is_over() -> None:
    assert finished(1, Ended()) == ("delivered", None)


@pytest.mark.parametrize("ended", [Ended("status", 500), RuntimeError("of a hook")])
def test_what_has_failed_is_tried_again(ended: Ended | Exception) -> None:
    state, delay = finished(1, ended)
    assert state == "waiting"
    assert delay is not None
    assert 0.0 <= delay <= FIRST_SECONDS


@pytest.mark.parametrize("ended", [Ended("status", 500), RuntimeError("of a hook")])
def test_the_last_attempt_is_the_last_one(ended: Ended | Exception) -> None:
    assert finished(ATTEMPTS - 1, ended)[0] == "waiting"
    assert finished(ATTEMPTS, ended) == ("dead", None)


def test_what_is_in_vain_is_not_tried_again() -> None:
    assert finished(1, Ended("gone", 410, final=True)) == ("dead", None)


def test_an_attempt_ends_before_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LEASE_SECONDS", 0.02)

    async def work(_: Message) -> Ended:
        await asyncio.sleep(60)
        return Ended()

    pool: Any = Pool()
    working = worker.Worker(pool, [some(work)], worker.Metrics())
    assert asyncio.run(working.attempt(some(work), message())) == "waiting"
    assert LEASE_SECONDS >= 60


def served(pool: Any, work: Any, *, rounds: int = 1) -> None:
    """Lets a worker work until it has been asked to stop and has ended."""

    async def run() -> None:
        stopping = asyncio.Event()
        working = worker.Worker(pool, [some(work)], worker.Metrics())
        running = asyncio.create_task(working.run(stopping))
        for _ in range(rounds):
            await asyncio.sleep(0)
        while pool.due:
            await asyncio.sleep(0.001)
        assert working.well
        stopping.set()
        await asyncio.wait_for(running, 10)

    asyncio.run(run())


def test_what_is_under_way_ends_before_the_worker() -> None:
    found: list[UUID] = []

    async def work(given: Message) -> Ended:
        await asyncio.sleep(0.05)
        found.append(given["id"])
        return Ended()

    messages = [message() for _ in range(3)]
    pool = Pool(*messages)
    served(pool, work)
    assert {each["id"] for each in messages} == {*found}
    assert len(pool.given) == 3


def test_a_lost_connection_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0.001)

    async def work(_: Message) -> Ended:
        return Ended()

    pool = Pool(message())
    pool.broken = True
    served(pool, work)
    assert len(pool.given) == 1


def test_a_worker_that_looks_at_nothing_is_not_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool: Any = Pool()
    working = worker.Worker(pool, [some(None)], worker.Metrics())
    assert working.well
    monkeypatch.setattr(worker, "STALE_SECONDS", -1.0)
    assert not working.well


def dead(here: World, table: str) -> str:
    """A message that is tried no more; returns its id."""
    given = {"tenant_id": "$1", "state": "'dead'", "due_at": "null", **GIVEN[table]}
    statement = f"insert into {SCHEMA}.{table} ({', '.join(given)}) values ({', '.join(given.values())}) returning id"
    return str(here.service.run(here.service.admin.fetchval(statement, here.tenant_id)))


@pytest.mark.parametrize("table", QUEUES)
def test_the_operator_retries_and_drops(
    service: Service, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setenv("OWNER_DATABASE_URL", service.database.owner)
    here, other = (world_of(service, None) for _ in range(2))
    tenant, message, kept = str(here.tenant_id), dead(here, table), dead(other, table)

    def command(*arguments: str, status: int = 0) -> list[dict[str, Any]]:
        asked = ["outbox", *arguments, "--json"]
        ended = CliRunner().invoke(
            admin.app, asked, env={"OPERATOR": "on-call@example.com"}
        )
        assert ended.exit_code == status, ended.output
        rows = [json.loads(each) for each in ended.stdout.splitlines() if not status]
        return [each for each in rows if "request_id" not in each]

    assert [each["id"] for each in command("list", tenant)] == [message]
    (row,) = command("retry", tenant)
    assert (row["id"], row["state"], row["attempts"]) == (message, "waiting", 0)
    (row,) = command("drop", tenant, message)
    assert row["state"] == "dead"
    command("drop", tenant, message, status=1)
    command("retry", tenant, kept, status=1)
    assert [each["state"] for each in command("list", str(other.tenant_id))] == ["dead"]
    (row,) = command("retry", tenant, message)
    assert row["state"] == "waiting"
    recorded = f"select operation from {SCHEMA}.audit_event where tenant_id = $1 order by occurred_at"
    found = service.run(service.admin.fetch(recorded, here.tenant_id))
    assert [each["operation"] for each in found] == [
        f"{each}_{table}" for each in ("retry", "drop", "retry")
    ]
