"""Each layer of the tenant boundary with the others off (AZ-3).

Layers mask each other, and so do sessions: the statements are tried where row-level security
does not bind, the policies where no statement names a tenant, on fresh and on used connections.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

import asyncpg
import pytest

from invoicing.development.world import CATALOG, Connection
from invoicing.store.statements import TABLES
from tests.contract.harness import (
    ACCESS,
    Prepared,
    Service,
    allowed,
    reachable,
    world_of,
)

RESOURCES = sorted(CATALOG["resources"])
EVERY_ROLE = "{" + ",".join(sorted(CATALOG["roles"])) + "}"


@pytest.fixture
def runtime(service: Service) -> Iterator[Connection]:
    """A fresh connection of the service's own role."""
    connection: Connection = service.run(asyncpg.connect(service.database.app))
    yield connection
    service.run(connection.close())


@asynccontextmanager
async def bound(
    connection: Connection, tenant_id: UUID, member_id: UUID
) -> AsyncIterator[None]:
    """A transaction that is bound to a tenant, with every role there is, as `enter` binds it."""
    async with connection.transaction():
        await connection.execute(
            "select set_config('app.tenant_id', $1, true)", str(tenant_id)
        )
        await connection.execute("select set_config('app.roles', $1, true)", EVERY_ROLE)
        await connection.execute(
            "select set_config('app.member_id', $1, true)", str(member_id)
        )
        yield


async def tenants_seen(connection: Connection, table: str) -> set[UUID]:
    """The tenants whose rows a plain select returns."""
    rows = await connection.fetch(f'select distinct tenant_id from invoicing."{table}"')
    return {row["tenant_id"] for row in rows}


@pytest.mark.parametrize("resource", RESOURCES)
def test_policies_alone_show_one_tenant(
    service: Service, runtime: Connection, resource: str
) -> None:
    here, there = world_of(service, None), world_of(service, None)
    here.row(resource), there.row(resource)

    async def look() -> set[UUID]:
        async with bound(runtime, here.tenant_id, here.me.id):
            return await tenants_seen(runtime, resource)

    assert service.run(look()) <= {here.tenant_id}


@pytest.mark.parametrize("resource", RESOURCES)
def test_an_unbound_connection_sees_nothing(
    service: Service, runtime: Connection, resource: str
) -> None:
    world = world_of(service, None)
    world.row(resource)
    assert service.run(tenants_seen(runtime, resource)) == set(), "fresh"

    async def use_and_look_again() -> set[UUID]:
        async with bound(runtime, world.tenant_id, world.me.id):
            pass
        try:
            return await tenants_seen(runtime, resource)
        except asyncpg.DataError:
            return set()  # an unset tenant is no UUID: refused, not empty

    assert service.run(use_and_look_again()) == set(), "recycled"


@pytest.mark.parametrize("resource", RESOURCES)
def test_policies_alone_refuse_a_foreign_write(
    service: Service, runtime: Connection, resource: str
) -> None:
    here, there = world_of(service, None), world_of(service, None)
    foreign = there.row(resource)

    async def attack(statement: str, *arguments: object) -> str:
        async with bound(runtime, here.tenant_id, here.me.id):
            return await runtime.execute(statement, *arguments)

    async def refused(statement: str, *arguments: object) -> bool:
        try:
            done = await attack(statement, *arguments)
        except (asyncpg.InsufficientPrivilegeError, asyncpg.NotNullViolationError):
            return True
        return done.endswith(" 0")

    table = f'invoicing."{resource}"'
    assert service.run(refused(f"delete from {table} where id = $1", UUID(foreign)))
    assert service.run(
        refused(f"update {table} set version = 99 where id = $1", UUID(foreign))
    )
    assert service.run(
        refused(
            f"update {table} set tenant_id = $1 where id = $2",
            here.tenant_id,
            UUID(foreign),
        )
    )
    assert service.run(
        refused(f"insert into {table} (tenant_id) values ($1)", there.tenant_id)
    )


@pytest.mark.parametrize("operation", [o for o in reachable() if ACCESS[o]["on_item"]])
def test_statements_alone_find_one_tenants_rows(
    service: Service, operation: str
) -> None:
    """The stored function as a superuser, whom no policy binds, for another tenant's row."""
    here, there = allowed(service, operation), allowed(service, operation)
    assert outcome(service, here, here.path) == "ok"
    here = allowed(service, operation)
    assert outcome(service, here, there.path) == "not_found"


