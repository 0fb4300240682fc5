"""Billing: what is asked has one effect, and the subscription follows what is said (PAY-1 to PAY-4, PAY-7, TEST-3)."""

import asyncio
import json
import random
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
from typer.testing import CliRunner

from invoicing import admin, worker
from invoicing.development import world
from invoicing.development.stripe import Fake, signed
from invoicing.development.world import Connection
from invoicing.gate.billing import PLANS, PROGRESS, STATES, read
from invoicing.gate.problems import Problem
from invoicing.store.startup import UnsafeConfiguration
from invoicing.store.statements import RELEASE
from invoicing.work import billing
from invoicing.work.billing import PROVIDER, Billing, Meters, Requests
from invoicing.work.queue import Message, Pool
from invoicing.work.stripe import LIVE, Stripe, provider_of
from tests.contract.harness import (
    ACCESS,
    Prepared,
    Service,
    again,
    code,
    prepare,
    world_of,
)

SCHEMA: Final = "invoicing"
PATH: Final = "/webhooks/stripe"
PLAN: Final = "team"
PRICE: Final = "price_team"
FIRST: Final = "free"
GRACE: Final = 604800
"""Seconds."""
KINDS: Final = (
    "portal",
    "checkout",
    "change",
    "preview",
    "cancel",
    "resume",
    "refresh",
)

Said = dict[str, Any]


class Clock:
    """The clock of the provider, which is behind ours: its events are never of the future."""

    def __init__(self) -> None:
        self.now = float(int(time.time()) - 7200)

    def __call__(self) -> float:
        self.now += 1
        return self.now


@dataclass
class Case:
    """A tenant, the provider, and a worker between the two."""

    service: Service
    tenant: UUID
    fake: Fake = field(default_factory=lambda: Fake(now=Clock()))

    def run(
        self, work: Callable[[Billing, Requests, Pool], Coroutine[Any, Any, Any]]
    ) -> Any:
        """Runs something with a worker that asks the provider."""

        async def working() -> Any:
            transport = httpx2.ASGITransport(app=self.fake.application)
            async with (
                worker.pool(self.service.database.worker) as pool,
                httpx2.AsyncClient(transport=transport, timeout=10) as client,
            ):
                provider = Stripe(
                    "sk_test_of_tests",
                    "http://stripe.invalid",
                    "https://example.com/",
                    client,
                )
                puts = Billing(pool, provider)
                queue = Requests(puts)
                queue._sweep_at = float("inf")
                return await work(puts, queue, pool)

        return self.service.run(working())

    def ask(self, kind: str, **given: object) -> str:
        """A new request; returns its id."""
        priced = kind in (
            "checkout",
            "change",
            "preview",
        )
        row = {
            "tenant_id": str(self.tenant),
            "kind": kind,
            **({"plan": PLAN, "price": PRICE} if priced else {}),
            **given,
        }
        return str(
            self.service.run(world.insert(self.service.admin, "billing_request", row))
        )

    def claim(self) -> list[Message]:
        """What a worker may put to the provider now, for this tenant."""

        async def claimed(_: Billing, queue: Requests, pool: Pool) -> list[Message]:
            return await queue.claim(pool, 1000, 1000)

        return [each for each in self.run(claimed) if each["tenant_id"] == self.tenant]

    def attempt(self, message: Message) -> str:
        """The state of a request after one attempt."""

        async def attempted(_: Billing, queue: Requests, pool: Pool) -> str:
            return await worker.Worker(pool, [queue], worker.Metrics()).attempt(
                queue, message
            )

        return str(self.run(attempted))

    def put(self, kind: str, **given: object) -> Said:
        """What became of a new request after one attempt."""
        id_ = self.ask(kind, **given)
        (message,) = self.claim()
        self.attempt(message)
        return self.request(id_)

    def due(self) -> None:
        """Lets time pass until requests are due."""
        query = f"update {SCHEMA}.billing_request set due_at = now() where tenant_id = $1 and due_at is not null"
        self.service.run(self.service.admin.execute(query, self.tenant))

    def request(self, id_: str) -> Said:
        """A request as it is stored."""
        query = f"select * from {SCHEMA}.billing_request where id = $1"
        row = self.service.run(self.service.admin.fetchrow(query, UUID(id_)))
        assert row is not None
        return dict(row)

    def customer(self) -> str:
        """What the provider calls the tenant."""
        self.put("portal")
        return next(iter(self.fake.customers))

    def bought(self, how: str = "pay") -> str:
        """A checkout that somebody has gone through; what the provider calls the subscription."""
        page = self.put("checkout")
        found = self.fake.do(how, page["reference"])
        self.tell(self.fake.take())
        return str(found["id"])

    def act(self, what: str, id_: str) -> Said:
        """Something happens at the provider, and is heard."""
        found = self.fake.do(what, id_)
        self.tell(self.fake.take())
        return found

    def tell(self, events: Sequence[Said]) -> list[int]:
        """Posts events as the provider does; the statuses of the answers."""
        return [self.post(each).status_code for each in events]

    def post(self, event: Said) -> httpx2.Response:
        """Posts one event."""
        content = json.dumps(event).encode()
        return self.service.client.post(PATH, content=content, headers=signed(content))

    @property
    def subscription(self) -> Said:
        """The subscription, but for when it was made and changed here."""
        query = f"select * from {SCHEMA}.subscription where tenant_id = $1"
        row = self.service.run(self.service.admin.fetchrow(query, self.tenant))
        return {
            name: value
            for name, value in dict(row or {}).items()
            if name not in ("created_at", "changed_at")
        }

    @property
    def state(self) -> tuple[object, str]:
        """The state of the subscription, and the plan that counts."""
        return self.subscription.get("state"), self.counts()

    def counts(self) -> str:
        """The plan that counts now."""

        async def asked() -> str:
            async with self.service.admin.transaction():
                await self.service.admin.execute(
                    "select set_config('search_path', $1, true)", f"{RELEASE}, {SCHEMA}"
                )
                return str(
                    await self.service.admin.fetchval(
                        "select plan_of_($1)", self.tenant
                    )
                )

        return self.service.run(asked())

    def set(self, state: str, plan: str = PLAN, **given: object) -> None:
        """The subscription as an operator or a trial leaves it."""
        values = {"tenant_id": str(self.tenant), "plan": plan, "state": state, **given}
        names = ", ".join(values)
        self.service.run(
            self.service.admin.execute(
                f"insert into {SCHEMA}.subscription ({names}) select {names}"
                f" from jsonb_populate_record(null::{SCHEMA}.subscription, $1)",
                json.dumps(values),
            )
        )

    def recorded(self) -> int:
        """How many events are known of the tenant."""
        query = f"select count(*) from {SCHEMA}.billing_event where tenant_id = $1 and kind <> 'base'"
        return int(self.service.run(self.service.admin.fetchval(query, self.tenant)))


