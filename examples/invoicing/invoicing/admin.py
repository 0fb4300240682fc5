# ruff: noqa: S608 - statements are put together from names of this service only
"""Administers tenants and members: `python -m invoicing.admin --help`.

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

from invoicing.settings import DEVELOPMENT_ISSUER, PARTNER_ISSUER
from invoicing.store.history import SCHEMA
from invoicing.store.owner import Connection, Unreachable, as_owner, said
from invoicing.store.statements import RELEASE

ISSUERS: Final = ("https://login.example.com/", DEVELOPMENT_ISSUER, PARTNER_ISSUER)
"""Whose tokens the service trusts in some environment."""

ATTRIBUTES: Final[Mapping[str, str]] = {
    "region": "text",
}
"""The attributes of a tenant, with their types in PostgreSQL."""

EXPIRED: Final[tuple[tuple[str, str], ...]] = (
    ("api_key", "expires_at < now() - interval '30 days'"),
    ("invitation", "expires_at < now() - interval '30 days'"),
    (
        "webhook_event",
        "received_at < now() - interval '400 days'"
        " and not exists (select from subscription s where s.tenant_id = webhook_event.tenant_id and s.state = 'disputed')"
        " and not exists (select from subscription_change c where c.tenant_id = webhook_event.tenant_id and c.was = 'disputed' and c.recorded_at > now() - interval '180 days')",
    ),
    ("webhook_order", "occurred_at < now() - interval '400 days'"),
    ("idempotency_key", "expires_at < now()"),
    (
        "spending_",
        "changed_at < now() - interval '400 days'"
        " and not exists (select from subscription s where s.tenant_id = spending_.tenant_id and s.state = 'disputed')"
        " and not exists (select from subscription_change c where c.tenant_id = spending_.tenant_id and c.was = 'disputed' and c.recorded_at > now() - interval '180 days')",
    ),
    (
        "usage_",
        "period <> 'held' and changed_at < now() - interval '400 days'"
        " and not exists (select from subscription s where s.tenant_id = usage_.tenant_id and s.state = 'disputed')"
        " and not exists (select from subscription_change c where c.tenant_id = usage_.tenant_id and c.was = 'disputed' and c.recorded_at > now() - interval '180 days')",
    ),
    ("usage_closing", "finished_at < now() - interval '400 days'"),
    ("webhook_delivery", "finished_at < now() - interval '30 days'"),
    ("outbox_message", "finished_at < now() - interval '7 days'"),
    (
        "audit_event",
        "occurred_at < now() - interval '2555 days'"
        " and not exists (select from subscription s where s.tenant_id = audit_event.tenant_id and s.state = 'disputed')"
        " and not exists (select from subscription_change c where c.tenant_id = audit_event.tenant_id and c.was = 'disputed' and c.recorded_at > now() - interval '180 days')",
    ),
)
"""The tables that keep rows for a time, each with the condition that it is over, and that nothing holds them."""

OPERATOR: Final = "operator"
"""The issuer of those who work here: no URL, so that nobody's token has it."""
BATCH: Final = 1000
"""Rows that are deleted in one transaction."""

Row = Mapping[str, Any]