def outcome(service: Service, request: Prepared, path: str) -> str:
    """What the operation's stored function says to this caller about the row in a path."""
    about = ACCESS[request.operation.id]
    name = request.operation.id + ("_begin" if about["verb"] == "action" else "")
    item = UUID(next(part for part in path.split("/") if len(part) == 36))
    me = request.world.me
    caller = {
        "issuer": request.world.claims["iss"],
        "subject": me.subject,
        "kind": "service" if me.service else "human",
        "mfa": "phishing_resistant",
        "auth_time": request.world.claims["auth_time"],
        "attributes": {
            name: value
            for name, value in request.world.claims.items()
            if name in CATALOG["attributes"]
        },
    }
    given: dict[str, object] = {
        "p_tenant": me.tenant_id,
        "p_caller": json.dumps(caller),
        "p_id": item,
        "p_match": [1],
        "p_known": [],
        "p_patch": json.dumps(request.body or {}),
        "p_body": json.dumps(request.body or {}),
        "p_key": request.headers.get("idempotency-key"),
        "p_fingerprint": "",
        "p_request": "test",
    }

    async def call() -> str:
        row = await service.admin.fetchrow(
            "select p.proname, p.proargnames, p.proargmodes from pg_proc p"
            " where p.pronamespace = 'invoicing'::regnamespace and p.proname ~ $1",
            f"^{name[:54]}_[0-9a-f]+$",
        )
        assert row is not None
        names = [
            name
            for name, mode in zip(row["proargnames"], row["proargmodes"], strict=True)
            if mode == b"i"
        ]
        places = ", ".join(f"${number}" for number, _ in enumerate(names, 1))
        async with service.admin.transaction():
            await service.admin.execute(
                "select set_config('app.environment', 'development', true)"
            )
            found: str = await service.admin.fetchval(
                f"select outcome from invoicing.{row['proname']}({places})",
                *(given[name] for name in names),
            )
            return found

    return service.run(call())


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_reference_stays_in_its_tenant(service: Service, resource: str) -> None:
    """Composite keys: even where no policy binds, a row cannot refer to another tenant's."""
    for column, target in CATALOG["resources"][resource]["references"].items():
        here, there = world_of(service, None), world_of(service, None)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            here.row(resource, **{column: there.row(target)})


def test_the_audit_log_only_grows(service: Service, runtime: Connection) -> None:
    request = allowed(service, reachable("create", "update", "delete", "action")[0])
    assert request.send().is_success
    world = request.world
    query = "select count(*) from invoicing.audit_event where tenant_id = $1"
    assert service.run(service.admin.fetchval(query, world.tenant_id)) == 1

    async def tamper(statement: str) -> None:
        async with bound(runtime, world.tenant_id, world.me.id):
            await runtime.execute(statement)

    for statement in (
        "update invoicing.audit_event set operation = 'nothing'",
        "delete from invoicing.audit_event",
        "truncate invoicing.audit_event",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            service.run(tamper(statement))
        with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
            service.run(service.admin.execute(statement))


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_protected(service: Service, table: str) -> None:
    row = service.run(
        service.admin.fetchrow(
            "select relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) as owner,"
            " has_table_privilege('invoicing_app', oid, 'truncate, references, trigger') as excess"
            " from pg_class where oid = $1::regclass",
            f'invoicing."{table}"',
        )
    )
    assert row is not None
    assert row["relrowsecurity"] and row["relforcerowsecurity"]
    assert row["owner"] == "invoicing_owner"
    assert not row["excess"]


def test_a_read_is_one_round_trip(service: Service) -> None:
    """Counted at the driver: one statement, in the transaction that the statement itself is."""
    for operation in reachable("read", "list"):
        request = allowed(service, operation)
        request.send()  # a new connection learns the types of its parameters once
        with counting_queries() as queries:
            assert request.send().status_code == 200
        assert len(queries) == 1, queries


@contextmanager
def counting_queries() -> Iterator[list[str]]:
    """The statements that any connection of this process sends."""
    queries: list[str] = []
    send = asyncpg.Connection._do_execute  # type: ignore[attr-defined]

    async def count(
        self: Connection, query: str, *rest: object, **more: object
    ) -> object:
        queries.append(query)
        return await send(self, query, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.Connection, "_do_execute", count)
        yield queries
