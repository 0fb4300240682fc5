"""Each layer of the tenant boundary with the others off (AZ-3).

Layers mask each other, and so do sessions: the statements are tried where row-level security
does not bind, the policies where no statement names a tenant, on fresh and on used connections.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from invoicing.development.world import CATALOG, Connection
from invoicing.store.database import OUTSIDE_CONDITION
from invoicing.store.statements import CALLER, RELEASE, TABLES
from tests.contract.harness import (
    ACCESS,
    APP,
    NOBODY,
    OWNER,
    TABLE,
    Prepared,
    Service,
    World,
    allowed,
    arguments,
    bound,
    cases,
    listed,
    plain,
    prepare,
    reachable,
    world_of,
)

RESOURCES = sorted(CATALOG["resources"])
WRITTEN = [each for each in RESOURCES if not CATALOG["resources"][each]["built_in"]]
"""The resources whose rows callers write."""
COMMANDS = {
    "select": ("list", "read", "create", "update", "delete", "action"),
    "insert": ("create",),
    "update": ("update", "action"),
    "delete": ("delete",),
}
"""The verbs whose operations run an SQL command."""
ELSEWHERE = [
    (operation, role, number)
    for operation, about in ACCESS.items()
    for role, answer in about["roles"].items()
    for number, _ in enumerate(answer.get("elsewhere", ()))
]
"""Grants that hold in another environment than that of these tests."""
NOWHERE: dict[str, dict[str, object]] = {"row": {}, "user": {}, "tenant": {}}
"""A world of which nothing is said."""


async def tenants_seen(connection: Connection, table: str) -> set[UUID]:
    """The tenants whose rows a plain select returns."""
    column = "id" if CATALOG["resources"][table].get("is_tenant") else "tenant_id"
    table = CATALOG["resources"][table].get("sown", {"table": table})["table"]
    rows = await connection.fetch(
        f'select distinct {column} as tenant from invoicing."{table}"'
    )
    return {row["tenant"] for row in rows}


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

    async def look(tenant_id: UUID | None) -> set[UUID]:
        try:
            async with bound(runtime, tenant_id, world.me.id):
                return await tenants_seen(runtime, resource)
        except asyncpg.DataError:
            return set()  # an unset tenant is no UUID: refused, not empty

    assert service.run(look(None)) == set(), "fresh"
    service.run(look(world.tenant_id))
    assert service.run(look(None)) == set(), "recycled"


@pytest.mark.parametrize("resource", WRITTEN)
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
        except asyncpg.InsufficientPrivilegeError:
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


@pytest.mark.parametrize(
    ("operation", "role"),
    [each for each in cases(allowed=True) if "{" in TABLE[each[0]].path],
)
def test_statements_alone_find_one_tenants_rows(
    service: Service, operation: str, role: str
) -> None:
    """The stored function as a superuser, whom no policy binds, for another tenant's row."""
    facts = ACCESS[operation]["roles"][role]
    here, there = (prepare(service, operation, role, facts) for _ in range(2))
    assert outcome(service, here) == "ok"
    here = prepare(service, operation, role, facts)
    here.path = there.path
    assert outcome(service, here) == "not_found"
    if ACCESS[operation]["verb"] == "action":
        assert outcome(service, here, "_finish_") == "precondition_failed"


@pytest.mark.parametrize(
    ("operation", "role"),
    [each for each in cases(allowed=True) if ACCESS[each[0]]["verb"] == "list"],
)
def test_statements_alone_list_one_tenants_rows(
    service: Service, operation: str, role: str
) -> None:
    facts = ACCESS[operation]["roles"][role]
    here, there = (prepare(service, operation, role, facts) for _ in range(2))
    mine, theirs = listed(here, facts), listed(there, facts)
    for sort in orders(operation):
        found = unbound(service, here, sort=sort)
        if found["outcome"] != "field_not_readable":
            assert mine in found["body"], sort
            assert theirs not in found["body"], sort


@pytest.mark.parametrize(("operation", "role"), cases(allowed=True))
def test_statements_alone_hold_the_conditions(
    service: Service, operation: str, role: str
) -> None:
    about = ACCESS[operation]
    for outside in about["roles"][role]["outside"]:
        facts = about["roles"][role] | outside
        request = prepare(service, operation, role, facts)
        if about["verb"] != "list":
            assert outcome(service, request) in ("condition_not_met", "not_found")
            continue
        hidden = listed(request, facts)
        for sort in orders(operation):
            body = unbound(service, request, sort=sort)["body"] or ""
            assert hidden not in body, sort