@pytest.fixture
def case(service: Service) -> Case:
    """A tenant without a subscription."""
    found = Case(service, world_of(service, None).tenant_id)
    service.run(
        service.admin.execute(
            f"delete from {SCHEMA}.subscription where tenant_id = $1", found.tenant
        )
    )
    return found


def outcome(case: Case, event: Said) -> str:
    """What became of an event, as it is recorded."""
    query = f"select outcome from {SCHEMA}.webhook_event where provider = $1 and event_id = $2"
    return str(
        case.service.run(case.service.admin.fetchval(query, PROVIDER, event["id"]))
    )


def buying(service: Service) -> Prepared:
    """A request of somebody who may ask for everything."""
    facts = ACCESS["create_billing_request"]["roles"]["administrator"]
    return prepare(service, "create_billing_request", "administrator", facts)


def test_the_price_is_that_of_the_catalogue(service: Service) -> None:
    """PAY-3: a plan is named, and nothing of what it costs."""
    request = buying(service)
    request.body = {"kind": "checkout", "plan": PLAN}
    answer = request.send()
    assert answer.status_code == 201, answer.text
    told = answer.json()
    query = (
        f"select kind, plan, price, state from {SCHEMA}.billing_request where id = $1"
    )
    row = service.run(service.admin.fetchrow(query, UUID(told["id"])))
    assert row is not None and tuple(row) == ("checkout", PLAN, PRICE, "waiting")
    assert "price" not in told
    for name, value in {
        "price": "price_mine",
        "currency": "xxx",
        "quantity": 0,
        "amount": 1,
        "customer": "cus_1",
    }.items():
        request = again(request)
        request.body = {"kind": "checkout", "plan": PLAN, name: value}
        answer = request.send()
        assert (answer.status_code, code(answer)) == (422, "invalid_request"), name


@pytest.mark.parametrize("kind", KINDS)
def test_a_plan_is_named_where_it_is_asked_for(service: Service, kind: str) -> None:
    request = buying(service)
    request.body = {"kind": kind, "plan": PLAN}
    if kind in (
        "checkout",
        "change",
        "preview",
    ):
        del request.body["plan"]
    answer = request.send()
    assert (answer.status_code, code(answer)) == (422, "billing_plan_asked")
    query = f"select count(*) from {SCHEMA}.billing_request where tenant_id = $1"
    assert service.run(service.admin.fetchval(query, request.world.tenant_id)) == 0


def test_what_is_asked_needs_a_key_and_a_sign_in(service: Service) -> None:
    """PAY-2: what may cost money is asked once, and by whoever has just signed in."""
    assert ACCESS["create_billing_request"]["step_up"] == 300
    request = buying(service)
    del request.headers["idempotency-key"]
    assert code(request.send()) == "idempotency_key_required"


def test_what_is_used_is_counted_once(case: Case) -> None:
    """PAY-6: under one key, whether the answer is lost or the provider has forgotten the idempotency key."""
    customer, key, at = (
        case.customer(),
        str(uuid4()),
        datetime.now(UTC) - timedelta(hours=3),
    )

    def tell(trouble: str = "") -> str:
        async def told(_: Billing, __: Requests, pool: Pool) -> str:
            transport = httpx2.ASGITransport(app=case.fake.application)
            async with httpx2.AsyncClient(transport=transport, timeout=10) as client:
                provider = Stripe(
                    "sk_test_of_tests",
                    "http://stripe.invalid",
                    "https://example.com/",
                    client,
                )
                case.fake.fail = [trouble] if trouble else []
                ended = await Meters(pool, provider).tell(
                    case.tenant, "invoices_sent", 7, at, key
                )
                return ended.error

        return str(case.run(told))

    assert [tell("before"), tell("after"), tell(), tell()] == [
        "provider",
        "provider",
        "",
        "",
    ]
    case.fake.kept.clear()
    assert tell() == ""
    (found,) = case.fake.metered.values()
    assert found["payload"] == {"stripe_customer_id": customer, "value": "7"}
    assert found["timestamp"] == int(at.timestamp())


