# ruff: noqa: S608 - statements are put together from names of this service only
"""Administers tenants and members: `python -m notes.admin --help`.

It needs OWNER_DATABASE_URL, the URL of the role that owns the tables, as migrations do. What it
does is recorded with the name of its operator: a member of the tenant who is never let in. Triggers
hold it to the rules of roles, as they hold the service.
"""

import asyncio
import getpass
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Annotated, Any, Final, NoReturn
from uuid import UUID, uuid4

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from notes.settings import DEVELOPMENT_ISSUER, PARTNER_ISSUER
from notes.store.history import SCHEMA
from notes.store.owner import Connection, Unreachable, as_owner, said
from notes.store.statements import RELEASE

ISSUERS: Final = ("https://login.example.com/", DEVELOPMENT_ISSUER, PARTNER_ISSUER)
"""Whose tokens the service trusts in some environment."""

ATTRIBUTES: Final[Mapping[str, str]] = {}
"""The attributes of a tenant, with their types in PostgreSQL."""

EXPIRED: Final[tuple[tuple[str, str], ...]] = (
    ("idempotency_key", "expires_at < now()"),
    ("audit_event", "occurred_at < now() - interval '400 days'"),
)
"""The tables that keep rows for a time, each with the condition that it is over."""

OPERATOR: Final = "operator"
"""The issuer of those who work here: no URL, so that nobody's token has it."""
BATCH: Final = 1000
"""Rows that are deleted in one transaction."""

Row = Mapping[str, Any]


class Role(StrEnum):
    """The roles of the service."""

    READER = "reader"
    WRITER = "writer"


class Refused(RuntimeError):
    """It cannot be done; the message says why, and what to do instead."""


app = typer.Typer(help="Administer tenants and members.", no_args_is_help=True)
tenants = typer.Typer(help="Tenants: workspace by workspace.", no_args_is_help=True)
members = typer.Typer(
    help="The members of a tenant, and their roles.", no_args_is_help=True
)
app.add_typer(tenants, name="tenant")
app.add_typer(members, name="member")


