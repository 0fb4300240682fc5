"""Gives emitted tests a database that exists, with whatever was done to it, instead of a new one.

A plugin of pytest: it is loaded before the tests are, which import what is replaced here.
"""

import itertools
import json
import os
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from invoicing.development import database, world
from invoicing.store.statements import RELEASE


async def prepare(*_: object) -> object:
    """The database of the environment."""
    given = json.loads(os.environ["GIVEN_DATABASE"])
    # A release without a worker knows no role of one.
    return database.Database(**{name: given[name] for name in database.Database._fields})


async def drop(*_: object) -> None:
    """Leaves it."""


def pytest_collection_finish() -> None:
    """Several runs make tenants in one database."""
    from tests.contract import harness

    harness.SLUGS = (f"tenant-{os.getpid()}-{number}" for number in itertools.count())


async def insert(connection: Any, table: str, row: Mapping[str, object]) -> UUID:
    """Inserts a row in the words of this release, which a later one may have renamed."""
    names = ", ".join(f'"{name}"' for name in row)
    place = await _place(connection, table)
    return await connection.fetchval(
        f"insert into {place} ({names}) select {names}"  # noqa: S608
        f" from jsonb_populate_record(null::{place}, $1) returning id",
        json.dumps(row),
    )


async def any_row(connection: Any, resource: str, member: Any) -> UUID:
    """Some row of a resource."""
    place = await _place(connection, resource)
    found: UUID | None = await connection.fetchval(
        f"select id from {place} where tenant_id = $1 limit 1",  # noqa: S608
        member.tenant_id,
    )
    return found or await world.add_row(connection, resource, member)


async def _place(connection: Any, table: str) -> str:
    """What a release knows a table as: by a view of its own where there is one."""
    if table in world.CATALOG["resources"]:
        return f'{RELEASE}."{table}_row_"'
    own = f'{RELEASE}."{table}"'
    known = await connection.fetchval("select to_regclass($1) is not null", own)
    return own if known else f'invoicing."{table}"'


database.prepare, database.drop = prepare, drop
world.insert, world._any_row = insert, any_row
