"""Works on what was written with effects: `python -m invoicing.worker`.

It needs WORKER_DATABASE_URL, the URL of the role invoicing_worker. Several may run: each message is
one's at a time. Killed at any point, it loses nothing, and leaves nothing behind after a minute.
"""

import argparse
import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, Literal

import asyncpg
import structlog
import uvicorn
from prometheus_client import CollectorRegistry, Counter, Histogram
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from invoicing.gate.derived import parsed
from invoicing.settings import DEVELOPMENT, Environment
from invoicing.store.database import ANSWER_SECONDS, CONNECT_SECONDS, Database
from invoicing.store.leases import FAILURES
from invoicing.store.startup import UnsafeConfiguration, check_database, refuse_start
from invoicing.store.statements import RELEASE
from invoicing.store.transport import protected
from invoicing.telemetry import logs
from invoicing.telemetry.decisions import numbers
from invoicing.work import billing, hooks, usage, webhooks
from invoicing.work.addresses import Addresses, ports
from invoicing.work.queue import LEASE_SECONDS, Ended, Message, Pool, Queue
from invoicing.work.stripe import provider_of

CONCURRENCY: Final = 50
"""Messages of a queue that are tried at once."""
EACH: Final = 10
"""Of these, those of one lane: of an endpoint, say, that answers slowly."""
CONNECTIONS: Final = 4
POLL_SECONDS: Final = 1.0
"""Between two looks at a queue in which nothing is due; each look is one statement."""
GATHER_SECONDS: Final = 0.02
"""From the end of an attempt to the next look, so that one statement takes several messages."""
GRACE_SECONDS: Final = 20.0
"""For attempts that are under way when the worker is told to stop."""
STALE_SECONDS: Final = 30.0
"""Without a look at each queue, after which the worker is not well."""
BUCKETS: Final = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 30.0)

REACHED: Final = """
select c.relname as name from pg_class c
 where c.relnamespace = $1::text::regnamespace and c.relkind in ('r', 'p', 'v') and c.relname <> all ($2)
   and (has_table_privilege(c.oid, 'select, insert, update, delete')
        or has_any_column_privilege(c.oid, 'select, insert, update'))
"""
"""What this role reaches beside what is its work."""
OWN: Final = (
    "usage_",
    "usage_closing",
    "billing_request",
    "webhook_account",
    "billing_event",
    "webhook_endpoint",
    "webhook_delivery",
    "outbox_message",
    "release_policy_",
)
"""What it reaches: messages, what they need, and what the checks of a start compare with."""


class Settings(BaseSettings):
    """Environment variables of the worker, by their names in capitals."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    environment: Environment
    worker_database_url: SecretStr
    """The role invoicing_worker, which reaches messages and nothing else."""
    stripe_secret_key: SecretStr = SecretStr("")
    """The key of the provider: of its live mode in production, and of its test mode elsewhere."""
    stripe_api_base: str = ""
    """Where the provider of a developer listens; nowhere else is it there."""
    billing_return_url: str = ""
    """Where people come back to from pages of the provider."""
    webhook_keys: SecretStr = SecretStr("")
    """The keys that the secrets of webhook endpoints are derived from, as the service has them."""
    webhook_ports: str = ""
    """The ports of endpoints beside 443, separated by commas."""
    worker_port: int = Field(default=0, ge=0, le=65_535)
    """The port of /healthz and /metrics on all addresses; none without one."""
    metrics_token: SecretStr | None = None
    """The bearer token of /metrics, which is not there without one."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def development(self) -> bool:
        """Is this somebody's own machine?"""
        return self.environment == DEVELOPMENT