def test_nothing_is_counted_of_who_has_no_account(case: Case) -> None:
    async def told(puts: Billing, __: Requests, pool: Pool) -> tuple[str, bool]:
        ended = await Meters(pool, puts._provider).tell(
            case.tenant, "invoices_sent", 7, datetime.now(UTC), str(uuid4())
        )
        return ended.error, ended.final

    assert case.run(told) == ("not_subscribed", True)
    assert case.fake.metered == {}


def test_each_request_is_answered(case: Case) -> None:
    """What a tenant asks is done at the provider, and what it answers stands in the request."""
    page = case.put("portal")
    assert (page["state"], page["last_error"]) == ("delivered", None)
    assert page["url"].startswith("https://") and page["url_expires_at"] > datetime.now(
        UTC
    )
    for kind in ("change", "cancel", "resume", "preview"):
        found = case.put(kind)
        assert (found["state"], found["last_error"]) == ("dead", "not_subscribed"), kind
    page = case.put("checkout")
    session = case.fake.sessions[page["reference"]]
    assert (page["url"], session["price"]) == (session["url"], PRICE)
    assert page["url_expires_at"] > datetime.now(UTC) - timedelta(days=1)
    case.fake.do("pay", page["reference"])
    assert case.put("checkout")["last_error"] == "subscribed"
    (bought,) = case.fake.subscriptions.values()
    assert case.put("preview")["amount"] == 0
    assert case.put("preview")["currency"] == "eur"
    for kind, ends in (("cancel", True), ("resume", False)):
        assert case.put(kind)["state"] == "delivered"
        assert bought["cancel_at_period_end"] is ends
    assert case.put("change")["state"] == "delivered"
    assert bought["items"]["data"][0]["price"]["id"] == PRICE
    case.fake.do("pause", bought["id"])
    assert case.put("resume")["state"] == "delivered"
    assert bought["status"] == "active"
    assert len(case.fake.customers) == 1


@pytest.mark.parametrize("trouble", ["before", "after", "429"])
@pytest.mark.parametrize("kind", ["portal", "checkout", "change", "cancel"])
def test_a_call_that_fails_has_one_effect_in_the_end(
    case: Case, kind: str, trouble: str
) -> None:
    """TEST-3: whatever the provider has done before it failed, it has done once."""
    if kind in ("change", "cancel"):
        case.bought()
    calls = len(case.fake.calls)
    case.fake.fail = ["", trouble, "", trouble, "", "", trouble]
    id_ = case.ask(kind)
    states: list[str] = []
    while not states or states[-1] == "waiting":
        case.due()
        (message,) = case.claim()
        states.append(case.attempt(message))
        assert len(states) < 10
    assert states[-1] == "delivered" and "waiting" in states
    assert case.request(id_)["last_error"] is None
    assert len(case.fake.customers) == 1
    assert len(case.fake.sessions) == (kind != "portal")
    if kind in ("change", "cancel"):
        changes = [
            key
            for method, path, key in case.fake.calls[calls:]
            if method == "POST" and path.startswith("sub")
        ]
        assert set(changes) == {f"{case.tenant}:{id_}"}
        assert (
            len([each for each in case.fake.kept if each[1] == f"{case.tenant}:{id_}"])
            == 1
        )
        assert (
            len(
                [
                    each
                    for each in case.fake.take()
                    if each["type"] == "customer.subscription.updated"
                ]
            )
            == 1
        )


@pytest.mark.parametrize("dies_at", range(6))
def test_a_worker_that_dies_leaves_what_the_next_one_ends(
    case: Case, dies_at: int
) -> None:
    """TEST-3: killed before or behind any call of a checkout, there is one account and one page."""

    class Killed(BaseException):
        """The end of a process."""

    id_, calls = case.ask("checkout"), 0

    async def dying(puts: Billing, queue: Requests, pool: Pool) -> None:
        (message,) = (
            each
            for each in await queue.claim(pool, 1000, 1000)
            if each["tenant_id"] == case.tenant
        )
        client = puts._provider._http._client  # type: ignore[attr-defined]
        request = client.request

        async def killed(*given: Any, **more: Any) -> httpx2.Response:
            nonlocal calls
            calls += 1
            if calls * 2 - 2 == dies_at:
                raise Killed
            answer: httpx2.Response = await request(*given, **more)
            if calls * 2 - 1 == dies_at:
                raise Killed
            return answer

        client.request = killed
        try:
            await puts.work(message)
        except Killed:
            return
        raise AssertionError("it lives")

    case.run(dying)
    assert case.request(id_)["state"] == "waiting"
    case.due()
    (message,) = case.claim()
    assert case.attempt(message) == "delivered"
    assert (len(case.fake.customers), len(case.fake.sessions)) == (1, 1)
    assert case.request(id_)["reference"] == next(iter(case.fake.sessions))
    case.tell(case.fake.take())
    case.act("pay", next(iter(case.fake.sessions)))
    assert case.state == ("active", PLAN)


