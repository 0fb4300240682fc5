"""Usage: what is counted, what is not, and how a period ends (PAY-6)."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest

from invoicing import worker
from invoicing.development.world import Connection
from invoicing.store.history import SCHEMA
from invoicing.store.statements import RELEASE
from invoicing.work import usage
from invoicing.work.queue import Ended, Message, Pool
from tests.contract.harness import Service, World, allowed, prepare, reachable, world_of

METERS: Final = {
    "invoices_sent": "month",
}
"""The meters, each with its period."""
ENDED: Final = {"day": "2001-02-28", "month": "2001-02"}
"""A period of long ago."""
SHAPES: Final = {"day": "YYYY-MM-DD", "month": "YYYY-MM"}
"""What periods look like."""


@asynccontextmanager
async def bound_to(
    connection: Connection, tenant_id: UUID, clock: str = ""
) -> AsyncIterator[None]:
    """A transaction of a tenant, in the names of this release: with another now() where `clock` is the
    schema that has one."""
    path = (
        f"{clock}, {RELEASE}, {SCHEMA}, pg_catalog"
        if clock
        else f"{RELEASE}, {SCHEMA}, pg_temp"
    )
    async with connection.transaction():
        await connection.execute("select set_config('search_path', $1, true)", path)
        await connection.execute(
            "select set_config('app.tenant_id', $1, true)", str(tenant_id)
        )
        yield


def counters(
    service: Service, tenant_id: UUID, meter: str
) -> dict[str, tuple[int, bool]]:
    """What a meter of a tenant says by period: how much, and whether it is closed."""
    query = f"select period, used, closed_at from {SCHEMA}.usage_ where tenant_id = $1 and meter = $2"
    rows = service.run(service.admin.fetch(query, tenant_id, meter))
    return {row["period"]: (row["used"], row["closed_at"] is not None) for row in rows}


def used(service: Service, tenant_id: UUID, meter: str) -> int:
    """How much is used of a meter in all periods."""
    return sum(each for each, _ in counters(service, tenant_id, meter).values())


def sow(
    service: Service, tenant_id: UUID, meter: str, period: str, amount: int
) -> None:
    """Lets a tenant have used so much in a period."""
    statement = f"insert into {SCHEMA}.usage_ (tenant_id, meter, period, used) values ($1, $2, $3, $4)"
    service.run(service.admin.execute(statement, tenant_id, meter, period, amount))


def fresh(service: Service) -> UUID:
    """A tenant that has used nothing."""
    found = world_of(service, None).tenant_id
    service.run(
        service.admin.execute(
            f"delete from {SCHEMA}.usage_ where tenant_id = $1", found
        )
    )
    return found


USES: Final[dict[str, tuple[str, str]]] = {
    "invoices_sent": ("send_invoice", ""),
}
"""An operation that counts in each meter, and the field that says how much."""
COUNTED: Final = [
    each for each, (operation, _) in USES.items() if operation in reachable()
]


def emptied(here: World) -> UUID:
    """The tenant of a world, which has used nothing."""
    statement = f"delete from {SCHEMA}.usage_ where tenant_id = $1 and meter = any ($2) and used < 0"
    here.service.run(
        here.service.admin.execute(
            f"update {SCHEMA}.usage_ set used = 0 where tenant_id = $1 and meter = any ($2)",
            here.tenant_id,
            list(METERS),
        )
    )
    here.service.run(
        here.service.admin.execute(statement, here.tenant_id, list(METERS))
    )
    return here.tenant_id


@pytest.mark.parametrize("meter", COUNTED)
def test_a_use_counts_for_its_tenant_alone(service: Service, meter: str) -> None:
    operation, field_ = USES[meter]
    request, other = allowed(service, operation), fresh(service)
    tenant = emptied(request.world)
    response = request.send()
    assert response.is_success, response.text
    said: Any = (request.body or {}).get(field_) if field_ else 1
    if said is not None:  # else the row says it
        assert used(service, tenant, meter) == max(said, 0)
    assert used(service, other, meter) == 0


@pytest.mark.parametrize("meter", COUNTED)
def test_what_is_refused_or_said_again_counts_nothing(
    service: Service, meter: str
) -> None:
    operation, _ = USES[meter]
    refused = prepare(service, operation, None)
    tenant = emptied(refused.world)
    assert refused.send().status_code == 403
    assert used(service, tenant, meter) == 0
    request = allowed(service, operation)
    tenant = emptied(request.world)
    if "if-match" in request.headers:
        right = request.headers["if-match"]
        request.headers["if-match"] = '"999"'
        assert request.send().status_code == 412
        assert used(service, tenant, meter) == 0
        request.headers["if-match"] = right
    assert request.send().is_success
    once = used(service, tenant, meter)
    if "idempotency-key" in request.headers:
        assert request.send().is_success
        assert used(service, tenant, meter) == once


async def take(
    connection: Connection,
    tenant_id: UUID,
    meter: str,
    amount: int = 1,
    clock: str = "",
) -> None:
    """Counts in a transaction of its own, as the stored functions do."""
    async with bound_to(connection, tenant_id, clock):
        await connection.execute(
            "select take_($1, $2, $3, null)", tenant_id, meter, amount
        )


@pytest.mark.parametrize("meter", METERS)
def test_fifty_at_once_are_fifty(service: Service, meter: str) -> None:
    tenant = fresh(service)

    async def five(connection: Connection) -> None:
        try:
            for _ in range(5):
                await take(connection, tenant, meter)
        finally:
            await connection.close()

    async def fifty() -> None:
        connections = [await asyncpg.connect(service.database.app) for _ in range(10)]
        await asyncio.gather(*map(five, connections))

    service.run(fifty())
    assert used(service, tenant, meter) == 50


# How a period ends.


@dataclass
class Provider:
    """Stands for who is told: it counts what has the same key once."""

    told: list[tuple[Any, ...]] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    error: str = ""

    async def tell(
        self, tenant_id: UUID, event: str, value: int, at: datetime, key: str
    ) -> Ended:
        """Counts, and answers or fails."""
        self.told.append((tenant_id, event, value, at, key))
        self.counted.setdefault(key, value)
        return Ended(self.error)


def work(
    service: Service,
    what: Callable[[usage.Closings, worker.Worker, Pool], Coroutine[Any, Any, Any]],
    provider: Provider | None = None,
) -> Any:
    """Runs something as the worker does."""

    async def working() -> Any:
        async with worker.pool(service.database.worker) as pool:
            queue = usage.Closings((provider or Provider()).tell)
            return await what(
                queue, worker.Worker(pool, [queue], worker.Metrics()), pool
            )

    return service.run(working())


def close(service: Service) -> list[Message]:
    """Closes what has ended; what is to be told then."""

    async def closed(
        queue: usage.Closings, _: worker.Worker, pool: Pool
    ) -> list[Message]:
        return await queue.claim(pool, 1000, 1000)

    found: list[Message] = work(service, closed)
    return found


def closings(service: Service, tenant_id: UUID) -> list[tuple[str, str, int, str]]:
    """What is closed of a tenant: the meter, the period, how much, and whether it is told."""
    query = f"select meter, period, used, state from {SCHEMA}.usage_closing where tenant_id = $1 order by period"
    return [tuple(row) for row in service.run(service.admin.fetch(query, tenant_id))]


@pytest.mark.parametrize("meter", METERS)
def test_what_has_ended_is_closed_for_good(service: Service, meter: str) -> None:
    tenant, ended = fresh(service), ENDED[METERS[meter]]
    sow(service, tenant, meter, ended, 7)
    service.run(take(service.admin, tenant, meter))
    (now,) = {*counters(service, tenant, meter)} - {ended}
    close(service)
    close(service)
    assert counters(service, tenant, meter) == {ended: (7, True), now: (1, False)}
    ((closed, period, amount, _),) = closings(service, tenant)
    assert (closed, period, amount) == (meter, ended, 7)
    for changed in ("used = used + 1", "closed_at = null"):
        with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
            service.run(
                service.admin.execute(
                    f"update {SCHEMA}.usage_ set {changed} where tenant_id = $1 and period = $2",
                    tenant,
                    ended,
                )
            )


@pytest.mark.parametrize("meter", METERS)
def test_what_somebody_still_counts_in_is_not_closed(
    service: Service, meter: str
) -> None:
    tenant, ended = fresh(service), ENDED[METERS[meter]]
    sow(service, tenant, meter, ended, 7)

    async def counting() -> None:
        async with service.admin.transaction():
            await service.admin.execute(
                f"update {SCHEMA}.usage_ set used = 8 where tenant_id = $1 and period = $2",
                tenant,
                ended,
            )
            await asyncio.to_thread(lambda: None)
            async with worker.pool(service.database.worker) as pool:
                await pool.execute(usage.CLOSE, usage.METERS)

    service.run(counting())
    assert counters(service, tenant, meter) == {ended: (8, False)}
    close(service)
    assert counters(service, tenant, meter) == {ended: (8, True)}


@pytest.mark.parametrize("meter", METERS)
def test_who_counts_late_counts_in_the_period_that_is_now(
    service: Service, meter: str
) -> None:
    """A transaction that began when the period had not ended, and counts when it is closed."""
    tenant, over = fresh(service), METERS[meter]
    before = datetime.now(UTC) - timedelta(days=40)
    ended = before.strftime("%Y-%m-%d" if over == "day" else "%Y-%m")
    clock = f"clock_{tenant.hex[:8]}"

    async def late() -> None:
        connection = service.admin
        await connection.execute(
            f"create schema {clock};"
            f" create function {clock}.now() returns timestamptz language sql stable as $$ select '{before.isoformat()}'::timestamptz $$"
        )
        late_one = await asyncpg.connect(service.database.admin)
        try:
            await take(late_one, tenant, meter, 2, clock)
            async with worker.pool(service.database.worker) as pool:
                await pool.execute(usage.CLOSE, usage.METERS)
            await take(late_one, tenant, meter, 3, clock)
        finally:
            await late_one.close()
            await connection.execute(f"drop schema {clock} cascade")

    service.run(late())
    found = counters(service, tenant, meter)
    assert found.pop(ended) == (2, True)
    assert list(found.values()) == [(3, False)]


def test_the_worker_changes_no_counter(service: Service) -> None:
    tenant = fresh(service)
    (meter, over), *_ = METERS.items()
    sow(service, tenant, meter, ENDED[over], 7)

    async def tried(_: usage.Closings, __: worker.Worker, pool: Pool) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(
                f"update {SCHEMA}.usage_ set used = 1 where tenant_id = $1", tenant
            )
        await pool.execute(
            f"insert into {SCHEMA}.usage_closing (tenant_id, meter, period, used, event) values ($1, $2, $3, 1, 'other')",
            tenant,
            meter,
            ENDED[over],
        )
        now = await pool.fetchval(
            "select to_char(now() at time zone 'UTC', $1)", SHAPES[over]
        )
        await pool.execute(
            f"insert into {SCHEMA}.usage_closing (tenant_id, meter, period) values ($1, $2, $3)",
            tenant,
            meter,
            now,
        )

    service.run(take(service.admin, tenant, meter))
    work(service, tried)
    ((*_, amount, _),) = closings(service, tenant)
    assert amount == 7


REPORTED: Final = {
    "invoices_sent": "invoices_sent",
}
"""The meters that the provider is told of, each with its event."""


def attempts(
    service: Service, provider: Provider, tenant: UUID, *, dying: bool = False
) -> list[str]:
    """What became of all that is due of a tenant; `dying` is killed before it writes that down."""

    async def tried(
        queue: usage.Closings, working: worker.Worker, pool: Pool
    ) -> list[str]:
        await pool.execute(
            f"update {SCHEMA}.usage_closing set due_at = now() where tenant_id = $1 and due_at is not null",
            tenant,
        )
        states = []
        for message in await queue.claim(pool, 1000, 1000):
            if message["tenant_id"] == tenant:
                states.append(
                    str(await queue.work(message))
                    if dying
                    else await working.attempt(queue, message)
                )
        return states

    found: list[str] = work(service, tried, provider)
    return found


@pytest.mark.parametrize("meter", REPORTED)
def test_a_period_is_reported_once_whatever_dies(service: Service, meter: str) -> None:
    tenant, ended, provider = fresh(service), ENDED[METERS[meter]], Provider()
    sow(service, tenant, meter, ended, 7)
    for _ in range(3):  # the worker dies behind the answer of the provider
        assert len(attempts(service, provider, tenant, dying=True)) == 1
    provider.error = "unreachable"
    assert attempts(service, provider, tenant) == ["waiting"]
    provider.error = ""
    assert attempts(service, provider, tenant) == ["delivered"]
    assert attempts(service, provider, tenant) == []
    assert list(provider.counted.values()) == [7] and len({*provider.told}) == 1
    told = provider.told[0]
    assert told[:3] == (tenant, REPORTED[meter], 7)
    moment = told[3].strftime("%Y-%m-%d %H:%M:%S")
    assert moment == "2001-02-28 23:59:59"  # it is of the period


@pytest.mark.parametrize("meter", REPORTED)
def test_nothing_is_reported_that_the_provider_may_have_forgotten(
    service: Service, meter: str
) -> None:
    tenant, provider = fresh(service), Provider()
    sow(service, tenant, meter, ENDED[METERS[meter]], 7)
    close(service)
    old = f"update {SCHEMA}.usage_closing set created_at = now() - interval '21 hours' where tenant_id = $1"
    service.run(service.admin.execute(old, tenant))
    assert attempts(service, provider, tenant) == ["dead"]
    assert provider.told == []


@pytest.mark.parametrize("meter", METERS)
def test_nothing_used_is_not_reported(service: Service, meter: str) -> None:
    tenant, provider = fresh(service), Provider()
    sow(service, tenant, meter, ENDED[METERS[meter]], 0)
    assert attempts(service, provider, tenant) == []
    close(service)
    assert [each[2:] for each in closings(service, tenant)] == [(0, "delivered")]


def test_a_tenant_reads_what_its_meters_say(service: Service) -> None:
    request = allowed(service, "list_meter_readings")
    tenant = request.world.tenant_id
    service.run(
        service.admin.execute(
            f"delete from {SCHEMA}.usage_ where tenant_id = $1", tenant
        )
    )
    (meter, over), *_ = METERS.items()
    sow(service, tenant, meter, ENDED[over], 7)
    sow(service, fresh(service), meter, ENDED[over], 9)

    def listed(**query: str) -> Sequence[Any]:
        answer = service.client.get(request.path, params=query, headers=request.headers)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text)["items"]  # type: ignore[no-any-return]

    (found,) = listed(meter=meter)
    assert (found["meter"], found["period"], found["used"], found["closed_at"]) == (
        meter,
        ENDED[over],
        7,
        None,
    )
    assert found["starts_at"].startswith("2001-02-")
    assert listed(period="2002-01") == []
    close(service)
    (found,) = listed(**{"period.prefix": "2001"})
    assert found["closed_at"] is not None