def somebody() -> str:
    """Who works at this terminal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise typer.BadParameter(
            "Say who you are: nobody is logged in.", param_hint="--operator"
        ) from None


Operator = Annotated[
    str,
    typer.Option(
        envvar="OPERATOR", default_factory=somebody, help="Who does it, for the record."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, a line for each row.")]
Tenant = Annotated[str, typer.Argument(help="The tenant, by its id or its slug.")]
Member = Annotated[UUID, typer.Argument(help="The member, by their id.")]
Roles = Annotated[
    list[Role], typer.Option("--role", help="A role; several by several options.")
]


class Session:
    """A transaction that is bound to one tenant, and to whoever works on it."""

    def __init__(self, connection: Connection, tenant: UUID, operator: UUID) -> None:
        self.connection = connection
        self.tenant = tenant
        self._operator = operator

    async def record(
        self, operation: str, resource: str, row: Row, *fields: str
    ) -> None:
        """Records an effect on a row, in the transaction of the effect."""
        await self.connection.execute(
            f"select {RELEASE}.record_(jsonb_populate_record(null::{RELEASE}.caller_, $1), $2, $3, $4, $5, $6, $7)",
            json.dumps({"tenant": str(self.tenant), "member": str(self._operator)}),
            operation,
            resource,
            row["id"],
            row.get("version"),
            json.dumps(dict.fromkeys(fields)),
            f"admin-{uuid4().hex[:12]}",
        )

    async def change(
        self, operation: str, member: UUID, column: str, value: str, *given: object
    ) -> Row:
        """Sets a column of a member to an expression of what is `given`."""
        row = await self.connection.fetchrow(
            f"update member set {column} = {value}, version = version + 1, updated_at = now()"
            " where tenant_id = $1 and id = $2 and issuer <> $3 returning *",
            self.tenant,
            member,
            OPERATOR,
            *given,
        )
        if row is None:
            raise Refused(
                f"There is no member {member} in this tenant. `member list` has their ids."
            )
        await self.record(operation, "member", row, column)
        return dict(row)


@asynccontextmanager
async def opened() -> AsyncIterator[Connection]:
    """A connection as the owner."""
    connection = await as_owner()
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def transaction(connection: Connection) -> AsyncIterator[None]:
    """A transaction in the names of this release."""
    async with connection.transaction():
        await connection.execute(
            f"set local search_path = {RELEASE}, {SCHEMA}, pg_temp"
        )
        yield


@asynccontextmanager
async def connected() -> AsyncIterator[Connection]:
    """A connection as the owner, in one transaction."""
    async with opened() as connection, transaction(connection):
        yield connection


async def bind(connection: Connection, tenant: UUID) -> None:
    """Binds a transaction to a tenant."""
    await connection.execute(
        "select set_config('app.tenant_id', $1, true)", str(tenant)
    )


@asynccontextmanager
async def administering(tenant: str, operator: str) -> AsyncIterator[Session]:
    """A transaction on one tenant."""
    async with connected() as connection:
        yield await bound(connection, await _tenant(connection, tenant), operator)


@asynccontextmanager
async def reading(tenant: str) -> AsyncIterator[tuple[Connection, UUID]]:
    """A transaction that is bound to one tenant, which nobody works on; and the id of the tenant."""
    async with connected() as connection:
        found = await _tenant(connection, tenant)
        await bind(connection, found)
        yield connection, found


async def bound(connection: Connection, tenant: UUID, operator: str) -> Session:
    """Binds a transaction to a tenant. The operator is a member of it who is never let in."""
    await bind(connection, tenant)
    await connection.execute(
        "insert into member (tenant_id, issuer, subject, kind, active) values ($1, $2, $3, 'human', false)"
        " on conflict do nothing",
        tenant,
        OPERATOR,
        operator,
    )
    found = await connection.fetchval(
        "select id from member where tenant_id = $1 and issuer = $2 and subject = $3",
        tenant,
        OPERATOR,
        operator,
    )
    return Session(connection, tenant, found)


async def _tenant(connection: Connection, name: str) -> UUID:
    found: UUID | None = await connection.fetchval(
        "select id from workspace where slug = $1 or id::text = $1", name
    )
    if found is None:
        raise Refused(
            f"There is no tenant {name!r}. `tenant list` has those that there are."
        )
    return found


@tenants.command("list")
def list_tenants(as_json: Json = False) -> None:
    """List the tenants, the oldest first."""

    async def work() -> Sequence[Row]:
        async with connected() as connection:
            return await connection.fetch(
                "select * from workspace order by created_at, id"
            )

    _show(_run(work), as_json)


@tenants.command("create")
def create_tenant(
    slug: Annotated[
        str,
        typer.Argument(help="A short name: lower-case letters, digits and hyphens."),
    ],
    name: Annotated[str, typer.Option(help="What people call it.")],
    operator: Operator,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="An attribute of the tenant."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Create a tenant."""
    attributes = dict(map(_attribute, given or ()))

    async def work() -> Sequence[Row]:
        async with connected() as connection:
            columns = "".join(f", {_quoted(each)}" for each in attributes)
            values = "".join(
                f", ${number}::text::{ATTRIBUTES[each]}"
                for number, each in enumerate(attributes, 3)
            )
            (row,) = await connection.fetch(
                f"insert into workspace (slug, name{columns}) values ($1, $2{values}) returning *",
                slug,
                name,
                *attributes.values(),
            )
            session = await bound(connection, row["id"], operator)
            await session.record(
                "create_workspace", "workspace", row, "slug", "name", *attributes
            )
            return [row]

    _show(_run(work), as_json)


@members.command("list")
def list_members(tenant: Tenant, as_json: Json = False) -> None:
    """List the members of a tenant, the oldest first."""

    async def work() -> Sequence[Row]:
        async with reading(tenant) as (connection, found):
            return await connection.fetch(
                "select * from member where tenant_id = $1 and issuer <> $2 order by created_at, id",
                found,
                OPERATOR,
            )

    _show(_run(work), as_json)