def test_requests_of_a_tenant_are_put_in_their_order(case: Case) -> None:
    first, second = case.ask("checkout"), case.ask("portal")
    (message,) = case.claim()
    assert str(message["id"]) == first
    assert case.claim() == []
    assert case.attempt(message) == "delivered"
    (message,) = case.claim()
    assert str(message["id"]) == second


def test_what_the_provider_may_have_forgotten_is_not_put_again(case: Case) -> None:
    long_ago = (datetime.now(UTC) - timedelta(hours=21)).isoformat()
    found = case.put("checkout", created_at=long_ago)
    assert (found["state"], found["last_error"], case.fake.calls) == (
        "dead",
        "expired",
        [],
    )


def test_a_tenant_pays_misses_a_payment_and_recovers(case: Case) -> None:
    """PAY-4: what a tenant may do follows what it has paid."""
    case.set(
        "trialing",
        trial_ends_at=(datetime.now(UTC) + timedelta(days=3)).isoformat(),
        event_at="2020-01-01T00:00:00Z",
    )
    assert case.state == ("trialing", PLAN)
    found = case.bought()
    assert case.state == ("active", PLAN)
    case.act("fail", found)
    missed = case.subscription["past_due_at"]
    assert case.state == (
        "past_due",
        PLAN if time.time() - missed.timestamp() < GRACE else FIRST,
    )
    case.act("fail", found)
    assert case.subscription["past_due_at"] == missed
    query = f"update {SCHEMA}.subscription set past_due_at = now() - make_interval(secs => $2) where tenant_id = $1"
    case.service.run(case.service.admin.execute(query, case.tenant, GRACE + 1.0))
    assert case.state == ("past_due", FIRST)
    case.act("give_up", found)
    assert case.state == ("unpaid", FIRST)
    case.act("pay", found)
    assert case.state == ("active", PLAN)
    case.act("end", found)
    assert case.state == ("canceled", FIRST)
    again_ = case.bought()
    assert again_ != found
    assert case.state == ("active", PLAN)


def test_a_first_payment_that_nobody_proves_ends_the_trial(case: Case) -> None:
    """PAY-7: the bank asks for more; until it has it nothing is paid, and without it nothing is tried either."""
    case.set(
        "trialing",
        trial_ends_at=(datetime.now(UTC) + timedelta(days=3)).isoformat(),
        event_at="2020-01-01T00:00:00Z",
    )
    found = case.bought("authenticate")
    assert case.state == ("incomplete", FIRST)
    case.act("expire", found)
    assert case.state == ("canceled", FIRST)
    found = case.bought("authenticate")
    case.act("pay", found)
    assert case.state == ("active", PLAN)


def test_a_dispute_freezes_until_it_is_decided(case: Case) -> None:
    found = case.bought()
    dispute = case.act("dispute", found)
    assert case.state == ("disputed", FIRST)
    case.act("renew", found)
    assert case.state == ("disputed", FIRST)
    case.act("win", dispute["id"])
    assert case.state == ("active", PLAN)
    dispute = case.act("dispute", found)
    case.act("lose", dispute["id"])
    assert case.state == ("unpaid", FIRST)
    case.act("renew", found)
    assert case.state == ("active", PLAN)


def test_a_dispute_waits_for_its_charge(case: Case) -> None:
    """Whose a dispute is, only its charge says: it is heard again until that is known."""
    page = case.put("checkout")
    found = case.fake.do("pay", page["reference"])
    charge, *events = case.fake.take()
    while charge["type"] != "charge.succeeded":
        events.append(charge)
        charge, *events = events
    case.fake.do("dispute", found["id"])
    (dispute,) = case.fake.take()
    case.tell(events)
    answer = case.post(dispute)
    assert (answer.status_code, code(answer)) == (409, "webhook_too_early")
    assert case.state == ("active", PLAN)
    assert case.tell([charge, dispute]) == [200, 200]
    assert case.state == ("disputed", FIRST)


def test_a_checkout_that_is_over_has_no_address_any_more(case: Case) -> None:
    for what, end in (("expire", "expired"), ("pay", "completed")):
        page = case.put("checkout")
        assert page["url"]
        case.act(what, page["reference"])
        page = case.request(str(page["id"]))
        assert (page["ended_as"], page["url"]) == (end, None)


def test_fifty_deliveries_at_once_are_one(case: Case) -> None:
    """PAY-1: the record of an event and its effect are one."""
    page = case.put("checkout")
    case.fake.do("pay", page["reference"])
    events = case.fake.take()
    with ThreadPoolExecutor(10) as pool:
        told = list(pool.map(case.post, events * 50))
    assert {each.status_code for each in told} <= {200, 409}
    case.tell(events)
    assert case.recorded() == len(events)
    assert case.state == ("active", PLAN)
    assert {each.json()["outcome"] for each in map(case.post, events)} == {"replayed"}