class Role(StrEnum):
    """The roles of the service."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    MEMBER = "member"
    ACCOUNTANT = "accountant"
    ADMINISTRATOR = "administrator"
    BILLING_WORKER = "billing_worker"


class Refused(RuntimeError):
    """It cannot be done; the message says why, and what to do instead."""


app = typer.Typer(help="Administer tenants and members.", no_args_is_help=True)
tenants = typer.Typer(
    help="Tenants: organization by organization.", no_args_is_help=True
)
members = typer.Typer(
    help="The members of a tenant, and their roles.", no_args_is_help=True
)
app.add_typer(tenants, name="tenant")
app.add_typer(members, name="member")
webhooks = typer.Typer(
    help="The accounts of providers that send events.", no_args_is_help=True
)
app.add_typer(webhooks, name="webhook")


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
        "select id from organization where slug = $1 or id::text = $1", name
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
                "select * from organization order by created_at, id"
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
                f"insert into organization (slug, name{columns}) values ($1, $2{values}) returning *",
                slug,
                name,
                *attributes.values(),
            )
            session = await bound(connection, row["id"], operator)
            await connection.execute("select start_trial_($1)", row["id"])
            await session.record(
                "create_organization", "organization", row, "slug", "name", *attributes
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


PROVIDERS: Final[Mapping[str, str]] = {
    "payments": "billing_worker",
    "stripe": "",
}
"""The providers that send events, each with the role that these run as."""
WEBHOOK: Final = "webhook"
"""The issuer of the members as whom events act."""


class Sender(StrEnum):
    """The providers that send events."""

    PAYMENTS = "payments"
    STRIPE_EVENTS = "stripe"


Provider = Annotated[Sender, typer.Option("--provider", help="Who sends the events.")]
Account = Annotated[
    str, typer.Option(help="What the provider calls the tenant in its events.")
]


@webhooks.command("list")
def list_accounts(tenant: Tenant, as_json: Json = False) -> None:
    """List the accounts of a tenant, the oldest first."""

    async def work() -> Sequence[Row]:
        async with reading(tenant) as (connection, found):
            return await connection.fetch(
                "select * from webhook_account where tenant_id = $1 order by created_at, account",
                found,
            )

    _show(_run(work), as_json)


@webhooks.command("add")
def add_account(
    tenant: Tenant,
    provider: Provider,
    account: Account,
    operator: Operator,
    as_json: Json = False,
) -> None:
    """Let the events of an account have effects on this tenant."""

    async def work() -> Sequence[Row]:
        async with administering(tenant, operator) as session:
            rows = await session.connection.fetch(
                "insert into webhook_account (provider, account, tenant_id) values ($1, $2, $3) returning *",
                provider.value,
                account,
                session.tenant,
            )
            if not PROVIDERS[provider.value]:  # its events act as nobody
                await _sends(session, "add_webhook_account")
                return rows
            await session.connection.execute(
                "insert into member (tenant_id, issuer, subject, kind, roles) values ($1, $2, $3, 'service', $4)"
                " on conflict do nothing",
                session.tenant,
                WEBHOOK,
                provider.value,
                [PROVIDERS[provider.value]],
            )
            await _sends(session, "add_webhook_account")
            return rows

    _show(_run(work), as_json)


@webhooks.command("remove")
def remove_account(
    tenant: Tenant,
    provider: Provider,
    account: Account,
    operator: Operator,
    as_json: Json = False,
) -> None:
    """Let its events have no effects any more, from the next one on."""

    async def work() -> Sequence[Row]:
        async with administering(tenant, operator) as session:
            rows = await session.connection.fetch(
                "delete from webhook_account where provider = $1 and account = $2 and tenant_id = $3 returning *",
                provider.value,
                account,
                session.tenant,
            )
            if not rows:
                raise Refused(
                    "The account is not one of this tenant. `webhook list` has those that are."
                )
            await _sends(session, "remove_webhook_account")
            return rows

    _show(_run(work), as_json)


@webhooks.command("events")
def list_events(
    tenant: Tenant,
    outcome: Annotated[
        str | None, typer.Option(help="Those alone with which this was done.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the events of a tenant, and those that are nobody's, the newest first; 1000 at most."""

    async def work() -> Sequence[Row]:
        async with reading(tenant) as (connection, _):
            return await connection.fetch(
                "select * from webhook_event where $1::text is null or outcome = $1"
                " order by received_at desc, event_id limit 1000",
                outcome,
            )

    _show(_run(work), as_json)


async def _sends(session: Session, operation: str) -> None:
    row = {"id": session.tenant}
    await session.record(operation, "organization", row, "provider", "account")


class Plan(StrEnum):
    """The plans of the service."""

    FREE = "free"
    TEAM = "team"


plans = typer.Typer(
    help="The plan of a tenant, and what it has used of it.", no_args_is_help=True
)
app.add_typer(plans, name="plan")


@plans.command("show")
def show_plan(tenant: Tenant, as_json: Json = False) -> None:
    """Show which plan counts for a tenant, and what its subscription says."""

    async def work() -> Sequence[Row]:
        async with reading(tenant) as (connection, found):
            return await connection.fetch(
                "select plan_of_(o.id) as counts, s.plan, s.state, s.trial_ends_at, s.past_due_at, s.because, s.changed_at"
                " from organization o left join subscription s on s.tenant_id = o.id where o.id = $1",
                found,
            )

    _show(_run(work), as_json)


