# ruff: noqa: S608 - names of our own
"""Kills a service, its worker and its PostgreSQL while plans are bought.

`python -m tests.endurance.purchases`: buyers begin a checkout and repeat the request with its
Idempotency-Key until it is answered, pay on the page that the worker was told of by a provider,
miss a payment and make up for it. Meanwhile processes of the service, the worker, backends of
PostgreSQL and its postmaster are killed (SIGKILL) and started again. The provider, which lives,
sends each event until it is heard, some of them twice. What each buyer has used in a month that is
over is closed and reported meanwhile. In the end each purchase must be there once: one request, one
account, one page and one subscription at the provider, one reading and one report of all that was
used, and each event recorded once. What differs is printed, and the exit code is 1.
"""

import argparse
import asyncio
import importlib
import itertools
import json
import os
import random
import re
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID, uuid4

import asyncpg
import httpx2
import uvicorn

from tests.emitted import SPEC

from .kills import HOOKS, REPLICAS
from .service import Caller, Cluster, Emitted, Replicas, connect, project, scratch, tell
from .wire import HOST

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Result = TypeVar("Result")

BUYERS: Final = 6
BETWEEN: Final = 12
"""Steps of purchases between two kills, at most."""
STUCK: Final = 20.0
"""Seconds after which a kill comes without a step: a worker that has died leaves its lease."""
ANSWERED: Final = 90.0
"""Seconds after the last kill, by which all that was begun is done."""
QUICK: Final = {
    r"^LEASE_SECONDS: Final = 60$": "LEASE_SECONDS: Final = 4",
    r"^FIRST_SECONDS: Final = 5\.0$": "FIRST_SECONDS: Final = 0.2",
    r"^LONGEST_SECONDS: Final = 12 \* 3600\.0$": "LONGEST_SECONDS: Final = 2.0",
}
"""What the queue waits for, made short: what a worker dies with is due again soon."""
SWEEPS: Final = {r"^SWEEP_SECONDS: Final = 60\.0$": "SWEEP_SECONDS: Final = 0.5"}
"""The same of periods that have ended."""
METER: Final = "invoices_sent"
DATABASE: Final = "purchases"


class Worker:
    """A process of the worker, which is started again whenever it has ended."""

    def __init__(self, emitted: Emitted, url: str, base: str, log: Path) -> None:
        self._emitted = emitted
        self._environment = {
            **os.environ,
            "ENVIRONMENT": "development",
            "WORKER_DATABASE_URL": url,
            "STRIPE_API_BASE": base,
        }
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Keeps one running until it is cancelled."""
        try:
            with self._log.open("ab") as stream:
                while True:
                    self._process = await asyncio.create_subprocess_exec(
                        *(sys.executable, "-m", f"{self._emitted.package}.worker"),
                        cwd=self._emitted.project,
                        env=self._environment,
                        stdout=stream,
                        stderr=stream,
                    )
                    await self._process.wait()
                    await asyncio.sleep(0.05)
        finally:
            await self.kill()

    async def kill(self) -> None:
        """Ends it as the kernel would."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)