def test_any_order_ends_alike(case: Case) -> None:
    """PAY-1: late, twice, or both: the end is that of the sorted events."""
    chance = random.Random(11)  # noqa: S311 - an order, and no secret
    found = case.bought()
    for what in ("fail", "renew", "fail", "give_up", "pay", "dispute", "renew", "end"):
        case.fake.do(what, found)
    page = case.put("checkout")
    case.fake.do("pay", page["reference"])
    events = case.fake.take()
    other = Case(case.service, case.tenant, case.fake)

    async def told(order: Sequence[Said]) -> Said:
        connection = case.service.admin
        transaction = connection.transaction()
        await transaction.start()
        try:
            for event in order:
                said = read(event)
                if said is not None:
                    await record(connection, other.tenant, said)
            row = await connection.fetchrow(
                f"select * from {SCHEMA}.subscription where tenant_id = $1",
                other.tenant,
            )
            assert row is not None
            return {
                name: value
                for name, value in dict(row).items()
                if name not in ("created_at", "changed_at")
            }
        finally:
            await transaction.rollback()

    expected = case.service.run(told(events))
    for _ in range(60):
        order = [*events, *chance.sample(events, chance.randrange(len(events)))]
        chance.shuffle(order)
        assert case.service.run(told(order)) == expected
    case.tell(events[::-1])
    case.tell(events)  # the dispute waits for its charge
    assert case.subscription == expected


async def record(connection: Connection, tenant: UUID, said: Mapping[str, Any]) -> None:
    """Records what an event says, as the service does."""
    await connection.execute(
        f"insert into {SCHEMA}.billing_event"
        " (tenant_id, event_id, type, kind, subject, state, plan, began_at, ends_at, occurred_at, rank)"
        " select $1, r.event_id, r.type, r.kind, r.subject, r.state, r.plan, r.began_at, r.ends_at, r.occurred_at, r.rank"
        f" from jsonb_populate_record(null::{SCHEMA}.billing_event, $2) r on conflict do nothing",
        tenant,
        json.dumps(said),
    )


def test_nobody_tries_twice(case: Case) -> None:
    """What the provider calls a trial is one for whoever has never had a plan."""
    moment = int(time.time())

    def trying(number: int) -> Said:
        about = {
            "id": f"sub_{case.tenant}_{number}",
            "status": "trialing",
            "created": moment + number,
        }
        about |= {
            "trial_end": moment + 900,
            "items": {"data": [{"price": {"id": PRICE}}]},
        }
        return {
            "id": f"evt_{uuid4()}",
            "type": "customer.subscription.created",
            "created": moment + number,
            "data": {"object": about},
        }

    for number, state in ((0, "trialing"), (1, "active")):
        said = read(trying(number))
        assert said is not None
        case.service.run(record(case.service.admin, case.tenant, said))
        assert case.subscription["state"] == state


def test_what_an_operator_says_counts_from_then_on(case: Case) -> None:
    page = case.put("checkout")
    case.fake.do("pay", page["reference"])
    early = case.fake.take()
    case.set("active", FIRST, because="a gift")
    case.tell(early)
    assert (case.subscription["plan"], case.subscription["because"]) == (
        FIRST,
        "a gift",
    )
    clock = case.fake._now
    assert isinstance(clock, Clock)
    clock.now = time.time() + 60
    case.act("renew", next(iter(case.fake.subscriptions)))
    assert (
        case.subscription["plan"] == FIRST
    )  # it is paid for, and nothing says that it is another one
    case.act("fail", next(iter(case.fake.subscriptions)))
    assert (case.subscription["plan"], case.subscription["state"]) == (PLAN, "past_due")


def test_events_that_were_lost_are_made_up_for(case: Case) -> None:
    """What the provider says when it is asked is as good as its events, and says nothing twice."""
    page = case.put("checkout")
    case.fake.do("pay", page["reference"])
    case.fake.take()
    assert (case.subscription, case.counts()) == ({}, FIRST)
    assert case.put("refresh")["state"] == "delivered"
    assert case.state == ("active", PLAN)
    assert case.request(str(page["id"]))["ended_as"] == "completed"
    known = case.subscription
    assert case.put("refresh")["state"] == "delivered"
    assert {**case.subscription, "event_at": None} == {**known, "event_at": None}
    (found,) = case.fake.subscriptions
    case.fake.do("end", found)
    case.fake.take()
    assert case.put("refresh")["state"] == "delivered"
    assert case.state == ("canceled", FIRST)


def test_what_happens_after_an_answer_counts_whatever_our_clock_says(
    case: Case,
) -> None:
    """PAY-4: an answer is of a moment of the provider's clock, as its events are."""
    found = case.bought()
    case.act("fail", found)
    assert case.put("refresh")["state"] == "delivered"
    assert case.state == ("past_due", PLAN)
    case.act("renew", found)
    assert case.state == ("active", PLAN)


def test_a_new_checkout_closes_the_page_of_the_one_before(case: Case) -> None:
    """PAY-2: two pages that are open at once could both be paid."""
    first, second = case.put("checkout"), case.put("checkout")
    assert [each["status"] for each in case.fake.sessions.values()] == [
        "expired",
        "open",
    ]
    case.fake.take()  # nothing of it is heard
    first = case.request(str(first["id"]))
    assert (first["ended_as"], first["url"]) == ("expired", None)
    assert second["url"] and second["ended_as"] is None
    case.act("pay", second["reference"])
    assert case.state == ("active", PLAN)
    assert len(case.fake.subscriptions) == 1