@plans.command("set")
def set_plan(
    tenant: Tenant,
    plan: Plan,
    operator: Operator,
    because: Annotated[
        str | None, typer.Option(help="Why, for whoever looks at it later.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Give a tenant a plan, from the next request on, whatever was paid."""

    async def work() -> Sequence[Row]:
        async with administering(tenant, operator) as session:
            ended = await session.connection.fetchval(
                "select subscribe_($1, 'active', $2, now(), null, $3)",
                session.tenant,
                plan.value,
                because,
            )
            if ended != "ok":
                raise Refused(
                    f"The subscription cannot be changed so: {ended}. `plan show` says how it stands."
                )
            rows = await session.connection.fetch(
                "select tenant_id, plan, state, because from subscription where tenant_id = $1",
                session.tenant,
            )
            await session.record(
                "set_plan",
                "subscription",
                {"id": session.tenant},
                "plan",
                "state",
                "because",
            )
            return rows

    _show(_run(work), as_json)


@plans.command("usage")
def show_usage(tenant: Tenant, as_json: Json = False) -> None:
    """Show what a tenant has used, by the day or the month in UTC, the latest first."""

    async def work() -> Sequence[Row]:
        async with reading(tenant) as (connection, found):
            return await connection.fetch(
                "select meter, period, used, most_(plan_of_($1), meter) as most from usage_"
                " where tenant_id = $1 order by meter, period desc",
                found,
            )

    _show(_run(work), as_json)


billing = typer.Typer(
    help="What is asked of the billing provider, and what it has said.",
    no_args_is_help=True,
)
app.add_typer(billing, name="billing")


@billing.command("events")
def list_billing(tenant: Tenant, as_json: Json = False) -> None:
    """List what is known of the subscription of a tenant, in the order in which it counts; 1000 at most."""

    async def work() -> Sequence[Row]:
        async with reading(tenant) as (connection, found):
            return await connection.fetch(
                "select occurred_at, type, kind, subject, state, plan, event_id, received_at from billing_event"
                " where tenant_id = $1 order by occurred_at desc, rank desc, event_id desc limit 1000",
                found,
            )

    _show(_run(work), as_json)


@billing.command("reconcile")
def reconcile(tenant: Tenant, operator: Operator, as_json: Json = False) -> None:
    """Let the worker ask the provider at once how the subscription of a tenant stands, and its checkouts."""

    async def work() -> Sequence[Row]:
        async with administering(tenant, operator) as session:
            rows = await session.connection.fetch(
                "insert into billing_request (tenant_id, kind) select $1, 'refresh' where not exists ("
                " select from billing_request r where r.tenant_id = $1 and r.kind = 'refresh' and r.state = 'waiting')"
                " returning id, tenant_id, version, kind, state",
                session.tenant,
            )
            for row in rows:
                await session.record(
                    "reconcile_billing", "billing_request", row, "kind"
                )
            return rows

    _show(_run(work), as_json)


outbox = typer.Typer(
    help="Messages for what follows an effect: the worker tries them.",
    no_args_is_help=True,
)
app.add_typer(outbox, name="outbox")

QUEUES: Final[Mapping[str, str]] = {
    "usage_closing": "meter",
    "billing_request": "kind",
    "webhook_delivery": "event",
    "outbox_message": "hook",
}
"""The tables of messages, each with the column that says what a message is for."""
SHOWN: Final = 1000
"""Messages of a list at most: the newest ones."""

Message = Annotated[UUID, typer.Argument(help="The message, by its id.")]


@outbox.command("list")
def list_messages(
    tenant: Tenant,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what has arrived.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the messages of a tenant that wait or are dead, the newest first."""

    async def work() -> Sequence[Row]:
        async with reading(tenant) as (connection, _):
            rows: list[Row] = []
            for table, what in QUEUES.items():
                rows += await connection.fetch(
                    f"select '{table}' as queue, t.id, t.{what} as what, to_jsonb(t) ->> 'resource_id' as resource_id,"
                    " (to_jsonb(t) ->> 'resource_version')::bigint as resource_version, t.state, t.attempts, t.due_at,"
                    f" t.last_error, t.created_at from {table} t where $1 or t.state <> 'delivered'"
                    f" order by created_at desc limit {SHOWN}",
                    everything,
                )
            return sorted(rows, key=lambda row: row["created_at"], reverse=True)[:SHOWN]

    _show(_run(work), as_json)


@outbox.command("retry")
def retry_message(
    tenant: Tenant,
    operator: Operator,
    message: Annotated[
        UUID | None,
        typer.Argument(help="The message, by its id; without it all that are dead."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Let the worker try a message at once, or all that are dead; with all attempts anew."""
    found = "state = 'dead'" if message is None else "id = $1"
    _set(
        tenant,
        operator,
        "retry",
        "state = 'waiting', due_at = now(), attempts = 0, finished_at = null",
        found,
        message,
        as_json,
    )


@outbox.command("drop")
def drop_message(
    tenant: Tenant, message: Message, operator: Operator, as_json: Json = False
) -> None:
    """Let the worker try a message no more."""
    changes = (
        "state = 'dead', due_at = null, finished_at = now(), last_error = 'dropped'"
    )
    _set(
        tenant,
        operator,
        "drop",
        changes,
        "id = $1 and state = 'waiting'",
        message,
        as_json,
    )


def _set(
    tenant: str,
    operator: str,
    operation: str,
    changes: str,
    which: str,
    message: UUID | None,
    as_json: bool,
) -> None:
    async def work() -> Sequence[Row]:
        async with administering(tenant, operator) as session:
            given = () if message is None else (message,)
            rows: list[Row] = []
            for table, what in QUEUES.items():
                changed = await session.connection.fetch(
                    f"update {table} set {changes}, version = version + 1, updated_at = now() where {which}"
                    f" returning id, version, {what} as what, state, attempts",
                    *given,
                )
                for row in changed:
                    await session.record(f"{operation}_{table}", table, row, "state")
                rows += changed
            if message is not None and not rows:
                raise Refused(
                    f"There is no such message {message} in this tenant. `outbox list` has them."
                )
            return rows

    _show(_run(work), as_json)


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
                rows = await connection.fetch("select id from organization order by id")
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
