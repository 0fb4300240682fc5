"""An emitted service as it is run: processes of uvicorn on a PostgreSQL, each of which may die."""

import asyncio
import importlib
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

import asyncpg

from benchmarks.bed import ENOUGH, LIMITS
from tests.emitted import made

from .wire import HOST

REPOSITORY: Final = Path(__file__).resolve().parents[2]
STARTER: Final = Path(__file__).with_name("replicas.py")
START_SECONDS: Final = 60.0
"""For a process of the service, and for a PostgreSQL that has to recover."""
PORTS: Final = range(20_000, 30_000)
"""Below those that connections are given: a port is still free when a process starts again."""


MEMORY: Final = Path("/dev/shm")  # noqa: S108
ROOM: Final = 2 << 30
"""Bytes that have to be free there."""


TOLD: Final = 20
"""How many faults are printed."""


def tell(faults: Sequence[str], what: str) -> int:
    """Prints what a run has found, and how many of `what` there are; returns the exit code."""
    for fault in faults[:TOLD]:
        print(f"- {fault}")
    print(f"{len(faults)} {what}")
    return 1 if faults else 0


def scratch() -> Path:
    """A new directory, in memory where there is room: recovery is then not the time of the disk.

    What a process that is killed loses is what it had not handed to the kernel, on any file system.
    """
    fast = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    found = Path(tempfile.mkdtemp(prefix="endurance-", dir=MEMORY if fast else None))
    found.chmod(0o711)  # started by root, PostgreSQL runs as somebody else
    return found


def project(spec: Path, target: Path) -> Path:
    """A new project of a spec, with limits that no load reaches."""
    text, count = LIMITS.subn(ENOUGH, spec.read_text("utf-8"))
    if not count:
        text += f"\n{ENOUGH}\n"
    return made(spec.stem, target, text.encode())


class Emitted:
    """The development tools of a project, which this process imports from it."""

    def __init__(self, project: Path) -> None:
        (self.package,) = (each.parent.name for each in project.glob("*/operations.py"))
        self.project = project.resolve()
        if str(self.project) not in sys.path:
            sys.path.append(str(self.project))
        self.world = self._module("world")
        self.examples = self._module("examples")
        self.postgres = self._module("postgres")
        self.database = self._module("database")
        self.issuer = self._module("issuer").DevelopmentIssuer

    def _module(self, name: str) -> Any:
        return importlib.import_module(f"{self.package}.development.{name}")


class Cluster:
    """A PostgreSQL that keeps its files, as durable as in production.

    Its address stays the same when it is started again: the sockets lie behind a link.
    """

    def __init__(self, emitted: Emitted, directory: Path) -> None:
        self._postgres = emitted.postgres
        self._data = directory / "data"
        self._link = directory / "sockets"
        self._running = ExitStack()
        self.url = f"postgresql://postgres@/postgres?host={quote(str(self._link))}&port=5432"

    def start(self) -> None:
        """Starts it, after a crash too: then it waits for what is left of the one before."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                url = self._running.enter_context(self._postgres.server(self._data))
                break
            except self._postgres.ServerError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        new = self._link.with_suffix(".new")
        new.symlink_to(unquote(url.partition("host=")[2].partition("&")[0]))
        new.replace(self._link)

    async def kill(self) -> None:
        """Ends the postmaster as the kernel would, and starts PostgreSQL again."""
        connection = await self.connect()
        record: str = await connection.fetchval("select pg_read_file('postmaster.pid')")
        os.kill(int(record.split()[0]), signal.SIGKILL)
        connection.terminate()
        await asyncio.to_thread(self._restart)

    def _restart(self) -> None:
        self._running.close()
        self.start()

    async def kill_backend(self, application: str) -> bool:
        """Ends a process that serves the service, one that works if there is one.

        PostgreSQL then ends all the others and recovers. False if there is none to end.
        """
        connection = await self.connect()
        try:
            pid = await connection.fetchval(
                "select pid from pg_stat_activity where application_name like $1 || '\\_%'"
                " order by state <> 'active', random() limit 1",
                application,
            )
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
            return pid is not None
        finally:
            connection.terminate()

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection as administrator, which waits until PostgreSQL takes it."""
        return await connect(self.url)

    def stop(self) -> None:
        """Stops it, and removes what it kept elsewhere."""
        self._running.close()
        note = self._data / "elsewhere"
        if note.exists():
            shutil.rmtree(note.read_text(), ignore_errors=True)


async def connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection; tries for a minute while PostgreSQL starts or recovers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return await asyncpg.connect(url)
        except (OSError, asyncpg.PostgresError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)


class Replicas:
    """Processes of the service (`replicas.py`), each started again whenever it has ended."""

    def __init__(self, emitted: Emitted, number: int) -> None:
        self.ports = [_free_port() for _ in range(number)]
        self._emitted = emitted
        self._starter: asyncio.subprocess.Process

    @asynccontextmanager
    async def serving(self, url: str, keys: Path, log: Path) -> AsyncIterator[None]:
        """They serve while the block runs; what they log goes to a file."""
        with log.open("wb") as stream:
            self._starter = await asyncio.create_subprocess_exec(
                *(sys.executable, str(STARTER), self._emitted.package, *map(str, self.ports)),
                cwd=self._emitted.project,
                env={
                    **os.environ,
                    "ENVIRONMENT": "development",
                    "DATABASE_URL": url,
                    "DEVELOPMENT_JWKS": str(keys),
                    "ALLOWED_HOSTS": ",".join(f"{HOST}:{port}" for port in self.ports),
                },
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stream,
            )
        assert self._starter.stdin is not None
        try:
            for port in self.ports:
                await self._ready(port, log)
            yield
        finally:
            self._starter.stdin.close()
            await self._starter.wait()

    async def kill(self, number: int) -> None:
        """Ends a process as the kernel would."""
        assert self._starter.stdin is not None and self._starter.stdout is not None
        self._starter.stdin.write(f"{number}\n".encode())
        if not await self._starter.stdout.readline():
            raise RuntimeError("the process that starts the service has ended; its log says why")

    async def _ready(self, port: int, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                _, writer = await asyncio.open_connection(HOST, port)
            except OSError:
                if time.monotonic() > deadline or self._starter.returncode is not None:
                    said = log.read_text("utf-8", "replace")[-2000:]
                    raise RuntimeError(f"the service does not start:\n{said}") from None
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


class Caller:
    """A member of a tenant, with a token that is always fresh."""

    SECONDS: Final = 60.0
    """After which a new token is signed: some actions want a recent sign-in."""

    def __init__(self, issuer: Any, member: Any, attributes: Mapping[str, object]) -> None:
        self.member = member
        self._issuer = issuer
        self._attributes = attributes
        self._token = ""
        self._signed = float("-inf")

    @property
    def token(self) -> str:
        """An access token."""
        now = time.monotonic()
        if now - self._signed > self.SECONDS:
            claims = self._issuer.claims(
                self.member.subject,
                str(self.member.tenant_id),
                service=self.member.service,
                attributes=self._attributes,
            )
            self._token, self._signed = self._issuer.sign(claims), now
        return self._token


def _free_port() -> int:
    while True:
        port = random.choice(PORTS)  # noqa: S311
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
