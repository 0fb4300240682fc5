"""Plans: what a tenant is entitled to, how much and how often (PAY-4, API-2, AZ-4)."""

import asyncio
import importlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
from typer.testing import CliRunner

from invoicing import admin
from invoicing.development import plans, world
from invoicing.development.database import Database
from invoicing.development.examples import example
from invoicing.development.issuer import DevelopmentIssuer
from invoicing.development.world import Connection
from invoicing.gate.admission import LIMITS
from invoicing.gate.limits import Limit
from invoicing.gate.plans import (
    CAPACITY,
    CURRENT_SECONDS,
    KNOWN,
    RATES,
    SECONDS,
    SMALLEST,
    Known,
)
from invoicing.store.history import SCHEMA
from invoicing.store.statements import RELEASE
from tests.contract.harness import (
    ACCESS,
    SLUGS,
    TABLE,
    Service,
    World,
    allowed,
    allowed_facts,
    body_of,
    body_schema,
    code,
    let_in,
    plain,
    prepare,
    reachable,
    world_of,
)

PLANS: Final = (
    "free",
    "team",
)
FIRST: Final = "free"
ENTITLED: Final = {
    "trialing": "trial",
    "active": "plan",
    "past_due": "grace",
    "unpaid": "first",
    "canceled": "first",
    "paused": "first",
    "incomplete": "first",
    "disputed": "first",
}
"""What each state entitles to: the plan, the plan until the trial or a grace ends, or the first."""
TRANSITIONS: Final = {
    ("", "trialing"),
    ("", "active"),
    ("", "incomplete"),
    ("trialing", "active"),
    ("trialing", "incomplete"),
    ("trialing", "past_due"),
    ("trialing", "paused"),
    ("trialing", "canceled"),
    ("incomplete", "active"),
    ("incomplete", "canceled"),
    ("active", "past_due"),
    ("active", "paused"),
    ("active", "canceled"),
    ("active", "disputed"),
    ("past_due", "active"),
    ("past_due", "unpaid"),
    ("past_due", "canceled"),
    ("past_due", "disputed"),
    ("unpaid", "active"),
    ("unpaid", "canceled"),
    ("unpaid", "disputed"),
    ("paused", "active"),
    ("paused", "past_due"),
    ("paused", "canceled"),
    ("disputed", "active"),
    ("disputed", "unpaid"),
    ("disputed", "canceled"),
    ("canceled", "active"),
    ("canceled", "incomplete"),
}
"""The states that follow each other; the empty one is none yet."""
PAID: Final = "team"
"""Another plan than the first."""


