"""Caps: nobody spends more than their role may, whoever asks at once (PAY-6)."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from invoicing.development.world import Connection
from invoicing.store.history import SCHEMA
from invoicing.store.statements import RELEASE
from tests.contract.harness import ACCESS, Prepared, Service, code, prepare, world_of

Limits = Mapping[str, Decimal | None]

CAPS: Final[dict[str, dict[str, Limits]]] = {
    "refunds": {
        "accountant": {
            "each": Decimal("500000"),
            "member": Decimal("2000000"),
            "tenant": Decimal("10000000"),
        },
    },
}
"""How much each role may of each cap, the widest first."""
USES: Final = {
    "refunds": "refund_payment",
}
"""An operation that spends of each cap."""
LIMITED: Final = [
    (cap, role, most)
    for cap, roles in CAPS.items()
    for role, limits in roles.items()
    if (most := limits["member"]) is not None
]
SHARED: Final = [
    (cap, role, most)
    for cap, roles in CAPS.items()
    for role, limits in roles.items()
    if (most := limits["tenant"]) is not None
]
ONCE: Final = [
    (cap, role, most)
    for cap, roles in CAPS.items()
    for role, limits in roles.items()
    if (most := limits["each"]) is not None
]
SEVERAL: Final = [cap for cap, roles in CAPS.items() if len(roles) > 1]
ASKED: Final = [
    (cap, role, most)
    for cap, role, most in LIMITED
    if cap in USES
    and any(
        each["allowed"]
        for each in [ACCESS[USES[cap]]["roles"].get(role, {"allowed": []})]
    )
]
"""What can be tried by a request."""
MORE: Final = Decimal(1)


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


async def spend(
    connection: Connection,
    tenant_id: UUID,
    member: UUID,
    roles: Sequence[str],
    cap: str,
    amount: Decimal,
    clock: str = "",
    seconds: float = 0,
) -> Mapping[str, Any] | None:
    """Spends in a transaction of its own, as the stored functions do, which takes so many seconds; what a
    refusal tells."""
    caller = json.dumps(
        {"tenant": str(tenant_id), "member": str(member), "roles": list(roles)}
    )
    async with bound_to(connection, tenant_id, clock):
        told = await connection.fetchval(
            "select spend_(jsonb_populate_record(null::caller_, $1), $2, $3, true)",
            caller,
            cap,
            amount,
        )
        await asyncio.sleep(seconds)
    return None if told is None else json.loads(told)


def spent(service: Service, tenant_id: UUID, cap: str, member: UUID) -> Decimal:
    """How much a member has spent."""
    query = f"select coalesce(sum(spent), 0) from {SCHEMA}.spending_ where tenant_id = $1 and cap = $2 and spender = $3"
    found: Decimal = service.run(
        service.admin.fetchval(query, tenant_id, cap, f"member {member}")
    )
    return found


def before(
    service: Service, tenant_id: UUID, cap: str, spender: str, amount: Decimal
) -> None:
    """Lets a `member` or a `role` have spent so much, in this period and in the next one."""
    statement = (
        f"insert into {SCHEMA}.spending_ (tenant_id, cap, period, spender, spent)"
        " select distinct $1::uuid, $2::text, to_char(m.at, m.shape), $3::text, $4::numeric"
        " from (values (now() at time zone 'UTC', 'YYYY-MM'), (now() at time zone 'UTC', 'YYYY-MM-DD'),"
        " (now() at time zone 'UTC' + interval '1 day', 'YYYY-MM'),"
        " (now() at time zone 'UTC' + interval '1 day', 'YYYY-MM-DD')) m (at, shape)"
    )
    service.run(service.admin.execute(statement, tenant_id, cap, spender, amount))


def now_spent(service: Service, tenant_id: UUID, cap: str, member: UUID) -> Decimal:
    """The most that a member has spent in a period."""
    query = f"select coalesce(max(spent), 0) from {SCHEMA}.spending_ where tenant_id = $1 and cap = $2 and spender = $3"
    found: Decimal = service.run(
        service.admin.fetchval(query, tenant_id, cap, f"member {member}")
    )
    return found


def asking(service: Service, cap: str, role: str) -> Prepared:
    """A request of somebody in a role that spends of a cap."""
    facts = ACCESS[USES[cap]]["roles"][role]
    return prepare(service, USES[cap], role, facts)


def amount_of(service: Service, cap: str, role: str) -> Decimal:
    """How much such a request spends."""
    request = asking(service, cap, role)
    response = request.send()
    assert response.is_success, response.text
    return spent(service, request.world.tenant_id, cap, request.world.me.id)


@pytest.mark.parametrize(("cap", "role", "most"), ASKED)
def test_the_last_that_is_left_may_be_spent(
    service: Service, cap: str, role: str, most: Decimal
) -> None:
    amount, request = amount_of(service, cap, role), asking(service, cap, role)
    tenant, me = request.world.tenant_id, request.world.me.id
    before(service, tenant, cap, f"member {me}", most - amount)
    response = request.send()
    assert response.is_success, response.text
    assert now_spent(service, tenant, cap, me) == most


@pytest.mark.parametrize(("cap", "role", "most"), ASKED)
def test_nobody_spends_more_than_their_cap(
    service: Service, cap: str, role: str, most: Decimal
) -> None:
    amount, request = amount_of(service, cap, role), asking(service, cap, role)
    tenant, me = request.world.tenant_id, request.world.me.id
    before(service, tenant, cap, f"member {me}", most + MORE - amount)
    response = request.send()
    assert (response.status_code, code(response)) == (403, "spending_cap_exceeded")
    problem = response.json()
    assert (problem["cap"], Decimal(problem["limit"])) == (cap, most)
    assert datetime.fromisoformat(problem["resets_at"]) > datetime.now(UTC)
    assert now_spent(service, tenant, cap, me) == most + MORE - amount


@pytest.mark.parametrize(("cap", "role", "most"), ASKED)
def test_what_is_refused_or_said_again_spends_nothing(
    service: Service, cap: str, role: str, most: Decimal
) -> None:
    refused = prepare(service, USES[cap], None)
    assert refused.send().status_code == 403
    assert spent(service, refused.world.tenant_id, cap, refused.world.me.id) == 0
    request = asking(service, cap, role)
    tenant, me = request.world.tenant_id, request.world.me.id
    if "if-match" in request.headers:
        right = request.headers["if-match"]
        request.headers["if-match"] = '"999"'
        assert request.send().status_code == 412
        assert spent(service, tenant, cap, me) == 0
        request.headers["if-match"] = right
    assert request.send().is_success
    once = spent(service, tenant, cap, me)
    if "idempotency-key" in request.headers:
        assert request.send().is_success
        assert spent(service, tenant, cap, me) == once <= most


@pytest.mark.parametrize(("cap", "role", "most"), LIMITED)
def test_fifty_at_once_do_not_overrun_a_cap(
    service: Service, cap: str, role: str, most: Decimal
) -> None:
    tenant, member = world_of(service, None).tenant_id, uuid4()
    before(service, tenant, cap, f"member {member}", most - 3)

    async def five(connection: Connection) -> list[Any]:
        try:
            return [
                await spend(connection, tenant, member, [role], cap, MORE, seconds=0.01)
                for _ in range(5)
            ]
        finally:
            await connection.close()

    async def fifty() -> list[Any]:
        connections = [await asyncpg.connect(service.database.app) for _ in range(10)]
        return [
            each
            for found in await asyncio.gather(*map(five, connections))
            for each in found
        ]

    assert service.run(fifty()).count(None) == 3
    assert now_spent(service, tenant, cap, member) == most


@pytest.mark.parametrize(("cap", "role", "most"), LIMITED)
def test_a_cap_is_that_of_a_member_in_a_tenant(
    service: Service, cap: str, role: str, most: Decimal
) -> None:
    here, there, member = (
        world_of(service, None).tenant_id,
        world_of(service, None).tenant_id,
        uuid4(),
    )
    before(service, here, cap, f"member {member}", most)

    async def asked() -> list[bool]:
        return [
            await spend(service.admin, tenant, each, [role], cap, MORE) is None
            for tenant, each in ((here, member), (here, uuid4()), (there, member))
        ]

    assert service.run(asked()) == [False, True, True]


@pytest.mark.parametrize(("cap", "role", "most"), ONCE)
def test_one_use_has_a_cap_of_its_own(
    service: Service, cap: str, role: str, most: Decimal
) -> None:
    tenant = world_of(service, None).tenant_id

    async def asked(amount: Decimal) -> Mapping[str, Any] | None:
        return await spend(service.admin, tenant, uuid4(), [role], cap, amount)

    told = service.run(asked(most + MORE))
    assert told is not None
    assert (told["cap"], Decimal(told["limit"]), told["resets_at"]) == (cap, most, None)
    less = [
        each for each in CAPS[cap][role].values() if each is not None and each < most
    ]
    assert (service.run(asked(most)) is None) is not bool(less)


@pytest.mark.parametrize(("cap", "role", "most"), SHARED)
def test_all_members_by_a_role_share_a_cap(
    service: Service, cap: str, role: str, most: Decimal
) -> None:
    tenant = world_of(service, None).tenant_id
    step = min(each for each in CAPS[cap][role].values() if each is not None)

    async def asked() -> Decimal:
        total = Decimal(0)
        for _ in range(3):
            if await spend(service.admin, tenant, uuid4(), [role], cap, step) is None:
                total += step
        query = f"update {SCHEMA}.spending_ set spent = $2 where tenant_id = $1 and spender = $3"
        await service.admin.execute(query, tenant, most, f"role {role}")
        assert (
            await spend(service.admin, tenant, uuid4(), [role], cap, MORE) is not None
        )
        return total

    assert service.run(asked()) <= most


def test_a_role_of_another_release_spends_nothing(service: Service) -> None:
    """It has no cap here: what is not said is not allowed."""
    tenant = world_of(service, None).tenant_id
    for cap in CAPS:
        assert (
            service.run(
                spend(service.admin, tenant, uuid4(), ["none_of_these"], cap, MORE)
            )
            is not None
        )


@pytest.mark.parametrize(("cap", "role", "most"), LIMITED)
def test_a_period_ends(service: Service, cap: str, role: str, most: Decimal) -> None:
    tenant, member = world_of(service, None).tenant_id, uuid4()
    clock, earlier = (
        f"clock_{member.hex[:8]}",
        (datetime.now(UTC) - timedelta(days=40)).isoformat(),
    )
    step = min(each for each in CAPS[cap][role].values() if each is not None)

    async def asked() -> list[bool]:
        await service.admin.execute(
            f"create schema {clock};"
            f" create function {clock}.now() returns timestamptz language sql stable as $$ select '{earlier}'::timestamptz $$"
        )
        connection = await asyncpg.connect(service.database.admin)
        try:
            first = await spend(connection, tenant, member, [role], cap, step, clock)
            query = f"update {SCHEMA}.spending_ set spent = $2 where tenant_id = $1"
            await connection.execute(query, tenant, most)
            again = await spend(connection, tenant, member, [role], cap, step, clock)
        finally:
            await connection.close()
            await service.admin.execute(f"drop schema {clock} cascade")
        now = await spend(service.admin, tenant, member, [role], cap, step)
        return [each is None for each in (first, again, now)]

    assert service.run(asked()) == [True, False, True]
