"""What is changed by hand in a database that serves (D27), and who finds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Final

from scaffold.drift.live import changed
from scaffold.live.check import check_database
from tests import emitted
from tests.database.releases import Databases, Release, Urls, execute
from tests.drift.mutation.services import Service, service

NAME: Final = emitted.PACKAGE
STARTS: Final = f"""
import asyncio, os, asyncpg
from {NAME}.store.startup import UnsafeConfiguration, check_database

async def start():
    try:
        await check_database(await asyncpg.connect(os.environ["OWNER_DATABASE_URL"]))
    except UnsafeConfiguration:
        print("refused")

asyncio.run(start())
"""
REFUSED: Final = "no start"


@dataclass(frozen=True, slots=True)
class ByHand:
    """SQL that somebody runs in the database of a service, and its dual, which is no finding."""

    id: str
    title: str
    change: str
    dual: str


MUTANTS: Final = (
    ByHand(
        "D27",
        "a live database that is not what the migrations make",
        f"alter table {NAME}.invoice disable row level security",
        f"comment on table {NAME}.invoice is 'What customers owe.'",
    ),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """The rules of `scaffold check --database-url` that block, and whether the service starts."""

    rules: frozenset[str]
    starts: bool


@cache
def tried() -> dict[str, tuple[Seen, Seen]]:
    """Each mutant and its dual, by its id, in copies of one migrated database."""
    of = service(NAME)
    release = Release(of.project)
    found = {}
    with emitted.postgres(of.project) as server:
        databases = Databases(server, of.project / NAME / "store" / "roles.sql")
        first = databases.new()
        done = release.migrate(first)
        assert done.returncode == 0, done.stderr
        for each in MUTANTS:
            one, other = (
                _seen(of, release, databases, first, sql) for sql in (each.change, each.dual)
            )
            found[each.id] = one, other
    return found


def _seen(of: Service, release: Release, databases: Databases, first: Urls, sql: str) -> Seen:
    with _copy(databases, first) as urls:
        execute(urls.admin, sql)
        told = changed(check_database(of.project, of.emission, urls.backup))
        rules = frozenset(each.rule.id for each in told if each.blocks)
        done = release.run("-c", STARTS, url=urls.app)
        assert done.returncode == 0, done.stderr
        return Seen(rules, "refused" not in done.stdout)


@contextmanager
def _copy(databases: Databases, first: Urls) -> Iterator[Urls]:
    urls = databases.new(first)
    try:
        yield urls
    finally:
        databases.drop(urls)