@members.command("add")
def add_member(
    tenant: Tenant,
    issuer: Annotated[str, typer.Option(help="Whose tokens they have.")],
    subject: Annotated[
        str, typer.Option(help="Who they are for that issuer: the claim `sub`.")
    ],
    role: Roles,
    operator: Operator,
    service: Annotated[
        bool, typer.Option("--service", help="It is a service, and no person.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="What people call them.")] = None,
    email: Annotated[str | None, typer.Option(help="Their address.")] = None,
    as_json: Json = False,
) -> None:
    """Let somebody in."""
    _check_issuer(issuer)

    async def work() -> Sequence[Row]:
        async with administering(tenant, operator) as session:
            (row,) = await session.connection.fetch(
                "insert into member (tenant_id, issuer, subject, kind, roles, name, email)"
                " values ($1, $2, $3, $4, $5, $6, $7) returning *",
                session.tenant,
                issuer,
                subject,
                "service" if service else "human",
                [each.value for each in role],
                name,
                email,
            )
            await session.record(
                "add_member", "member", row, "issuer", "subject", "roles"
            )
            return [row]

    _show(_run(work), as_json)


@members.command("assign")
def assign_member(
    tenant: Tenant,
    member: Member,
    role: Roles,
    operator: Operator,
    as_json: Json = False,
) -> None:
    """Give a member these roles, and no other."""

    async def work() -> Sequence[Row]:
        async with administering(tenant, operator) as session:
            roles = [each.value for each in role]
            return [await session.change("assign_member", member, "roles", "$4", roles)]

    _show(_run(work), as_json)


@members.command("deactivate")
def deactivate_member(
    tenant: Tenant, member: Member, operator: Operator, as_json: Json = False
) -> None:
    """Let a member in no more, from the next request on."""
    _changed(tenant, operator, "deactivate_member", member, "active", "false", as_json)


@members.command("reactivate")
def reactivate_member(
    tenant: Tenant, member: Member, operator: Operator, as_json: Json = False
) -> None:
    """Let a member in again, with the roles that they had."""
    _changed(tenant, operator, "reactivate_member", member, "active", "true", as_json)


@members.command("sign-out")
def sign_out_member(
    tenant: Tenant, member: Member, operator: Operator, as_json: Json = False
) -> None:
    """Refuse the tokens that a member has, from the next request on."""
    now = "date_trunc('second', now())"
    _changed(
        tenant, operator, "sign_out_member", member, "tokens_valid_after", now, as_json
    )


@app.command()
def purge(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count, and delete nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Delete what has expired, of all tenants, a batch at a time."""

    async def work() -> Sequence[Row]:
        async with opened() as connection:
            async with transaction(connection):
                rows = await connection.fetch("select id from workspace order by id")
            found = [row["id"] for row in rows]
            counts = Counter[str]()
            for each in found:
                counts.update(await _purged(connection, each, dry_run))
            return [{"table": table, "rows": counts[table]} for table, _ in EXPIRED]

    _show(_run(work), as_json)


async def _purged(connection: Connection, tenant: UUID, dry_run: bool) -> Counter[str]:
    """How many rows of a tenant are deleted, or would be, by their table.

    One transaction has them all, but for what is more than a batch of one table.
    """
    deleted, waiting = Counter[str](), list(EXPIRED)
    while waiting:
        async with transaction(connection):
            await bind(connection, tenant)
            last = 0
            while waiting and last < BATCH:
                table, condition = waiting[0]
                if dry_run:
                    deleted[table] = await connection.fetchval(
                        f"select count(*) from {table} where {condition}"
                    )
                else:
                    status = await connection.execute(
                        f"delete from {table} where ctid = any (array(select ctid from {table} where {condition} limit {BATCH}))"
                    )
                    last = int(status.split()[-1])
                    deleted[table] += last
                if last < BATCH:
                    del waiting[0]
    return deleted


def _changed(
    tenant: str,
    operator: str,
    operation: str,
    member: UUID,
    column: str,
    value: str,
    as_json: bool,
) -> None:
    async def work() -> Sequence[Row]:
        async with administering(tenant, operator) as session:
            return [await session.change(operation, member, column, value)]

    _show(_run(work), as_json)


def _check_issuer(issuer: str) -> None:
    if issuer not in ISSUERS:
        raise typer.BadParameter(
            f"{issuer} is none of the issuers: {', '.join(ISSUERS)}",
            param_hint="--issuer",
        )


def _attribute(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if name not in ATTRIBUTES or not equals:
        known = ", ".join(ATTRIBUTES) or "none"
        raise typer.BadParameter(
            f"{text!r} is not NAME=VALUE with one of the attributes: {known}",
            param_hint="--set",
        )
    return name, value


def _quoted(name: str) -> str:
    return f'"{name}"'


def _run(work: Callable[[], Awaitable[Sequence[Row]]]) -> Sequence[Row]:
    """What the work finds. A refusal is one line, and exits with 1; with 2 where nothing was reached."""

    async def awaited() -> Sequence[Row]:
        return await work()

    try:
        return asyncio.run(awaited())
    except Unreachable as error:
        _end(str(error), 2)
    except Refused as error:
        _end(str(error), 1)
    except asyncpg.UniqueViolationError as error:
        _end(f"It is there already: {said(error)}.", 1)
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        _end(f"The database refuses it: {said(error)}.", 1)
    except asyncpg.PostgresError as error:
        _end(f"{said(error)}. Is this release migrated?", 1)


def _end(message: str, status: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(status)


def _show(rows: Sequence[Row], as_json: bool) -> None:
    """A table for a terminal; a line for each row elsewhere."""
    if as_json:
        for row in rows:
            print(json.dumps(dict(row), default=str))
    elif sys.stdout.isatty():
        table = Table(*(rows[0].keys() if rows else ()))
        for row in rows:
            table.add_row(*map(_cell, row.values()))
        Console().print(table)
    else:
        for row in rows:
            print("\t".join(map(_cell, row.values())))


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


if __name__ == "__main__":
    app()