@pytest.mark.parametrize("trouble", ["before", "after"])
def test_a_page_is_closed_once_whatever_fails(case: Case, trouble: str) -> None:
    case.put("checkout")
    id_ = case.ask("checkout")
    case.fake.fail = ["", trouble]
    while case.request(id_)["state"] == "waiting":
        (message,) = case.claim()
        case.attempt(message)
        case.due()
    assert case.fake.fail == []
    assert case.request(id_)["state"] == "delivered"
    assert [each["status"] for each in case.fake.sessions.values()] == [
        "expired",
        "open",
    ]
    assert case.request(id_)["reference"] == [*case.fake.sessions][1]


def test_a_page_that_is_paid_while_another_is_asked_for_is_the_last(case: Case) -> None:
    """The race: somebody pays between the look at the subscriptions and the end of the page."""
    page = case.put("checkout")
    case.ask("checkout")
    (message,) = case.claim()

    async def racing(puts: Billing, queue: Requests, pool: Pool) -> str:
        provider = puts._provider
        expire = provider.expire

        async def late(checkout: str) -> Any:
            case.fake.do("pay", checkout)
            return await expire(checkout)

        provider.expire = late  # type: ignore[method-assign]
        ended = await puts.work(message)
        return str(ended.error)

    assert case.run(racing) == "subscribed"
    assert len(case.fake.sessions) == len(case.fake.subscriptions) == 1
    assert case.request(str(page["id"]))["ended_as"] == "completed"


def test_who_pays_twice_all_the_same_is_named(case: Case) -> None:
    """Whatever made a second subscription, the next answer of the provider says so."""
    page = case.put("checkout")
    session = dict(case.fake.sessions[page["reference"]])
    case.act("pay", page["reference"])
    known = case.state
    second = session | {"id": f"{session['id']}2", "status": "open"}
    case.fake.sessions[second["id"]] = second
    case.act("pay", second["id"])
    (message,) = case.claim()  # its event has asked for that
    assert message["kind"] == "refresh"
    assert case.attempt(message) == "dead"
    assert case.request(str(message["id"]))["last_error"] == "subscribed_twice"
    assert case.state == known == ("active", PLAN)
    case.act("end", [*case.fake.subscriptions][1])
    assert case.state == ("active", PLAN)
    assert case.put("refresh")["last_error"] is None


@pytest.mark.parametrize("end", ["", "win", "lose"])
def test_disputes_that_nobody_has_heard_of_are_made_up_for(
    case: Case, end: str
) -> None:
    """PAY-4: a dispute whose events are lost freezes as well, and ends as it has ended."""
    found = case.bought()
    before = case.state
    told = [case.fake.do("dispute", found)]
    events = case.fake.take()
    if end:
        case.fake.do(end, told[0]["id"])
        events += case.fake.take()
    assert case.state == before == ("active", PLAN)
    expected = {
        "": ("disputed", FIRST),
        "win": ("active", PLAN),
        "lose": ("unpaid", FIRST),
    }[end]
    assert case.put("refresh")["state"] == "delivered"
    assert case.state == expected
    known = case.recorded()
    assert case.put("refresh")["state"] == "delivered"
    assert (case.state, case.recorded()) == (
        expected,
        known + 1,
    )  # the subscription, asked anew
    assert case.tell(events) == [200] * len(events)  # they come after all
    assert case.state == expected
    clock = case.fake._now
    assert isinstance(clock, Clock)
    clock.now = time.time() + 60
    if not end:
        case.act("win", told[0]["id"])
    case.act("renew", found)
    assert case.state == ("active", PLAN)
    assert case.put("refresh")["state"] == "delivered"
    assert case.state == ("active", PLAN)  # the same end is none of now


def test_a_dispute_that_was_heard_does_not_end_again(case: Case) -> None:
    """PAY-4: what is asked for later than a payment is the end that was before it."""
    found = case.bought()
    dispute = case.act("dispute", found)
    case.act("lose", dispute["id"])
    case.act("renew", found)
    assert case.state == ("active", PLAN)
    assert case.put("refresh")["state"] == "delivered"
    assert case.state == ("active", PLAN)


def test_what_nobody_has_asked_for_a_day_is_asked_by_itself(case: Case) -> None:
    case.customer()

    def swept() -> list[str]:
        async def sweep(_: Billing, queue: Requests, pool: Pool) -> list[Message]:
            queue._sweep_at = 0.0
            return await queue.claim(pool, 1000, 1000)

        return [
            str(each["kind"])
            for each in case.run(sweep)
            if each["tenant_id"] == case.tenant
        ]

    assert swept() == ["refresh"]
    case.due()
    assert swept() == ["refresh"]  # the same one
    query = f"select count(*) from {SCHEMA}.billing_request where tenant_id = $1 and kind = 'refresh'"
    assert case.service.run(case.service.admin.fetchval(query, case.tenant)) == 1