class Metrics:
    """What is counted: attempts by their queue and how they ended."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._attempts = Counter(
            "attempts",
            "Attempts by queue, the state after it and why it failed.",
            ("queue", "state", "error"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "attempt_seconds",
            "Time of an attempt, in seconds.",
            ("queue",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._log = structlog.get_logger()

    def record(
        self, queue: Queue, message: Message, ended: Ended, state: str, seconds: float
    ) -> None:
        """One line and two numbers for an attempt; no address: a secret may stand in it."""
        self._attempts.labels(queue.name, state, ended.error).inc()
        self._seconds.labels(queue.name).observe(seconds)
        self._log.info(
            "attempt",
            queue=queue.name,
            tenant_id=str(message["tenant_id"]),
            message=str(message["id"]),
            attempt=message["attempts"],
            state=state,
            error=ended.error,
            status=ended.status,
            milliseconds=round(seconds * 1000, 2),
        )


class Worker:
    """Claims what is due, a few messages at a time, and tries them side by side."""

    def __init__(self, pool: Pool, queues: Sequence[Queue], metrics: Metrics) -> None:
        self._pool = pool
        self._queues = queues
        self._metrics = metrics
        self._looked = dict.fromkeys((each.name for each in queues), time.monotonic())
        self._log = structlog.get_logger()

    @property
    def well(self) -> bool:
        """Has it looked at each queue lately?"""
        return time.monotonic() - min(self._looked.values()) < STALE_SECONDS

    async def run(self, stopping: asyncio.Event) -> None:
        """Works until it is told to stop, and then ends what is under way."""
        await asyncio.gather(*(self._serve(each, stopping) for each in self._queues))

    async def step(
        self, queue: Queue, without: Iterable[Any] = (), most: int = CONCURRENCY
    ) -> list[Message]:
        """What is claimed of a queue now."""
        found = await queue.claim(self._pool, most, EACH, tuple(without))
        self._looked[queue.name] = time.monotonic()
        return found

    async def attempt(self, queue: Queue, message: Message) -> str:
        """Tries a message once. The state that it has then."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(LEASE_SECONDS / 2):
                ended = await queue.work(message)
        except Exception as error:
            ended = Ended("failure")
            self._log.error(
                "failure", queue=queue.name, message=str(message["id"]), exc_info=error
            )
        state = await queue.finish(self._pool, message, ended)
        self._metrics.record(
            queue, message, ended, state, time.perf_counter() - started
        )
        return state

    async def _serve(self, queue: Queue, stopping: asyncio.Event) -> None:
        running: dict[asyncio.Task[None], Any] = {}
        stop = asyncio.create_task(stopping.wait())
        try:
            while not stopping.is_set():
                free = CONCURRENCY - len(running)
                found = await self._claimed(queue, running, free)
                for message in found:
                    task = asyncio.create_task(self._tried(queue, message))
                    running[task] = message[queue.lane]
                    task.add_done_callback(running.pop)
                waited = GATHER_SECONDS if found else POLL_SECONDS
                await asyncio.wait(
                    {stop, *running},
                    timeout=waited,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if running and not stopping.is_set():
                    await asyncio.sleep(GATHER_SECONDS)
        finally:
            stop.cancel()
            if running:
                await asyncio.wait(set(running), timeout=GRACE_SECONDS)
            for task in tuple(running):  # their leases pass
                task.cancel()

    async def _claimed(
        self, queue: Queue, running: dict[asyncio.Task[None], Any], free: int
    ) -> list[Message]:
        lanes = list(running.values())
        busy = {each for each in lanes if lanes.count(each) >= EACH}
        try:
            return await self.step(queue, busy, free) if free else []
        except FAILURES as error:
            self._log.warning(
                "queue_unavailable", queue=queue.name, error=type(error).__name__
            )
            return []

    async def _tried(self, queue: Queue, message: Message) -> None:
        try:
            await self.attempt(queue, message)
        except FAILURES as error:  # the lease passes, and it is tried again
            self._log.warning(
                "result_lost", message=str(message["id"]), error=type(error).__name__
            )


def queues(settings: Settings, connections: Pool) -> list[Queue]:
    """What there is to work on."""
    provider = provider_of(
        settings.environment,
        settings.stripe_secret_key.get_secret_value(),
        settings.stripe_api_base,
        settings.billing_return_url,
        development=settings.development,
    )
    return [
        usage.Closings(billing.Meters(connections, provider).tell),
        billing.Requests(billing.Billing(connections, provider)),
        webhooks.queue(
            webhooks.Webhooks(
                parsed(
                    settings.webhook_keys.get_secret_value(),
                    development=settings.development,
                ),
                Addresses(
                    ports(settings.webhook_ports), development=settings.development
                ),
            )
        ),
        hooks.queue(),
    ]


async def _keep(connection: object) -> None:
    """Nothing is reset: no transaction leaves anything behind in a connection."""


@asynccontextmanager
async def pool(url: str) -> AsyncIterator[Pool]:
    """Connections of the worker's own role."""
    async with asyncpg.create_pool(
        url,
        min_size=0,
        max_size=CONNECTIONS,
        timeout=CONNECT_SECONDS,
        command_timeout=ANSWER_SECONDS,
        reset=_keep,
        server_settings={"application_name": f"{RELEASE}_worker"},
    ) as found:
        yield found


async def check(url: str, *, development: bool) -> None:
    """Refuses a database that would not hold the promises, and a role that reaches more than messages.

    Raises:
        UnsafeConfiguration: the message says what to change.
    """
    if not development and not protected(url):
        raise UnsafeConfiguration(
            "WORKER_DATABASE_URL leads over a network without verified TLS: add sslmode=verify-full and "
            "sslrootcert, the file of your authority; or name a Unix socket or a loopback address."
        )
    try:
        database = await Database.connect(url, 1)
    except (*FAILURES, ValueError) as error:
        said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise UnsafeConfiguration(
            f"The database that WORKER_DATABASE_URL names cannot be used: {said}. "
            "Check the host, the database, the role and its password."
        ) from error
    try:
        await check_database(database, "invoicing_worker")
        rows = await database.fetch(REACHED, "invoicing", list(OWN))
    finally:
        await database.close()
    if rows:
        names = ", ".join(sorted(row["name"] for row in rows))
        raise UnsafeConfiguration(
            f"The role of WORKER_DATABASE_URL reaches more than messages: {names}. Connect as invoicing_worker."
        )


def health(worker: Worker, metrics: Metrics, token: SecretStr | None) -> Starlette:
    """What the platform asks a worker."""

    async def healthz(_: Request) -> Response:
        well = worker.well
        return JSONResponse(
            {"status": "ok" if well else "unavailable"}, 200 if well else 503
        )

    async def counted(request: Request) -> Response:
        return numbers(request, metrics.registry, token)

    return Starlette(routes=[Route("/healthz", healthz), Route("/metrics", counted)])


class _Server(uvicorn.Server):
    """A server that leaves the signals to the worker."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


async def work(settings: Settings, *, with_parent: bool = False) -> None:
    """Works until the process is told to stop, or `with_parent` until whoever has started it ends."""
    url = settings.worker_database_url.get_secret_value()
    await check(url, development=settings.development)
    stopping = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopping.set)
    async with pool(url) as connections:
        metrics = Metrics()
        worker = Worker(connections, queues(settings, connections), metrics)
        working = [worker.run(stopping)]
        if with_parent:
            working.append(_orphaned(stopping))
        if settings.worker_port:
            application = health(worker, metrics, settings.metrics_token)
            config = uvicorn.Config(
                application,
                host="0.0.0.0",  # noqa: S104 - the platform asks from outside
                port=settings.worker_port,
                log_level="error",
                access_log=False,
            )
            server = _Server(config)
            working += [server.serve(), _until(stopping, server)]
        await asyncio.gather(*working)


async def _orphaned(stopping: asyncio.Event) -> None:
    parent = os.getppid()
    while os.getppid() == parent and not stopping.is_set():
        await asyncio.sleep(POLL_SECONDS)
    stopping.set()


async def _until(stopping: asyncio.Event, server: uvicorn.Server) -> None:
    await stopping.wait()
    server.should_exit = True


def main() -> None:
    """Works; what is missing or unsafe in the environment ends it with a line for each and status 3."""
    parser = argparse.ArgumentParser(
        description="Work on what was written with effects."
    )
    parser.add_argument(
        "--with-parent", action="store_true", help="end with whoever starts it"
    )
    options = parser.parse_args()
    try:
        settings = Settings()  # type: ignore[call-arg] # the environment has them
        logs.configure(settings.log_level, development=settings.development)
        asyncio.run(work(settings, with_parent=options.with_parent))
    except (ValidationError, UnsafeConfiguration) as error:
        refuse_start(error)


if __name__ == "__main__":
    main()
