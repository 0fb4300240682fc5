"""What a database has to be, as the same server prints it.

PostgreSQL keeps an expression parsed and prints it in words of its own, which differ from version
to version. So all that the release makes is made once more, as temporary things: no other session
sees them, they refer to each other alone, and the transaction is rolled back. No table of the
service is read or locked, and a role needs no more than TEMPORARY on the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from scaffold.database import printer
from scaffold.database.schema import COMMANDS
from scaffold.database.sql import identifier
from scaffold.live import catalog
from scaffold.live.address import rolled_back
from scaffold.live.facts import CONDITIONS, OWNER, PRIVILEGES, SETTINGS, Fact, Key, privileges
from scaffold.live.release import Release

if TYPE_CHECKING:
    import asyncpg

BEGIN: Final = """
begin isolation level read committed read write;
set local statement_timeout = '10s';
set local lock_timeout = '1s';
set local idle_in_transaction_session_timeout = '30s';
set local check_function_bodies = off;
set local client_min_messages = error;
set local search_path = pg_temp;
"""
"""pg_catalog comes first unless it is named, so that names mean what they mean in the service."""

_ROLE: Final = r" (to|from) {}_(app|backup|owner|worker)(?=;?$)"
"""A role where a grant or a policy names it, as the runner finds it: at the end of a line."""
_TRIGGER: Final = re.compile(r"\bexecute function (?=\w+\()")
BESIDE: Final = ("schema", *(f"{PRIVILEGES}{each}" for each in ("schema", "view", "function")))
"""What the twin has in another way, because it is temporary."""


async def expected(
    connection: asyncpg.Connection[Any], release: Release, owner: str
) -> dict[Key, Fact]:
    """The facts of a database of a release whose roles are called like `owner`."""
    async with rolled_back(connection, BEGIN):
        await connection.execute(_statements(release, owner))
        number = await connection.fetchval("select pg_my_temp_schema()")
        facts = await catalog.read(connection, [number], place=_place(release))
        facts += await catalog.member_roles(connection, release.package)
        await connection.execute("\n".join(_again(facts)))
        again = await catalog.read(connection, [number], catalog.PRINTED, place=_place(release))
    printed = {each.key: each.about for each in again}
    found = [
        _settled(each, release, owner, printed.get(each.key, {}))
        for each in facts
        if each.kind not in BESIDE
    ]
    return {each.key: each for each in (*found, *_beside(facts, release, owner))}


def prefix_of(owner: str) -> str:
    """What the names of the roles of a database begin with."""
    return owner.removesuffix("_owner")


def _statements(release: Release, owner: str) -> str:
    """All that the release makes, in the order of its runner."""
    # A temporary function is only found with its schema.
    rules = _TRIGGER.sub("execute function pg_temp.", release.rules)
    parts = (
        printer.tables(release.tables),
        release.ledger,
        release.functions,
        rules,
        release.policies,
        release.indexes.replace(" concurrently", ""),
    )
    quoted = prefix_of(owner).replace('"', '""')
    role = re.compile(_ROLE.format(release.package), re.MULTILINE)
    return role.sub(lambda found: f' {found[1]} "{quoted}_{found[2]}"', "\n".join(parts))


def _place(release: Release) -> Callable[[str, Mapping[str, str]], str]:
    """In which schema of the service a temporary thing is to be thought."""

    def place(kind: str, about: Mapping[str, str]) -> str:
        derived = kind in ("view", "type", "privileges on view")
        derived |= kind == "function" and about["result"] != "trigger"
        return release.name if derived else release.package

    return place


def _again(facts: Iterable[Fact]) -> Iterable[str]:
    """What was printed is made again: a restored backup has read it like this."""
    for each in facts:
        name, table = _quoted(each.name), _quoted(each.relation)
        if each.kind == "constraint" and each.about[""].startswith("CHECK"):
            yield f"alter table {table} drop constraint {name};"
            yield f"alter table {table} add constraint {name} {each.about['']};"
        elif each.kind == "policy":
            said = (f"{part} {each.about[part]}" for part in CONDITIONS if part in each.about)
            yield f"alter policy {name} on {table} {' '.join(said)};"
        elif each.kind == "view":
            yield (
                f"create or replace view {name} with ({each.about['options']}) as "
                f"{each.about['definition']}"
            )


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _settled(fact: Fact, release: Release, owner: str, printed: Mapping[str, str]) -> Fact:
    """A fact of the twin as it is in the service."""
    about = dict(fact.about)
    if OWNER in about:
        about[OWNER] = owner
    if SETTINGS in about:
        path = [release.schema, "pg_temp"]
        if fact.schema == release.name:
            path.insert(0, identifier(release.name))
        about[SETTINGS] = f"search_path={', '.join(path)}"
    return replace(fact, about=about, also=printed)


def _beside(facts: Iterable[Fact], release: Release, owner: str) -> Iterable[Fact]:
    """What the runner and roles.sql make beside: schemas, and privileges that no file says."""
    app, backup = f"{prefix_of(owner)}_app", f"{prefix_of(owner)}_backup"
    beside = tuple(f"{prefix_of(owner)}_{each}" for each in release.beside)
    for name, roles in ((release.package, beside), (release.name, (app,))):
        yield Fact("schema", name, name, about={OWNER: owner})
        for role in roles:
            yield privileges("schema", name, name, role, "usage")
    for each in facts:
        if each.kind == "table":  # this may be the role that makes the twin, which owns it all
            yield privileges("table", release.package, each.name, backup, "select")
        elif each.kind == "view":
            yield privileges("view", release.name, each.name, app, *COMMANDS)
        elif each.kind == "function" and each.about["result"] != "trigger":
            yield privileges("function", release.name, each.name, app, "execute")