def test_whose_an_event_is_only_the_account_says(case: Case) -> None:
    """PAY-1: what an event says of tenants, in metadata or elsewhere, is not read."""
    other = Case(case.service, world_of(case.service, None).tenant_id)
    before = other.subscription
    page = case.put("checkout")
    case.fake.do("pay", page["reference"])
    events = case.fake.take()
    for event in events:
        event["data"]["object"] |= {
            "metadata": {"tenant_id": str(other.tenant), "plan": "none"},
            "client_reference_id": str(other.tenant),
            "tenant_id": str(other.tenant),
        }
    case.tell(events)
    assert case.state == ("active", PLAN)
    assert (other.subscription, other.recorded()) == (before, 0)
    stray = json.loads(json.dumps(events[0])) | {"id": f"evt_{uuid4().hex}"}
    stray["data"]["object"]["customer"] = "cus_of_nobody"
    assert case.post(stray).status_code == 202
    assert outcome(case, stray) == "unmapped"
    known = case.recorded()
    case.customer()
    assert case.recorded() == known


def test_live_and_test_mode_never_mix(case: Case) -> None:
    page = case.put("checkout")
    case.fake.do("pay", page["reference"])
    for event in case.fake.take():
        event["livemode"] = True
        assert case.post(event).status_code == 202
        assert outcome(case, event) == "other_mode"
    assert (case.subscription, case.recorded()) == ({}, 0)


@pytest.mark.parametrize(
    ("environment", "key", "base", "back", "said"),
    [
        (LIVE, "", "", "https://example.com/", "STRIPE_SECRET_KEY"),
        (LIVE, "sk_test_1", "", "https://example.com/", "live mode"),
        (LIVE, "rk_test_1", "", "https://example.com/", "live mode"),
        ("elsewhere", "sk_live_1", "", "https://example.com/", "test mode"),
        (
            "elsewhere",
            "sk_test_1",
            "http://127.0.0.1:1",
            "https://example.com/",
            "STRIPE_API_BASE",
        ),
        ("elsewhere", "sk_test_1", "", "http://example.com/", "BILLING_RETURN_URL"),
        ("elsewhere", "sk_test_1", "", "", "BILLING_RETURN_URL"),
    ],
)
def test_a_key_is_of_the_mode_of_its_environment(
    environment: str, key: str, base: str, back: str, said: str
) -> None:
    with pytest.raises(UnsafeConfiguration, match=said):
        provider_of(environment, key, base, back, development=False)


def test_a_key_that_is_right_is_taken() -> None:
    async def closed() -> None:
        for environment, key in (
            (LIVE, "sk_live_1"),
            (LIVE, "rk_live_1"),
            ("elsewhere", "sk_test_1"),
        ):
            await provider_of(
                environment, key, "", "https://example.com/", development=False
            ).close()
        await provider_of("development", "", "", "", development=True).close()

    asyncio.run(closed())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("data", "object", "status"), "brand_new"),
        (("data", "object", "status"), None),
        (("data", "object", "id"), ""),
        (("data", "object", "id"), "x" * 300),
        (("data", "object", "created"), "today"),
        (("data", "object", "created"), 10**18),
        (("data", "object", "created"), True),
        (("created",), -1),
        (("data", "object", "items"), []),
    ],
)
def test_what_cannot_be_read_is_recorded_and_has_no_effect(
    case: Case, path: tuple[str, ...], value: object
) -> None:
    page = case.put("checkout")
    case.fake.do("pay", page["reference"])
    (event,) = (
        each
        for each in case.fake.take()
        if each["type"] == "customer.subscription.created"
    )
    inner = event
    for each in path[:-1]:
        inner = inner[each]
    inner[path[-1]] = value
    assert case.post(event).status_code == 202
    assert (outcome(case, event), case.recorded()) == ("invalid_request", 0)


def test_every_state_of_the_provider_is_known() -> None:
    assert set(STATES.values()) == set(PROGRESS)
    assert PLANS[PRICE] == PLAN
    with pytest.raises(Problem):
        read(
            {
                "id": "evt_1",
                "type": "customer.subscription.updated",
                "created": 1,
                "data": {"object": {"status": []}},
            }
        )


def test_an_invoice_of_no_subscription_says_nothing() -> None:
    event = {
        "id": "evt_1",
        "type": "invoice.paid",
        "created": 1,
        "data": {"object": {"id": "in_1"}},
    }
    assert read(event) is None
    old = {
        "id": "evt_1",
        "type": "invoice.paid",
        "created": 1,
        "data": {"object": {"subscription": "sub_1"}},
    }
    assert (read(old) or {})["subject"] == "sub_1"


def test_a_price_that_is_none_of_ours_is_no_plan(case: Case) -> None:
    page = case.put("checkout")
    case.fake.do("pay", page["reference"])
    for event in case.fake.take():
        if event["type"].startswith("customer.subscription"):
            (item,) = event["data"]["object"]["items"]["data"]
            item["price"] = {"id": "price_of_somebody"}
        case.post(event)
    assert case.state == ("active", FIRST)