class Run:
    """One run: what is killed, and what was bought."""

    def __init__(self, emitted: Emitted, directory: Path, seed: int) -> None:
        self.faults: list[str] = []
        self.killed: Counter[str] = Counter()
        self.bought: list[UUID] = []
        self.steps = 0
        self.events: dict[str, str] = {}
        self._emitted = emitted
        self._directory = directory
        self._random = random.Random(seed)  # noqa: S311
        self._cluster = Cluster(emitted, directory)
        self._replicas = Replicas(emitted, REPLICAS)
        self._stripe: Any = importlib.import_module(f"{emitted.package}.development.stripe")
        began = int(time.time()) - 10**6
        self._seconds = itertools.count(began)
        first = datetime.fromtimestamp(began, UTC).replace(day=1)
        self._period = f"{first - timedelta(days=1):%Y-%m}"
        self.used: dict[UUID, int] = {}
        self._waiting: dict[UUID, str] = {}
        self._client = httpx2.AsyncClient(timeout=10, trust_env=False)
        self.fake: Any = self._stripe.Fake(self._send, lambda: float(next(self._seconds)))

    async def _send(self, content: bytes, headers: Mapping[str, str]) -> int:
        event = json.loads(content)
        self.events[event["id"]] = event["type"]
        port = self._random.choice(self._replicas.ports)
        url = f"http://{HOST}:{port}/webhooks/stripe"
        fresh = self._stripe.signed(content)
        status = (await self._client.post(url, content=content, headers=fresh)).status_code
        self.steps += status < 300
        if status < 300 and self._random.random() < 0.3:  # and once more
            with suppress(httpx2.HTTPError):
                await self._client.post(url, content=content, headers=self._stripe.signed(content))
        return status

    async def go(self, kills: int) -> None:
        """Starts everything, kills it as often as was asked for, and compares."""
        self._stripe.TRIES = 10_000
        self._cluster.start()
        config = uvicorn.Config(
            self.fake.application,
            host=HOST,
            port=0,
            log_level="critical",
            lifespan="off",
            date_header=False,
        )
        provider = uvicorn.Server(config)
        serving = asyncio.create_task(provider.serve())
        try:
            urls = await self._emitted.database.prepare(self._cluster.url, DATABASE)
            issuer = self._emitted.issuer(self._directory / "keys")
            while not provider.started:
                await asyncio.sleep(0.02)
            port = provider.servers[0].sockets[0].getsockname()[1]
            self.fake._url = f"http://{HOST}:{port}"
            worker = Worker(
                self._emitted, urls.worker, self.fake._url, self._directory / "worker.log"
            )
            log = self._directory / "service.log"
            async with self._replicas.serving(urls.app, issuer.public, log):
                working = asyncio.create_task(worker.run())
                try:
                    await self._load(worker, issuer, urls.admin, kills)
                finally:
                    working.cancel()
                    await asyncio.gather(working, return_exceptions=True)
            await self._compare(urls.admin)
        finally:
            provider.should_exit = True
            await serving
            await self._client.aclose()
            self._cluster.stop()

    async def _load(self, worker: Worker, issuer: Any, admin: str, kills: int) -> None:
        ended = asyncio.Event()
        buying = [asyncio.create_task(self._buyer(issuer, admin, ended)) for _ in range(BUYERS)]
        try:
            for number in range(1, kills + 1):
                await self._pause()
                await self._kill(worker, "postmaster" if number == kills else None)
                if number % max(1, min(25, kills // 4)) == 0:
                    print(f"{number}/{kills} kills  {len(self.bought)} bought", flush=True)
        finally:
            ended.set()
            _, late = await asyncio.wait(buying, timeout=ANSWERED)
            for each in late:
                each.cancel()
            self.faults += [
                f"a purchase of {tenant} was not done in time: {what}"
                for tenant, what in self._waiting.items()
            ]
            for outcome in await asyncio.gather(*buying, return_exceptions=True):
                if isinstance(outcome, Exception):
                    self.faults.append(f"a buyer gave up: {outcome!r}")
        deadline = time.monotonic() + ANSWERED
        while self.fake._tasks and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        if self.fake._tasks:
            self.faults.append(f"{len(self.fake._tasks)} acts are not heard")
        while len(self.fake.metered) < len(self.used) and time.monotonic() < deadline:
            await asyncio.sleep(0.1)

    async def _pause(self) -> None:
        """Waits for a few steps of purchases, and a moment more."""
        wanted = self.steps + self._random.randint(1, BETWEEN)
        deadline = time.monotonic() + STUCK
        while self.steps < wanted and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        await asyncio.sleep(self._random.uniform(0, 0.05))

    async def _kill(self, worker: Worker, what: str | None) -> None:
        what = what or self._random.choice(
            ("service", "service", "worker", "worker", "backend", "postmaster")
        )
        if what == "service":
            await self._replicas.kill(self._random.randrange(REPLICAS))
        elif what == "worker":
            await worker.kill()
        elif what == "postmaster":
            await self._cluster.kill()
        else:
            while not await self._cluster.kill_backend(self._emitted.package):
                await asyncio.sleep(0.05)
        self.killed[what] += 1

    async def _buyer(self, issuer: Any, admin: str, ended: asyncio.Event) -> None:
        while not ended.is_set():
            await self._purchase(issuer, admin)

    async def _purchase(self, issuer: Any, admin: str) -> None:
        """A new tenant buys a plan, misses a payment, and makes up for it."""
        caller = await self._somebody(issuer, admin)
        tenant = caller.member.tenant_id
        asked = {"kind": "checkout", "plan": "team"}
        self._waiting[tenant] = "no request"
        made = await self._ask("POST", "/billing-requests", caller, asked)
        self.steps += 1
        page: dict[str, Any] = {}
        while not page.get("reference"):
            self._waiting[tenant] = f"no page of {made['id']}, which is {page.get('state')}"
            await asyncio.sleep(0.1)
            page = await self._ask("GET", f"/billing-requests/{made['id']}", caller)
            if page["state"] == "dead":
                raise RuntimeError(f"a checkout is dead: {page['last_error']}")
        acts = [("pay", page["reference"], "active")]
        found = None
        for what, id_, state in (*acts, ("fail", "", "past_due"), ("renew", "", "active")):
            done = self.fake.do(what, id_ or found)
            found = found or done["id"]
            await self.fake.flush()
            await self._until(caller, tenant, state)
        used = self._random.randint(1, 1000)
        await self._administered(admin, lambda connection: self._use(connection, tenant, used))
        self.used[tenant] = used
        self.bought.append(tenant)
        del self._waiting[tenant]

    async def _use(self, connection: Connection, tenant: UUID, used: int) -> None:
        """What a tenant has used in a month that is over."""
        statement = (
            f"insert into {self._emitted.package}.usage_ (tenant_id, meter, period, used)"
            " values ($1, $2, $3, $4) on conflict do nothing"
        )
        await connection.execute(statement, tenant, METER, self._period, used)

    async def _until(self, caller: Caller, tenant: UUID, state: str) -> None:
        self._waiting[tenant] = f"not {state}"
        while True:
            told = await self._ask("GET", f"/subscriptions/{tenant}", caller)
            if told["state"] == state:
                self.steps += 1
                return
            self._waiting[tenant] = f"not {state} but {told['state']}"
            await asyncio.sleep(0.05)

    async def _ask(
        self, method: str, path: str, caller: Caller, body: object = None
    ) -> dict[str, Any]:
        """The answer to a request, which is repeated as it is until there is one."""
        key = str(uuid4())
        while True:
            port = self._random.choice(self._replicas.ports)
            headers = {"authorization": f"Bearer {caller.token}"}
            if body is not None:
                headers |= {"idempotency-key": key, "content-type": "application/json"}
            with suppress(httpx2.HTTPError):
                answer = await self._client.request(
                    method,
                    f"http://{HOST}:{port}{path}",
                    headers=headers,
                    content=None if body is None else json.dumps(body),
                )
                if answer.is_success:
                    found: dict[str, Any] = answer.json()
                    return found
                if answer.status_code not in (409, 429, 503):
                    raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
            await asyncio.sleep(0.1)

    async def _somebody(self, issuer: Any, admin: str) -> Caller:
        """An administrator of a new tenant without a plan."""
        world = self._emitted.world

        async def added(connection: Connection) -> Any:
            tenant = await world.add_tenant(connection, f"t-{uuid4()}", region="eu")
            statement = f"delete from {self._emitted.package}.subscription where tenant_id = $1"
            await connection.execute(statement, tenant)
            return await world.add_member(connection, tenant, "buyer", "administrator")

        member = await self._administered(admin, added)
        return Caller(issuer, member, world.CATALOG["attributes"])

    async def _administered(
        self, admin: str, work: Callable[[Connection], Awaitable[Result]]
    ) -> Result:
        """What is done as the administrator, again until PostgreSQL has lived long enough."""
        while True:
            try:
                connection = await connect(admin)
                done = await work(connection)
                await connection.close()
            except self._failures:
                await asyncio.sleep(0.1)
            else:
                return done

    @property
    def _failures(self) -> tuple[type[Exception], ...]:
        leases = importlib.import_module(f"{self._emitted.package}.store.leases")
        return (OSError, *leases.FAILURES)

    async def _compare(self, admin: str) -> None:
        """Every purchase is there once, here and at the provider."""
        connection = await connect(admin)
        schema = self._emitted.package

        async def counted(query: str, *given: object) -> int:
            return int(await connection.fetchval(f"select count(*) from {schema}.{query}", *given))

        for tenant in self.bought:
            accounts = [
                e["id"] for e in self.fake.customers.values() if e["name"] == f"tenant {tenant}"
            ]
            mine = set(accounts)
            for what, number in {
                "requests": await counted(
                    "billing_request where tenant_id = $1 and kind = 'checkout'", tenant
                ),
                "audit events of one": await counted(
                    "audit_event where tenant_id = $1 and operation = 'create_billing_request'",
                    tenant,
                ),
                "accounts at the provider": len(accounts),
                "accounts here": await counted(
                    "webhook_account where tenant_id = $1 and account like 'cus%'", tenant
                ),
                "pages": sum(e["customer"] in mine for e in self.fake.sessions.values()),
                "subscriptions": sum(
                    e["customer"] in mine for e in self.fake.subscriptions.values()
                ),
                "plans": await counted(
                    "subscription where tenant_id = $1 and state = 'active' and plan = 'team'",
                    tenant,
                ),
                "readings": await counted(
                    "usage_closing where tenant_id = $1 and used = $2 and state = 'delivered'",
                    *(tenant, self.used[tenant]),
                ),
                "reports": sum(
                    e["payload"]["stripe_customer_id"] in mine for e in self.fake.metered.values()
                ),
                "reports of all that was used": sum(
                    e["payload"]["value"] == str(self.used[tenant])
                    for e in self.fake.metered.values()
                    if e["payload"]["stripe_customer_id"] in mine
                ),
            }.items():
                if number != 1:
                    self.faults.append(f"{tenant} has {number} {what}")
        rows = await connection.fetch(f"select event_id, outcome from {schema}.webhook_event")
        heard = Counter(row["event_id"] for row in rows)
        said = await connection.fetch(
            f"select event_id, count(*) as times from {schema}.billing_event group by event_id"
        )
        known = {row["event_id"]: row["times"] for row in said}
        for event, type_ in self.events.items():
            if heard[event] != 1 or known.get(event) != 1:
                self.faults.append(
                    f"{type_} is recorded {heard[event]} times, and counts {known.get(event)}"
                )
        self.faults += [
            f"{row['event_id']} is {row['outcome']}" for row in rows if row["outcome"] != "done"
        ]
        await connection.close()


def hasten(given: Path) -> None:
    """Makes the queues of a project wait for less."""
    for module, changes in ("queue", QUICK), ("usage", SWEEPS):
        (place,) = given.glob(f"*/work/{module}.py")
        text = place.read_text("utf-8")
        for old, new in changes.items():
            text, count = re.subn(old, new, text, flags=re.MULTILINE)
            assert count == 1, old
        place.write_text(text, "utf-8")


def run(kills: int, seed: int, given: Path | None) -> int:
    """Makes a project, or a copy of the one that is given; returns the exit code."""
    directory = scratch()
    try:
        tried = directory / "project"
        if given is None:
            project(SPEC, tried)
            shutil.copytree(HOOKS, tried / "hooks", dirs_exist_ok=True)
        else:
            shutil.copytree(given, tried)
        hasten(tried)
        done = Run(Emitted(tried), directory, seed)
        asyncio.run(done.go(kills))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    killed = ", ".join(f"{name} {number}" for name, number in sorted(done.killed.items()))
    print(f"killed: {killed} (seed {seed})")
    print(f"bought: {len(done.bought):,} plans; heard: {len(done.events):,} events")
    return tell(done.faults, "differences")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="tests.endurance.purchases", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how often something is killed")
    parser.add_argument("--seed", type=int, default=1, help="another one kills at other moments")
    parser.add_argument("--project", type=Path, help="a project to try, instead of a new one")
    given = parser.parse_args()
    return run(given.kills, given.seed, given.project)


if __name__ == "__main__":
    sys.exit(main())
