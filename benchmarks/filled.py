"""The database with the one large table, and those who call the service."""

from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg
import uvloop

from benchmarks.bed import Bed, Development
from benchmarks.changes import PACKAGE
from benchmarks.steady import Caller, Row, Rows

SAMPLE: Final = 20_000
"""Rows that requests name."""

TENANTS: Final = """
insert into shop.company (slug, name)
select 'tenant-' || n, 'Tenant ' || n from generate_series(1, $1) n
returning id
"""
MEMBERS: Final = """
insert into shop.member (tenant_id, issuer, subject, kind, roles)
select id, $1, 'clerk@' || slug, 'human', '{clerk}' from shop.company
"""
CATEGORIES: Final = """
insert into shop.category (tenant_id, name) select id, 'Category' from shop.company
"""
ITEMS: Final = """
insert into shop.item (tenant_id, title, code, label, price, stock, created_at, updated_at)
select $1, 'Item ' || n, 'C' || n, case when n % 10 > 0 then 'Label ' || n end, 1 + n % 90000,
       n % 1000, t.at, t.at
  from generate_series(1, $2) n cross join lateral (select now() - n * interval '1 minute' as at) t
"""
"""The rows of one tenant; every tenth has no label."""
REMARKS: Final = """
insert into shop.remark (tenant_id, item_id, words)
select tenant_id, id, 'Remark' from shop.item where stock % 50 = 0
"""
CALLERS: Final = """
select m.tenant_id, m.subject, c.id as category_id
  from shop.member m join shop.category c on c.tenant_id = m.tenant_id
"""
ROWS: Final = """
select tenant_id, id::text, version from shop."{}" tablesample system ($1) order by ctid
"""


class Size(NamedTuple):
    """How many rows there are, and of how many tenants."""

    rows: int
    tenants: int


class Table:
    """The table in its database. Its rows are written as administrator, whom no policy binds."""

    def __init__(self, development: Development, directory: Path, url: str, size: Size) -> None:
        """Makes the database as the first release has it."""
        self._database = uvloop.run(development.prepare(url, PACKAGE))
        self._issuer = development.issuer(directory / "issuer")
        self._issuer_url = development.issuer_url
        self._size = size
        self._by_tenant = dict[str, Caller]()

    @property
    def admin(self) -> str:
        """The URL of the database as its administrator."""
        return str(self._database.admin)

    @property
    def owner(self) -> str:
        """The URL of the database as its owner, who migrates it."""
        return str(self._database.owner)

    @property
    def callers(self) -> list[Caller]:
        """A member of each tenant."""
        return list(self._by_tenant.values())

    def bed(self, project: Path) -> Bed:
        """What a process of a project needs to know."""
        return Bed(
            directory=project,
            package=PACKAGE,
            admin=self.admin,
            peer="",
            app=str(self._database.app),
            key_set=self._issuer.public,
            callers=(),
        )

    async def fill(self) -> None:
        """Fills the empty tables."""
        connection = await self._connection()
        try:
            tenants = await connection.fetch(TENANTS, self._size.tenants)
            await connection.fetch(MEMBERS, self._issuer_url)
            await connection.fetch(CATEGORIES)
            for row in tenants:
                await connection.fetch(ITEMS, row["id"], self._size.rows // len(tenants))
            await connection.fetch(REMARKS)
            await connection.execute("vacuum analyze")
            for row in await connection.fetch(CALLERS):
                tenant = str(row["tenant_id"])
                token = self._issuer.sign(self._issuer.claims(row["subject"], tenant))
                self._by_tenant[tenant] = Caller(token, str(row["category_id"]))
        finally:
            await connection.close()

    async def rows(self, name: str) -> Rows:
        """Some rows of the table, which has this name by now."""
        connection = await self._connection()
        try:
            share = min(100.0, 100.0 * SAMPLE / self._size.rows)
            found = await connection.fetch(ROWS.format(name), share)
        finally:
            await connection.close()
        return Rows([Row(self._by_tenant[str(tenant)], *row) for tenant, *row in found])

    async def do(self, statement: str) -> None:
        """Does something to the rows that is no part of a migration."""
        connection = await self._connection()
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def _connection(self) -> "asyncpg.Connection[Any]":
        connection = await asyncpg.connect(self.admin)
        await connection.execute("set session_replication_role = replica")  # no checks
        return connection