@asynccontextmanager
async def bound_to(connection: Connection, tenant_id: UUID) -> AsyncIterator[None]:
    """A transaction of a tenant, in the names of this release, that is undone."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(
            f"set local search_path = {RELEASE}, {SCHEMA}, pg_temp"
        )
        await connection.execute(
            "select set_config('app.tenant_id', $1, true)", str(tenant_id)
        )
        yield
    finally:
        await transaction.rollback()


async def counting(connection: Connection, tenant_id: UUID) -> str:
    """The plan that counts for a tenant, as the service finds it."""
    async with bound_to(connection, tenant_id):
        found: str = await connection.fetchval("select plan_of_($1)", tenant_id)
        return found


async def entering(connection: Connection, here: World) -> str:
    """The plan that a request is told which asks for it, of a caller who is let in."""
    kind = "service" if here.me.service else "human"
    caller = {"issuer": here.claims["iss"], "subject": here.me.subject, "kind": kind}
    caller |= {"mfa": "phishing_resistant", "plan": True}
    async with bound_to(connection, here.tenant_id):
        query = "select (enter_($1, $2, array(select unnest(m.roles) from member m where m.id = $3))).plan"
        found: str = await connection.fetchval(
            query, here.tenant_id, json.dumps(caller), here.me.id
        )
        return found


def subscribe(here: World, plan: str, state: str = "active", **more: Any) -> None:
    """Gives the tenant of a world this plan."""
    here.service.run(
        plans.subscribe(here.service.admin, here.tenant_id, plan, state, **more)
    )


def test_a_tenant_without_a_subscription_has_the_first_plan(
    service: Service, runtime: Connection
) -> None:
    here = world_of(service, None)
    service.run(
        service.admin.execute(
            "delete from invoicing.subscription where tenant_id = $1", here.tenant_id
        )
    )
    assert service.run(counting(runtime, here.tenant_id)) == FIRST


def test_a_plan_that_is_no_more_is_the_first_one(
    service: Service, runtime: Connection
) -> None:
    here = world_of(service, None)
    subscribe(here, "of_an_earlier_release")
    assert service.run(counting(runtime, here.tenant_id)) == FIRST


@pytest.mark.parametrize("state", ENTITLED)
def test_a_state_entitles_to_what_it_says(
    service: Service, runtime: Connection, state: str
) -> None:
    here, hour = allowed(service, plain()).world, timedelta(hours=1)
    for ends in (None, datetime.now(UTC) + hour, datetime.now(UTC) - hour):
        subscribe(here, PAID, state, trial_ends_at=ends)
        tried = (
            ENTITLED[state] == "trial" and ends is not None and ends > datetime.now(UTC)
        )
        expected = PAID if ENTITLED[state] == "plan" or tried else FIRST
        assert service.run(counting(runtime, here.tenant_id)) == expected, ends
        assert service.run(entering(runtime, here)) == expected, ends


def test_the_plan_is_that_of_the_tenant(service: Service) -> None:
    """Also where no policy hides what others have."""
    here, other = allowed(service, plain()).world, allowed(service, plain()).world
    subscribe(here, PAID)
    subscribe(other, FIRST)
    assert service.run(counting(service.admin, here.tenant_id)) == PAID
    assert service.run(counting(service.admin, other.tenant_id)) == FIRST
    assert service.run(entering(service.admin, here)) == PAID
    assert service.run(entering(service.admin, other)) == FIRST


@pytest.mark.parametrize("source", ["", *ENTITLED])
def test_a_state_follows_where_a_transition_says(service: Service, source: str) -> None:
    here, at = world_of(service, None), datetime.now(UTC)

    async def brought(target: str) -> tuple[str, str | None]:
        """What a change is answered, and the state then."""
        async with bound_to(service.admin, here.tenant_id):
            await service.admin.execute(
                "delete from subscription where tenant_id = $1", here.tenant_id
            )
            if source:
                await service.admin.execute(
                    "insert into subscription (tenant_id, plan, state, event_at) values ($1, $2, $3, $4)",
                    here.tenant_id,
                    FIRST,
                    source,
                    at,
                )
            ended = await service.admin.fetchval(
                "select subscribe_($1, $2, $3, $4)", here.tenant_id, target, PAID, at
            )
            query = "select state from subscription where tenant_id = $1"
            return ended, await service.admin.fetchval(query, here.tenant_id)

    for target in ENTITLED:
        ended = service.run(brought(target))
        if source == target or (source, target) in TRANSITIONS:
            assert ended == ("ok", target)
        else:
            assert ended == ("transition_not_allowed", source or None), target


def test_what_happened_before_changes_nothing_any_more(service: Service) -> None:
    here, now = world_of(service, None), datetime.now(UTC)

    async def told() -> list[str]:
        async with bound_to(service.admin, here.tenant_id):
            await service.admin.execute(
                "delete from subscription where tenant_id = $1", here.tenant_id
            )
            events = (
                ("active", PAID, now),
                ("past_due", PAID, now + timedelta(seconds=2)),
                ("active", PAID, now + timedelta(seconds=1)),
                ("active", "unknown", now + timedelta(seconds=3)),
            )
            answers = [
                await service.admin.fetchval(
                    "select subscribe_($1, $2, $3, $4)", here.tenant_id, *each
                )
                for each in events
            ]
            query = "select state from subscription where tenant_id = $1"
            return [*answers, await service.admin.fetchval(query, here.tenant_id)]

    assert service.run(told()) == ["ok", "ok", "stale", "plan_unknown", "past_due"]


def test_the_service_gives_itself_no_plan(
    service: Service, runtime: Connection
) -> None:
    here, other = world_of(service, None), world_of(service, None)
    statements = (
        ("update subscription set plan = $2 where tenant_id = $1", here.tenant_id),
        (
            "delete from subscription where tenant_id = $1 and plan <> $2",
            here.tenant_id,
        ),
        (
            "insert into subscription (tenant_id, plan, state) values ($1, $2, 'active')",
            other.tenant_id,
        ),
        (
            "insert into subscription (tenant_id, plan, state, trial_ends_at)"
            " values ($1, $2, 'trialing', now())",
            other.tenant_id,
        ),
    )
    service.run(
        service.admin.execute(
            "delete from invoicing.subscription where tenant_id = $1", other.tenant_id
        )
    )

    async def tried(statement: str, tenant_id: UUID) -> None:
        async with bound_to(runtime, tenant_id):
            await runtime.execute(statement, tenant_id, PAID)

    for statement, tenant_id in statements:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            service.run(tried(statement, tenant_id))


GATED: Final = [each for each in reachable() if ACCESS[each].get("feature")]


def watch_hook(operation: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where the hook of an operation leaves a note that it ran."""
    ran: list[str] = []

    async def noted(*_: object) -> dict[str, object]:
        ran.append(operation)
        return {}

    about = ACCESS[operation]
    if about["verb"] == "action":
        module = importlib.import_module(
            f"invoicing.resources.{about['resource']}.hooks"
        )
        monkeypatch.setattr(module, about["function"], noted)
    return ran


