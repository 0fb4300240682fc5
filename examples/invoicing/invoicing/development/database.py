"""Prepares a database of this service on a PostgreSQL server that you administer.

The server may have other things, production's too: what was not made here is neither changed nor
removed. A database has roles of its own, which are called after it.
"""

import hashlib
import re
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import asyncpg

from invoicing.store import migrate

ROLES: Final = Path(migrate.__file__).parent / "roles.sql"
DEPLOYED: Final = (
    "invoicing_owner",
    "invoicing_app",
    "invoicing_backup",
    "invoicing_worker",
)
"""The roles of a deployment, which `roles.sql` names."""

LOCK: Final = 0x5CAF02D
MADE: Final = "Made by invoicing.development."
"""The comment on each database and role that was made here."""

OTHERS: Final = """
select 'database ' || datname as name from pg_database
 where datname = $1 and shobj_description(oid, 'pg_database') is distinct from $2
union all
select 'role ' || rolname from pg_roles
 where rolname = any ($3) and shobj_description(oid, 'pg_authid') is distinct from $2
"""
"""What has one of our names, and was not made here."""


class OccupiedError(RuntimeError):
    """A name is taken by something that was not made here; the message says which."""


class Database(NamedTuple):
    """The URLs of one database: as administrator, as owner, as the service, for backups, and as the worker."""

    admin: str
    owner: str
    app: str
    backup: str
    worker: str


async def prepare(admin: str, name: str) -> Database:
    """Creates the database if it is missing, with its roles, and brings it to this release alone.

    Raises:
        OccupiedError: the name is that of something that was not made here.
        MigrationError: the database cannot be brought to this release.
    """
    database = Database(
        _url(admin, name), *(_url(admin, name, each) for each in roles(name))
    )
    server = await asyncpg.connect(admin)
    try:
        await server.execute("select pg_advisory_lock($1)", LOCK)
        await _check_ours(server, name)
        if not await server.fetchval(
            "select 1 from pg_database where datname = $1", name
        ):
            await server.execute(
                f'create database "{name}" template template0 encoding utf8'
            )
            await server.execute(f"comment on database \"{name}\" is '{MADE}'")
        await _create_roles(database.admin, admin, name)
    finally:
        await server.close()
    connection = await asyncpg.connect(database.owner)
    try:
        await migrate.migrate(connection, contract=True, grace=0, destructive=True)
    finally:
        await connection.close()
    return database


async def drop(admin: str, name: str) -> None:
    """Removes the database and its roles.

    Raises:
        OccupiedError: the name is that of something that was not made here.
    """
    server = await asyncpg.connect(admin)
    try:
        await server.execute("select pg_advisory_lock($1)", LOCK)
        await _check_ours(server, name)
        await server.execute(f'drop database if exists "{name}" with (force)')
        for role in roles(name):
            await server.execute(f'drop role if exists "{role}"')
    finally:
        await server.close()


def roles(name: str) -> tuple[str, str, str, str]:
    """The roles of a database: its owner, the service's, that of backups, and the worker's."""
    return f"{name}_owner", f"{name}_app", f"{name}_backup", f"{name}_worker"


async def _check_ours(server: "asyncpg.Connection[Any]", name: str) -> None:
    rows = await server.fetch(OTHERS, name, MADE, list(roles(name)))
    if rows:
        found = ", ".join(row["name"] for row in rows)
        raise OccupiedError(
            f"On this server the {found} was not made by the development tools, which leave it "
            "alone. Name another server, or remove it if nothing needs it."
        )


async def _create_roles(url: str, admin: str, name: str) -> None:
    statements = ROLES.read_text(encoding="utf-8")
    for deployed, role in zip(DEPLOYED, roles(name), strict=True):
        statements = re.sub(rf"\b{deployed}\b", role, statements)
    connection: asyncpg.Connection[Any] = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(statements)
            for role in roles(name):
                await connection.execute(f"comment on role \"{role}\" is '{MADE}'")
                password = _password(admin, role)
                await connection.execute(f"alter role \"{role}\" password '{password}'")
    finally:
        await connection.close()


def _password(admin: str, role: str) -> str:
    """The password of a role on a development server: derived, so that it need not be kept."""
    return hashlib.sha256(f"{admin} {role}".encode()).hexdigest()


def _url(admin: str, name: str, role: str = "") -> str:
    """The administrator's URL, for another database and another role."""
    parts = urlsplit(admin)
    where = parts.netloc.rpartition("@")[2]
    who = parts.netloc.rpartition("@")[0]
    if role:
        who = f"{role}:{_password(admin, role)}"
    query = [(k, v) for k, v in parse_qsl(parts.query) if k not in ("user", "password")]
    return urlunsplit(
        (
            parts.scheme,
            f"{who}@{where}",
            f"/{quote(name)}",
            urlencode(query, safe="/"),
            "",
        )
    )
