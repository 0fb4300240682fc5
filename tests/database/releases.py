"""Releases of the invoicing spec, databases to deploy them on, and what runs them."""

import asyncio
import json
import os
import runpy
import secrets
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.emitted import PACKAGE, SPEC, made, run_module

Result = TypeVar("Result")
Change = tuple[str, str]

SERVING: Final = Path(__file__).parent / "serving.py"
KILLED: Final = Path(__file__).parent / "killed.py"
SECONDS: Final = 60
"""For one command of a release."""


class Urls(NamedTuple):
    """The URLs of one database: as administrator, as owner, as the service, for backups, and as the
    worker."""

    admin: str
    owner: str
    app: str
    backup: str
    worker: str


class Case(NamedTuple):
    """A request: an operation, the role of the caller, and the facts of the row and the caller."""

    operation: str
    role: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Release:
    """A project of the spec with some changes."""

    project: Path

    @property
    def statements(self) -> Mapping[str, Any]:
        """What it needs to find in the database: RELEASE, CALLER, TABLES and FUNCTIONS."""
        return runpy.run_path(str(self.project / PACKAGE / "store" / "statements.py"))

    @property
    def name(self) -> str:
        """The schema of its functions."""
        return str(self.statements["RELEASE"])

    def cases(self, resources: Iterable[str]) -> dict[Case, bool | None]:
        """Its access matrix: each request with whether it is allowed.

        Requests outside of the conditions of a role are among those that are not; None stands for
        a list that is answered without the row.
        """
        path = self.project / "tests" / "contract" / "access.json"
        found: dict[Case, bool | None] = {}
        for operation, about in json.loads(path.read_text("utf-8")).items():
            if about["resource"] not in resources:
                continue
            allowed = [each for each in about["roles"].values() if each["allowed"]]
            for role, facts in about["roles"].items():
                if not facts["allowed"]:
                    found[Case(operation, role, Facts(allowed[0]))] = False
                    continue
                found[Case(operation, role, Facts(facts))] = True
                for other in facts["outside"]:
                    listed = about["verb"] == "list"
                    found[Case(operation, role, Facts(facts | other))] = None if listed else False
        return found

    def migrate(
        self, urls: Urls | None, *options: str, role: str = "owner"
    ) -> subprocess.CompletedProcess[str]:
        """Runs its migrations as a deployment does."""
        return run_module(
            self.project,
            f"{PACKAGE}.store.migrate",
            *options,
            environment=environment(self.project, getattr(urls, role, None)),
            seconds=SECONDS,
        )

    def run(self, *arguments: str, url: str | None) -> subprocess.CompletedProcess[str]:
        """Runs Python in the project; `url` is that of its owner's database."""
        return subprocess.run(  # noqa: S603 - this Python, on a project that was made here
            [sys.executable, *arguments],
            cwd=self.project,
            env=environment(self.project, url),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    @contextmanager
    def serving(self, urls: Urls) -> Iterator[Callable[[Sequence[Case]], dict[Case, str]]]:
        """The release serves while the block runs; the function sends requests to it."""
        with subprocess.Popen(  # noqa: S603 - this Python, on a project that was made here
            [sys.executable, str(SERVING)],
            cwd=self.project,
            env=environment(self.project, None),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            stdin, stdout = process.stdin, process.stdout

            def say(value: object) -> None:
                stdin.write(json.dumps(value) + "\n")
                stdin.flush()

            def ask(cases: Sequence[Case]) -> dict[Case, str]:
                say([(each.operation, each.role, dict(each.facts)) for each in cases])
                return dict(zip(cases, json.loads(stdout.readline()), strict=True))

            say(urls._asdict())
            try:
                yield ask
            finally:
                stdin.close()
                process.wait(SECONDS)


class Facts(dict[str, Any]):
    """Facts that can be compared as a whole, by their text."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(json.dumps(self, sort_keys=True))


def release(target: Path, changes: Iterable[Change] = ()) -> Release:
    """A project of the spec in which each text, which it has once or more, is another one."""
    text = SPEC.read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    made(PACKAGE, target, text.encode())
    return Release(target)


@contextmanager
def killing(release: Release, *options: str) -> Iterator[Callable[[Urls, int], int]]:
    """Runs migrations, each killed at the statement of a number; 0 is none."""
    with subprocess.Popen(  # noqa: S603 - this Python, on a project that was made here
        [sys.executable, str(KILLED), *options],
        cwd=release.project,
        env=environment(release.project, None),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:

        def run(database: Urls, number: int) -> int:
            assert process.stdin is not None and process.stdout is not None
            print(database.owner, number, file=process.stdin, flush=True)
            return int(process.stdout.readline())

        yield run
        assert process.stdin is not None
        process.stdin.close()


def environment(project: Path, url: str | None) -> dict[str, str]:
    """The environment of a process of a project."""
    kept = {name: value for name, value in os.environ.items() if name != "OWNER_DATABASE_URL"}
    kept |= {"PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"}
    return kept if url is None else kept | {"OWNER_DATABASE_URL": url}


def urls(server: str, name: str) -> Urls:
    """The URLs of a database of a server that asks for no passwords."""
    parts = urlsplit(server)
    where = parts.netloc.rpartition("@")[2]
    roles = ("postgres", *(f"{PACKAGE}_{each}" for each in ("owner", "app", "backup", "worker")))
    return Urls(
        *(urlunsplit(parts._replace(netloc=f"{each}@{where}", path=f"/{name}")) for each in roles)
    )


def on(url: str, work: Callable[["asyncpg.Connection[Any]"], Awaitable[Result]]) -> Result:
    """Does something with a connection."""

    async def done() -> Result:
        connection = await asyncpg.connect(url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(done())


def execute(url: str, statements: str) -> None:
    """Runs statements, each in a transaction of its own only if there is one alone."""
    on(url, lambda connection: connection.execute(statements))


class Databases:
    """Databases of one server, each a copy of another or prepared for the service."""

    def __init__(self, server: str, roles: Path) -> None:
        self._server = server
        self._roles = roles.read_text("utf-8")

    def new(self, template: Urls | None = None) -> Urls:
        """A database as `roles.sql` leaves it, or a copy of one that nobody is connected to."""
        name = f"deployed_{secrets.token_hex(6)}"
        source = "template0" if template is None else urlsplit(template.admin).path[1:]
        execute(self._server, f'create database "{name}" template "{source}" encoding utf8')
        found = urls(self._server, name)
        if template is None:
            execute(found.admin, self._roles)
        else:  # a copy has the rights inside of the database, and not those on it
            execute(found.admin, f'grant create on database "{name}" to {PACKAGE}_owner')
        return found

    def drop(self, urls: Urls) -> None:
        """Removes a database."""
        execute(self._server, f'drop database "{urlsplit(urls.admin).path[1:]}" with (force)')