@pytest.mark.parametrize("operation", GATED)
@pytest.mark.parametrize("plan", PLANS)
def test_an_operation_is_for_plans_that_have_its_feature(
    service: Service, operation: str, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = watch_hook(operation, monkeypatch)
    request = allowed(service, operation)
    subscribe(request.world, plan)
    response = request.send()
    if plan in ACCESS[operation]["plans"]:
        assert response.is_success, response.text
    else:
        assert (response.status_code, code(response)) == (403, "feature_not_in_plan")
        assert not ran, "the hook ran before the plan was looked at"


@pytest.mark.parametrize("operation", GATED)
def test_whoever_may_not_is_told_that_first(service: Service, operation: str) -> None:
    request = prepare(service, operation, None)
    subscribe(request.world, FIRST)
    response = request.send()
    assert (response.status_code, code(response)) == (403, "permission_missing")


@pytest.mark.parametrize("operation", GATED)
def test_nobody_signs_in_again_for_what_their_plan_does_not_have(
    service: Service, operation: str
) -> None:
    request = allowed(service, operation)
    subscribe(request.world, FIRST, "canceled")
    request.world.claims["auth_time"] = (
        int(str(request.world.claims["auth_time"])) - 100_000
    )
    request.headers["authorization"] = f"Bearer {request.world.token}"
    expected = "feature_not_in_plan"
    if FIRST in ACCESS[operation]["plans"]:
        expected = "step_up_required" if ACCESS[operation].get("step_up") else ""
    response = request.send()
    assert (code(response) if expected else response.is_success) == (expected or True)


@pytest.mark.parametrize("operation", GATED)
def test_a_trial_counts_until_the_moment_it_ends(
    service: Service, operation: str
) -> None:
    for hours in (1, -1):
        request = allowed(service, operation)
        plan = next(iter(ACCESS[operation]["plans"]))
        ends = datetime.now(UTC) + timedelta(hours=hours)
        subscribe(request.world, plan, "trialing", trial_ends_at=ends)
        response = request.send()
        if hours > 0 or FIRST in ACCESS[operation]["plans"]:
            assert response.is_success, response.text
        else:
            assert (response.status_code, code(response)) == (
                403,
                "feature_not_in_plan",
            )


QUOTAS: Final[dict[str, dict[str, int | None]]] = {
    "customer": {
        "free": 50,
        "team": None,
    },
    "invoice": {
        "free": 25,
        "team": 2000,
    },
}
"""How much each plan has of what is counted; None is no limit."""
LEAST: Final = {
    meter: min((most for most in each.values() if most is not None), default=None)
    for meter, each in QUOTAS.items()
}
"""What every plan has of it."""
PERIODS: Final = dict(plans.PERIODS)
USES: Final[dict[str, str]] = {
    "customer": "create_customer",
    "invoice": "create_invoice",
}
"""The operation that uses each quota, where somebody is granted it."""
COUNTED: Final = [
    (meter, plan)
    for meter, operation in USES.items()
    if operation in reachable()
    for plan in PLANS
    if plan in ACCESS[operation].get("plans", PLANS)
]
LIMITED: Final = [
    (meter, plan) for meter, plan in COUNTED if QUOTAS[meter][plan] is not None
]


def use(here: World, meter: str, used: int) -> None:
    """Lets a tenant have used so much of a quota, in this period and in the next."""
    here.service.run(
        here.service.admin.execute(
            "update invoicing.usage_ set used = $3 where tenant_id = $1 and meter = $2",
            here.tenant_id,
            meter,
            used,
        )
    )


def used(here: World, meter: str) -> int:
    """How much of a quota is used."""
    query = "select max(used) from invoicing.usage_ where tenant_id = $1 and meter = $2"
    found: int = here.service.run(
        here.service.admin.fetchval(query, here.tenant_id, meter)
    )
    return found


@pytest.mark.parametrize(("meter", "plan"), COUNTED)
def test_a_use_is_counted_for_its_tenant_alone(
    service: Service, meter: str, plan: str
) -> None:
    request, other = allowed(service, USES[meter]), world_of(service, None)
    subscribe(request.world, plan)
    use(request.world, meter, 0)
    use(other, meter, 0)
    response = request.send()
    assert response.is_success, response.text
    assert (used(request.world, meter), used(other, meter)) == (1, 0)


@pytest.mark.parametrize(("meter", "plan"), COUNTED)
def test_nobody_uses_more_than_their_plan_has(
    service: Service, meter: str, plan: str
) -> None:
    most = QUOTAS[meter][plan]
    request = allowed(service, USES[meter])
    subscribe(request.world, plan)
    full = plans.AHEAD if most is None else most
    use(request.world, meter, full)
    response = request.send()
    if most is None:
        assert response.is_success, response.text
        return
    assert (response.status_code, code(response)) == (403, "quota_exceeded")
    problem = response.json()
    assert (problem["meter"], problem["limit"]) == (meter, most)
    if PERIODS[meter] == "held":
        assert problem["resets_at"] is None
    else:
        assert datetime.fromisoformat(problem["resets_at"]) > datetime.now(UTC)
    assert used(request.world, meter) == full, "what is refused is not counted"


@pytest.mark.parametrize(("meter", "plan"), LIMITED)
def test_the_last_one_that_is_left_is_given(
    service: Service, meter: str, plan: str
) -> None:
    most = QUOTAS[meter][plan] or 0
    request = allowed(service, USES[meter])
    subscribe(request.world, plan)
    use(request.world, meter, most - 1)
    response = request.send()
    assert response.is_success, response.text
    assert used(request.world, meter) == most


@pytest.mark.parametrize("meter", sorted({meter for meter, _ in COUNTED}))
def test_what_is_refused_or_said_again_takes_nothing(
    service: Service, meter: str
) -> None:
    operation = USES[meter]
    refused = prepare(service, operation, None)
    use(refused.world, meter, 0)
    assert refused.send().status_code == 403
    assert used(refused.world, meter) == 0
    request = allowed(service, operation)
    use(request.world, meter, 0)
    assert request.send().is_success
    again = request.send()  # replayed, already there, of an old version, or one more
    done = (
        again.is_success and ACCESS[operation].get("idempotency_key", "none") == "none"
    )
    assert used(request.world, meter) == 1 + done, again.text


@pytest.mark.parametrize("meter", [each for each in QUOTAS if PERIODS[each] != "held"])
def test_a_period_ends(service: Service, meter: str) -> None:
    """Counters of the next period are there already: what is full is that of long ago."""
    here = world_of(service, None)

    async def taken(period: str) -> bool:
        async with bound_to(service.admin, here.tenant_id):
            await service.admin.execute(
                "delete from usage_ where tenant_id = $1", here.tenant_id
            )
            await service.admin.execute(
                "insert into usage_ (tenant_id, meter, period, used)"
                " select $1, $2, case when $3 = 'now' then to_char(now() at time zone 'UTC', $5) else $3 end, $4",
                here.tenant_id,
                meter,
                period,
                plans.AHEAD,
                "YYYY-MM-DD" if PERIODS[meter] == "day" else "YYYY-MM",
            )
            query = "select take_($1, $2, 1, $3) is null"
            found: bool = await service.admin.fetchval(
                query, here.tenant_id, meter, LEAST[meter]
            )
            return found

    for plan in PLANS:
        subscribe(here, plan)
        assert service.run(
            taken("2001-01-01" if PERIODS[meter] == "day" else "2001-01")
        )
        assert service.run(taken("now")) == (QUOTAS[meter][plan] is None)


async def taken_at_once(service: Service, here: World, meter: str) -> list[str | None]:
    """What ten connections are answered that use a quota five times each, one after the other."""

    async def five() -> list[str | None]:
        connection = await asyncpg.connect(service.database.app)
        try:
            found = []
            for _ in range(5):
                async with connection.transaction():
                    await connection.execute(
                        f"set local search_path = {RELEASE}, {SCHEMA}, pg_temp"
                    )
                    await connection.execute(
                        "select set_config('app.tenant_id', $1, true)",
                        str(here.tenant_id),
                    )
                    found.append(
                        await connection.fetchval(
                            "select take_($1, $2, 1, $3)",
                            here.tenant_id,
                            meter,
                            LEAST[meter],
                        )
                    )
            return found
        finally:
            await connection.close()

    return [
        each
        for found in await asyncio.gather(*(five() for _ in range(10)))
        for each in found
    ]


@pytest.mark.parametrize("meter", QUOTAS)
def test_fifty_at_once_do_not_overrun_a_quota(service: Service, meter: str) -> None:
    limits = {plan: most for plan, most in QUOTAS[meter].items() if most is not None}
    here = world_of(service, None)
    for plan, most in limits.items():
        subscribe(here, plan)
        use(here, meter, most - 3)
        answers = service.run(taken_at_once(service, here, meter))
        assert answers.count(None) == 3
        assert used(here, meter) == most


CREATES: Final = [
    (meter, plan)
    for meter, plan in LIMITED
    if ACCESS[USES[meter]]["verb"] == "create"
    and any(
        each["allowed"] and each["many"]
        for each in ACCESS[USES[meter]]["roles"].values()
    )
]


@pytest.mark.parametrize(("meter", "plan"), CREATES)
def test_fifty_creates_at_once_make_no_more_rows(
    service: Service, meter: str, plan: str
) -> None:
    most, operation = QUOTAS[meter][plan] or 0, USES[meter]
    first = allowed(service, operation)
    subscribe(first.world, plan)
    facts = allowed_facts(operation)
    requests = []
    for _ in range(50):
        headers = dict(first.headers)
        if "idempotency-key" in headers:
            headers["idempotency-key"] = str(uuid4())
        requests.append(
            replace(first, headers=headers, body=body_of(first.world, operation, facts))
        )
    use(first.world, meter, most - 3)

    async def at_once() -> list[httpx2.Response]:
        return await asyncio.gather(
            *(asyncio.to_thread(each.send) for each in requests)
        )

    ended = service.run(at_once())
    assert sorted(each.status_code for each in ended) == [201] * 3 + [403] * 47
    assert used(first.world, meter) == most


HELD: Final = [each for each in QUOTAS if PERIODS[each] == "held"]


def rows(here: World, meter: str) -> int:
    """How many rows there are."""
    query = f'select count(*) from invoicing."{meter}" where tenant_id = $1'
    found: int = here.service.run(here.service.admin.fetchval(query, here.tenant_id))
    return found


def forget(here: World, meter: str) -> None:
    """Takes a counter away, as before there was a quota."""
    statement = "delete from invoicing.usage_ where tenant_id = $1 and meter = $2"
    here.service.run(here.service.admin.execute(statement, here.tenant_id, meter))


def delete(here: World, meter: str, *ids: str) -> None:
    """Deletes rows."""

    async def deleted() -> None:
        connection = here.service.admin
        async with connection.transaction():
            await connection.execute(
                "select set_config('app.tenant_id', $1, true)", str(here.tenant_id)
            )
            await connection.execute(
                f'delete from invoicing."{meter}" where id = any ($1::uuid[])',
                list(ids),
            )

    here.service.run(deleted())


@pytest.mark.parametrize("meter", HELD)
def test_what_is_deleted_is_given_back(service: Service, meter: str) -> None:
    here = world_of(service, None)
    ids = [here.row(meter) for _ in range(3)]
    use(here, meter, 10)
    delete(here, meter, *ids[:2])
    assert used(here, meter) == 8
    forget(here, meter)
    delete(here, meter, ids[2])
    assert used(here, meter) == rows(here, meter)


@pytest.mark.parametrize("meter", [each for each in HELD if each in dict(COUNTED)])
def test_rows_that_were_there_before_count(service: Service, meter: str) -> None:
    request = allowed(service, USES[meter])
    colleague = service.run(
        world.add_member(service.admin, request.world.tenant_id, "colleague")
    )
    service.run(world.add_row(service.admin, meter, colleague, 901))
    forget(request.world, meter)
    response = request.send()
    assert response.is_success, response.text
    assert used(request.world, meter) == rows(request.world, meter) > 1


def test_every_plan_has_the_rate_of_the_spec() -> None:
    assert {name: (each.count, each.window) for name, each in RATES.items()} == {
        "free": (120, 60),
        "team": (1200, 60),
    }
    assert SMALLEST == "free"


def test_an_unknown_tenant_has_the_smallest_rate() -> None:
    now = [0.0]
    known = Known(lambda: now[0], capacity=2)
    assert known.plan("a") == SMALLEST
    for tenant in ("a", "b"):
        known.learn(tenant, PAID)
    known.learn("a", None)
    assert known.plan("a") == PAID, "an answer that does not tell it changes nothing"
    known.learn("c", PAID)
    assert (known.plan("a"), known.plan("b"), known.plan("c")) == (SMALLEST, PAID, PAID)
    now[0] = CURRENT_SECONDS - 0.1
    assert (known.current("a"), known.current("b"), known.current("c")) == (
        False,
        True,
        True,
    )
    now[0] = CURRENT_SECONDS
    assert not known.current("c")
    assert known.plan("c") == PAID, "it holds until it is asked for"
    now[0] = SECONDS
    assert known.plan("c") == SMALLEST
    assert CAPACITY > 0


@pytest.mark.parametrize("plan", PLANS)
def test_a_tenant_may_call_as_often_as_its_plan_says(
    database: Database,
    issuer: DevelopmentIssuer,
    monkeypatch: pytest.MonkeyPatch,
    plan: str,
) -> None:
    """The first request is charged as of an unknown tenant; its answer tells the plan."""
    for scope in LIMITS:
        monkeypatch.setitem(LIMITS, scope, Limit(scope, 1_000_000, 1))
    for number, each in enumerate(PLANS, 3):
        monkeypatch.setitem(RATES, each, Limit("tenant", number, 3600))
    most = RATES[plan].count + (plan != SMALLEST)
    running = Service(database, issuer)
    try:
        request = allowed(running, plain())
        subscribe(request.world, plan)
        for _ in range(most):
            assert let_in(request.send())
        assert KNOWN.plan(str(request.world.tenant_id)) == plan
        refused = request.send()
        assert (refused.status_code, code(refused)) == (429, "too_many_requests")
        assert (
            refused.headers["ratelimit-policy"]
            == f'"tenant";q={RATES[plan].count};w=3600'
        )
    finally:
        running.close()


def test_a_change_of_the_plan_is_noticed_within_seconds(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request asks before; the first one that asks tells it to those behind it."""
    later = [0.0]
    monkeypatch.setattr(KNOWN, "_now", lambda: time.monotonic() + later[0])
    request = allowed(service, plain())
    tenant = str(request.world.tenant_id)
    subscribe(request.world, PAID)
    assert let_in(request.send()) and KNOWN.plan(tenant) == PAID
    subscribe(request.world, FIRST)
    assert let_in(request.send()) and KNOWN.plan(tenant) == PAID
    later[0] = CURRENT_SECONDS
    assert let_in(request.send()) and KNOWN.plan(tenant) == FIRST


def commanded(
    service: Service, monkeypatch: pytest.MonkeyPatch, *words: object
) -> list[dict[str, Any]]:
    """The rows that the administration command prints; the service may log a decision meanwhile."""
    monkeypatch.setenv("OWNER_DATABASE_URL", service.database.owner)
    monkeypatch.setenv("OPERATOR", "on-call@example.com")
    ended = CliRunner().invoke(admin.app, [*map(str, words), "--json"])
    assert ended.exit_code == 0, ended.output
    rows = map(json.loads, ended.stdout.splitlines())
    return [each for each in rows if "request_id" not in each]


def test_an_operator_gives_a_plan(
    service: Service, runtime: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world_of(service, None)
    subscribe(here, FIRST, "canceled")
    why = ("--because", "It was promised on the telephone.")
    (row,) = commanded(service, monkeypatch, "plan", "set", here.tenant_id, PAID, *why)
    assert (row["plan"], row["state"], row["because"]) == (PAID, "active", why[1])
    assert service.run(counting(runtime, here.tenant_id)) == PAID
    (shown,) = commanded(service, monkeypatch, "plan", "show", here.tenant_id)
    assert (shown["counts"], shown["state"], shown["because"]) == (
        PAID,
        "active",
        why[1],
    )
    event = service.run(
        service.admin.fetchrow(
            "select e.operation, m.subject from invoicing.audit_event e"
            " join invoicing.member m on m.tenant_id = e.tenant_id and m.id = e.member_id"
            " where e.tenant_id = $1",
            here.tenant_id,
        )
    )
    assert event is not None
    assert (event["operation"], event["subject"]) == ("set_plan", "on-call@example.com")


def test_an_operator_sees_what_is_used(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world_of(service, None)
    subscribe(here, FIRST)
    for meter in QUOTAS:
        use(here, meter, 7)
    rows = commanded(service, monkeypatch, "plan", "usage", here.tenant_id)
    assert {(each["meter"], each["used"]) for each in rows} == {
        (each, 7) for each in QUOTAS
    }
    assert {each["meter"]: each["most"] for each in rows} == {
        meter: limits[FIRST] for meter, limits in QUOTAS.items()
    }


FEATURES: Final[dict[str, list[str]]] = {
    "free": [],
    "team": ["sending"],
}


@pytest.mark.parametrize("plan", PLANS)
def test_a_tenant_reads_its_plan_and_what_it_has_used(
    service: Service, plan: str
) -> None:
    request = allowed(service, "read_subscription")
    subscribe(request.world, plan)
    for meter in QUOTAS:
        use(request.world, meter, 2)
    response = request.send()
    assert response.status_code == 200, response.text
    told = response.json()
    assert (told["id"], told["plan"], told["state"]) == (
        str(request.world.tenant_id),
        plan,
        "active",
    )
    assert told["features"] == FEATURES[plan]
    for meter, called in {
        "customer": "customer",
        "invoice": "invoice",
    }.items():
        found = told["usage"][called]
        assert (found["used"], found["limit"]) == (2, QUOTAS[meter][plan])
        assert (found["resets_at"] is None) == (PERIODS[meter] == "held")


TRIAL: Final = "team"


def trial_of(service: Service, tenant_id: UUID) -> tuple[str, str, int]:
    """The plan and the state of a tenant, and for how many days it has them."""
    query = (
        "select plan, state, extract(day from trial_ends_at - created_at)::integer as days"
        " from invoicing.subscription where tenant_id = $1"
    )
    row = service.run(service.admin.fetchrow(query, tenant_id))
    assert row is not None, "the tenant has no subscription"
    return row["plan"], row["state"], row["days"]


def test_a_tenant_of_the_operator_begins_with_a_trial(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["--name", "Umbrella"]
    options += [
        "--set",
        "region=" + str(world.CATALOG["tenant"]["examples"][0]["region"]),
    ]
    (row,) = commanded(service, monkeypatch, "tenant", "create", next(SLUGS), *options)
    assert trial_of(service, UUID(row["id"])) == (TRIAL, "trialing", 14)


def test_whoever_signs_up_begins_with_a_trial(service: Service) -> None:
    claims = service.issuer.claims(f"founder-{uuid4()}", str(uuid4()))
    schema = body_schema("sign_up")
    response = service.client.post(
        TABLE["sign_up"].path,
        headers={"authorization": f"Bearer {service.issuer.sign(claims)}"},
        json={**example(schema or {}, 1), "slug": f"tries-{uuid4()}"},
    )
    assert response.status_code == 201, response.text
    tenant = UUID(response.json()["organization_id"])
    assert trial_of(service, tenant) == (TRIAL, "trialing", 14)