@pytest.mark.parametrize(("operation", "role", "number"), ELSEWHERE)
def test_a_grant_of_another_environment_holds_there(
    service: Service, runtime: Connection, operation: str, role: str, number: int
) -> None:
    """As the service's own role, so that the policies are asked too."""
    facts = ACCESS[operation]["roles"][role]["elsewhere"][number]
    request = prepare(service, operation, role, facts)
    shown = listed(request, facts) if ACCESS[operation]["verb"] == "list" else ""
    row = service.run(call(runtime, request, environment=facts["environment"]))
    assert row["outcome"] == "ok"
    assert shown in (row["body"] or "")


def test_a_membership_is_of_one_tenant_and_one_issuer(service: Service) -> None:
    operation = plain()
    here, there = allowed(service, operation), world_of(service, None)
    assert outcome(service, here) == "ok"
    here.world.claims["iss"] = "https://another.example/"
    assert outcome(service, here) == "not_a_member"
    here = allowed(service, operation)
    here.world.tenant_id = there.tenant_id
    assert outcome(service, here) == "not_a_member"


@pytest.mark.parametrize("operation", reachable("list", "read"))
def test_a_binding_ends_with_its_transaction(
    service: Service, runtime: Connection, operation: str
) -> None:
    """For every role: what is bound depends on what its conditions ask about."""
    own = [f"{CALLER}.{name}" for name in ("member_id", "roles", "attributes")]
    for role, facts in ACCESS[operation]["roles"].items():
        if facts["allowed"]:
            request = prepare(service, operation, role, facts)
            assert service.run(call(runtime, request))["outcome"] == "ok", role
            for name in ("app.tenant_id", *own):
                setting = runtime.fetchval("select current_setting($1, true)", name)
                assert not service.run(setting), (role, name)


def orders(operation: str) -> list[str | None]:
    """The orders of a list: the one without a sort, and those of the contract."""
    return [None, *arguments(operation).get("sort", {}).get("enum", [])]


def unbound(
    service: Service, request: Prepared, part: str = "", sort: str | None = None
) -> Any:
    """What the stored function of a request returns to a superuser, whom no policy binds."""

    async def ask() -> Any:
        async with service.admin.transaction():
            await service.admin.execute(
                "select set_config('app.environment', 'development', true)"
            )
            return await call(service.admin, request, part, sort)

    return service.run(ask())


def outcome(service: Service, request: Prepared, part: str = "") -> str:
    """The outcome of the same."""
    try:
        return str(unbound(service, request, part)["outcome"])
    except asyncpg.PostgresError as error:
        if error.sqlstate != OUTSIDE_CONDITION:
            raise
        return "condition_not_met"


async def call(
    connection: Connection,
    request: Prepared,
    part: str = "",
    sort: str | None = None,
    environment: str = "development",
) -> Any:
    """The row that the stored function of a request returns."""
    about = ACCESS[request.operation.id]
    part = part or ("_begin_" if about["verb"] == "action" else "")
    me, claims = request.world.me, request.world.claims
    item = next((part for part in request.path.split("/") if len(part) == 36), NOBODY)
    caller = {
        "issuer": claims["iss"],
        "subject": me.subject,
        "kind": "service" if me.service else "human",
        "mfa": "phishing_resistant",
        "issued_at": claims["iat"],
        "auth_time": claims["auth_time"],
        "environment": environment,
        "attributes": attributes_of(request.world),
    }
    body = json.dumps(request.body or {})
    given: dict[str, object] = {
        "p_tenant": request.world.tenant_id,
        "p_action": about["action"],
        "p_caller": json.dumps(caller),
        "p_id": UUID(item),
        "p_parent": UUID(item),
        "p_match": [1],
        "p_patch": body,
        "p_body": body,
        "p_changes": "{}",
        "p_version": 1,
        "p_digest": "0" * 64,
        "p_input": None,
        "p_key": request.headers.get("idempotency-key"),
        "p_fingerprint": "",
        "p_request": "test",
        "p_limit": 100,
        "p_sort": sort,
    }
    row = await connection.fetchrow(
        "select p.proname, p.proargnames, p.proargmodes from pg_proc p"
        " where p.pronamespace = $1::text::regnamespace and p.proname = $2",
        RELEASE,
        about["resource"] + part if part else about.get("stored", request.operation.id),
    )
    assert row is not None
    names = [
        name
        for name, mode in zip(row["proargnames"], row["proargmodes"], strict=True)
        if mode == b"i"
    ]
    places = ", ".join(f"${number}" for number, _ in enumerate(names, 1))
    return await connection.fetchrow(
        f"select * from {RELEASE}.{row['proname']}({places})",
        *(given.get(name) for name in names),
    )


