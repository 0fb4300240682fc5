"""Prepares a database of this service on a PostgreSQL server that you administer."""

import hashlib
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import asyncpg

from notes.store import migrate

ROLES: Final = Path(migrate.__file__).parent / "roles.sql"
LOCK: Final = 0x5CAF02D
OWNER: Final = "notes_owner"
APP: Final = "notes_app"


class Database(NamedTuple):
    """The URLs of one database: as administrator, as owner, and as the service."""

    admin: str
    owner: str
    app: str


async def prepare(admin: str, name: str) -> Database:
    """Creates the database if it is missing, with its roles, and brings it to this release."""
    server = await asyncpg.connect(admin)
    try:
        await server.execute("select pg_advisory_lock($1)", LOCK)
        if not await server.fetchval(
            "select 1 from pg_database where datname = $1", name
        ):
            await server.execute(
                f'create database "{name}" template template0 encoding utf8'
            )
        database = Database(
            _url(admin, name), _url(admin, name, OWNER), _url(admin, name, APP)
        )
        await _create_roles(database.admin, admin)
    finally:
        await server.close()
    owner = await asyncpg.connect(database.owner)
    try:
        await migrate.migrate(owner)
    finally:
        await owner.close()
    return database


async def drop(admin: str, name: str) -> None:
    """Removes the database."""
    server = await asyncpg.connect(admin)
    try:
        await server.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await server.close()


async def _create_roles(url: str, admin: str) -> None:
    connection: asyncpg.Connection[Any] = await asyncpg.connect(url)
    try:
        await connection.execute(ROLES.read_text(encoding="utf-8"))
        for role in (OWNER, APP):
            await connection.execute(
                f"alter role {role} password '{_password(admin, role)}'"
            )
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