def test_nobody_changes_a_subscription_but_by_events(
    case: Case, runtime: Connection
) -> None:
    """AZ-4: the service adds what the signed event says that is under way, and the worker what it was told."""

    async def refused(connection: Connection, statement: str, **bound: str) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with connection.transaction():
                for name, value in bound.items():
                    await connection.execute(
                        "select set_config($1, $2, true)", f"app.{name}", value
                    )
                await connection.execute(statement)

    adding = (
        f"insert into {SCHEMA}.billing_event (tenant_id, event_id, kind, subject, state, plan, occurred_at)"
        f" values ('{case.tenant}', 'EVENT', 'KIND', 'sub_1', 'active', '{PLAN}', now())"
    )
    tenant, event = str(case.tenant), {"webhook": PROVIDER, "webhook_event": "evt_1"}
    mine = adding.replace("EVENT", "evt_1").replace("KIND", "state")
    asked = adding.replace("EVENT", "asked 1").replace("KIND", "state")
    changing = f"update {SCHEMA}.subscription set plan = '{PLAN}'"
    run = case.service.run
    run(refused(runtime, mine, tenant_id=tenant))
    run(
        refused(runtime, mine, tenant_id=tenant, webhook="other", webhook_event="evt_1")
    )
    run(
        refused(
            runtime, mine, tenant_id=tenant, webhook=PROVIDER, webhook_event="evt_2"
        )
    )
    run(refused(runtime, mine, tenant_id=str(uuid4()), **event))
    run(refused(runtime, mine.replace("'state'", "'base'"), tenant_id=tenant, **event))
    run(refused(runtime, changing, tenant_id=tenant, **event))
    run(
        refused(
            runtime,
            f"update {SCHEMA}.billing_event set plan = null",
            tenant_id=tenant,
            **event,
        )
    )

    async def by_worker() -> None:
        connection = await asyncpg.connect(case.service.database.worker)
        try:
            await refused(connection, mine)
            await refused(connection, changing)
            await refused(connection, f"delete from {SCHEMA}.billing_event")
            await refused(connection, f"select from {SCHEMA}.subscription")
            priced = f"insert into {SCHEMA}.billing_request (tenant_id, kind, price) values ('{tenant}', 'refresh', 'mine')"
            await refused(connection, priced)
            await refused(
                connection,
                priced.replace(", price)", ")")
                .replace(", 'mine')", ")")
                .replace("refresh", "cancel"),
            )
            elsewhere = f"insert into {SCHEMA}.webhook_account (provider, account, tenant_id) values ('x', 'cus_1', '{tenant}')"
            await refused(connection, elsewhere)
            await connection.execute(asked)
        finally:
            await connection.close()

    run(by_worker())
    assert case.state == ("active", PLAN)


def test_the_operator_looks_and_lets_ask(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWNER_DATABASE_URL", case.service.database.owner)
    case.bought()

    def command(*arguments: str) -> list[Said]:
        ended = CliRunner().invoke(
            admin.app,
            ["billing", *arguments, "--json"],
            env={"OPERATOR": "on-call@example.com"},
        )
        assert ended.exit_code == 0, ended.output
        rows = [json.loads(each) for each in ended.stdout.splitlines()]
        return [each for each in rows if "event" not in each]

    kinds = {each["kind"] for each in command("events", str(case.tenant))}
    assert kinds == {"state", "paid", "charge", "completed"}
    assert [
        each["kind"]
        for each in command("reconcile", str(case.tenant))
        if "kind" in each
    ] == ["refresh"]
    assert [
        each for each in command("reconcile", str(case.tenant)) if "kind" in each
    ] == []
    (message,) = case.claim()
    assert (message["kind"], case.attempt(message)) == ("refresh", "delivered")


def test_the_development_provider_refuses_what_stripe_refuses(case: Case) -> None:
    """Its keys stand for one request each, and it knows no key of the live mode."""
    customer = case.customer()

    async def calls() -> list[int]:
        transport = httpx2.ASGITransport(app=case.fake.application)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://stripe.invalid"
        ) as client:
            heads = {
                "authorization": "Bearer sk_test_1",
                "idempotency-key": str(uuid4()),
            }
            asked = [
                client.post("/v1/customers", headers=heads, data={"name": "a"}),
                client.post("/v1/customers", headers=heads, data={"name": "b"}),
                client.get(
                    f"/v1/subscriptions?customer={customer}",
                    headers={"authorization": "Bearer sk_live_1"},
                ),
                client.get(
                    "/v1/nothing", headers={"authorization": "Bearer sk_test_1"}
                ),
                client.post(f"/do/{customer}/pay"),
                client.post(
                    "/trouble",
                    json={"repeat": 2, "shuffle": True, "lose": False, "fail": []},
                ),
            ]
            return [(await each).status_code for each in asked]

    assert case.service.run(calls()) == [200, 400, 401, 404, 404, 200]


def test_the_development_provider_sends_until_it_is_heard(case: Case) -> None:
    heard: list[str] = []

    async def send(content: bytes, headers: Mapping[str, str]) -> int:
        assert headers["stripe-signature"].startswith("t=")
        heard.append(json.loads(content)["id"])
        return 503 if len(heard) == 1 else 200

    async def told() -> None:
        fake = Fake(send)
        fake.repeat, fake.shuffle = 2, True
        fake._raise("invoice.paid", {"id": "in_1"})
        await fake.flush()
        await asyncio.gather(*fake._tasks)

    asyncio.run(told())
    assert len(heard) == 3 and len(set(heard)) == 1
    assert (
        timedelta(hours=12) < billing.KEPT and billing.KEPT.days == 0
    )  # Stripe keeps keys for a day