def attributes_of(world: World) -> dict[str, object]:
    """The claims of the caller that conditions may use."""
    return {
        name: value
        for name, value in world.claims.items()
        if name in CATALOG["attributes"]
    }


def on(command: str) -> list[str]:
    """The resources whose rows callers may run an SQL command on."""
    if command == "select":
        return [
            each for each in RESOURCES if not CATALOG["resources"][each].get("open")
        ]
    return WRITTEN


def beyond(command: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Worlds in which a role may not run an SQL command, whichever of its operations does."""
    for resource, role in product(on(command), CATALOG["roles"]):
        held = [
            about["roles"][role]
            for about in ACCESS.values()
            if about["resource"] == resource
            and about["verb"] in COMMANDS[command]
            and (about["on_item"] or about["verb"] != "action")
            and about["roles"][role].get("reason") != "permission_missing"
        ]
        if held and all(each["allowed"] for each in held):
            for outside in held[0]["outside"]:
                if all(outside in each["outside"] for each in held):
                    yield resource, role, held[0] | outside


@pytest.mark.parametrize("command", COMMANDS)
def test_policies_alone_hold_the_conditions(
    service: Service, runtime: Connection, command: str
) -> None:
    """Plain statements as the service's own role, on rows outside of the conditions."""
    for resource, role, facts in beyond(command):
        here = world_of(service, role, facts)
        row = UUID(here.row(resource, **facts["row"]))
        try:
            done = service.run(
                attempt(service, runtime, command, resource, role, here, row)
            )
        except asyncpg.InsufficientPrivilegeError:
            continue
        assert done.endswith(" 0"), (resource, role, done)


@pytest.mark.parametrize("command", COMMANDS)
def test_policies_alone_hold_the_roles(
    service: Service, runtime: Connection, command: str
) -> None:
    """Plain statements as the service's own role, for a caller whose role is granted none of it."""
    for resource, role in product(on(command), CATALOG["roles"]):
        granted = any(
            about["roles"][role].get("reason") != "permission_missing"
            for about in ACCESS.values()
            if about["resource"] == resource
            and (about["verb"] in COMMANDS[command] or command == "select")
        )
        if granted:
            continue
        here = world_of(service, role, NOWHERE)
        try:
            row = UUID(here.row(resource))
            done = service.run(
                attempt(service, runtime, command, resource, role, here, row)
            )
        except asyncpg.InsufficientPrivilegeError:
            continue
        assert done.endswith(" 0"), (resource, role, done)


async def attempt(
    service: Service,
    runtime: Connection,
    command: str,
    resource: str,
    role: str,
    here: World,
    row: UUID,
) -> str:
    """What PostgreSQL says to a command on a row, for a caller in one role."""
    table, where = f'invoicing."{resource}"', "where id = $1"
    statement, argument = {
        "select": (f"select from {table} {where}", row),
        "insert": (
            f"insert into {table} select * from jsonb_populate_record(null::{table}, $1)",
            "",
        ),
        "update": (f"update {table} set version = version + 1 {where}", row),
        "delete": (f"delete from {table} {where}", row),
    }[command]
    if command == "insert":
        taken = f"delete from {table} t {where} returning to_jsonb(t)"
        argument = await service.admin.fetchval(taken, row)
    attributes = json.dumps(attributes_of(here))
    async with bound(runtime, here.tenant_id, here.me.id, "{" + role + "}", attributes):
        return await runtime.execute(statement, argument)


@pytest.mark.parametrize("resource", WRITTEN)
def test_a_reference_stays_in_its_tenant(service: Service, resource: str) -> None:
    """Composite keys: even where no policy binds, a row cannot refer to another tenant's."""
    about = CATALOG["resources"][resource]
    owners = {about["owner"]: "member"} if about["owner"] else {}
    for column, target in (about["references"] | owners).items():
        here, there = world_of(service, None), world_of(service, None)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            here.row(
                resource,
                **{column: str(there.me.id) if column in owners else there.row(target)},
            )


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_protected(service: Service, table: str) -> None:
    row = service.run(
        service.admin.fetchrow(
            "select relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) as owner,"
            " has_table_privilege($2, oid, 'truncate, references, trigger') as excess"
            " from pg_class where oid = $1::regclass",
            f'invoicing."{table}"',
            APP,
        )
    )
    assert row is not None
    assert row["relrowsecurity"] and row["relforcerowsecurity"]
    assert row["owner"] == OWNER
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
