"""What the policies let through: tried row by row, by statements without conditions."""

import json
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID, uuid4, uuid5

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[Any]"

VARIANTS: Final[Mapping[str, Mapping[str, tuple[object, ...]]]] = {
    "customer": {"region": ("eu", "us")},
    "invoice": {
        "region": ("eu", "us"),
        "status": ("draft", "sent", "paid"),
        "owner_id": ("me", "other"),
    },
    "invoice_line": {"locked": (False, True), "owner_id": ("me", "other")},
    "payment": {"status": ("received", "refunded"), "mode": ("live", "test")},
}
"""The rows of each table: one for each combination of what conditions are about."""
CHANGED: Final = {
    "customer": "region",
    "invoice": "status",
    "invoice_line": "locked",
    "payment": "status",
}
"""The column that an update changes, to each of its values."""
ROLES: Final = ("viewer", "analyst", "member", "accountant", "billing_worker", "auditor")


class World(NamedTuple):
    """A tenant with two members, and a row of each combination."""

    tenant: UUID
    members: Mapping[str, UUID]
    rows: Mapping[str, Mapping[str, UUID]]

    def values(self, table: str, variant: str) -> dict[str, object]:
        """A whole row that looks like this variant; one that is not there yet."""
        given = {
            name: str(self.members[value]) if name == "owner_id" else value
            for name, value in json.loads(variant).items()
        }
        own = {"tenant_id": str(self.tenant), "id": str(uuid4())}
        return own | self._rest(table) | given

    def _rest(self, table: str) -> dict[str, object]:
        """The columns that no condition is about; unique ones differ from call to call."""
        unique = uuid4()
        customer, invoice = uuid5(self.tenant, "customer"), uuid5(self.tenant, "invoice")
        match table:
            case "customer":
                parts = dict.fromkeys(("street", "postal_code", "city", "country"), "x")
                email = f"{unique}@example.com"
                return {"name": "x", "email": email, "payment_terms": 1, "address": parts}
            case "invoice":
                number, due = f"AB-{unique.int % 10**8}", "2030-01-01"
                return {"number": number, "title": "x", "customer_id": str(customer), "due_on": due}
            case "invoice_line":
                about = {"description": "x", "quantity": 1, "unit_price": 1, "tax_rate": 1}
                position = unique.int % 500 + 1
                return {"invoice_id": str(invoice), "position": position, **about}
            case _:
                about = {"recorded_by": str(self.members["me"]), "method": "cash"}
                received = {"amount": 1, "received_on": "2030-01-01"}
                return {"invoice_id": str(invoice), **about, **received}


def variants(table: str) -> Iterator[str]:
    """The combinations of a table, as text."""
    names = VARIANTS[table]
    for values in product(*names.values()):
        yield json.dumps(dict(zip(names, values, strict=True)))


async def build(connection: Connection) -> World:
    """A world, made by an administrator."""
    tenant = uuid4()
    await connection.execute(
        "insert into invoicing.organization (id, slug, name, region) values ($1, $2, 'x', 'eu')",
        tenant,
        f"reach-{tenant.hex[:8]}",
    )
    members = {name: uuid4() for name in ("me", "other")}
    for name, id_ in members.items():
        await connection.execute(
            "insert into invoicing.member (tenant_id, id, issuer, subject, kind, roles)"
            " values ($1, $2, 'https://issuer.example/', $3, 'human', '{}')",
            tenant,
            id_,
            name,
        )
    rows: dict[str, dict[str, UUID]] = {}
    world = World(tenant, members, rows)
    for table in VARIANTS:
        if table in ("customer", "invoice"):  # what the other rows refer to
            anchor = world.values(table, next(variants(table))) | {"id": str(uuid5(tenant, table))}
            await _insert(connection, table, anchor)
        rows[table] = {}
        for number, variant in enumerate(variants(table)):
            values = world.values(table, variant)
            if table == "invoice_line":
                values["position"] = number + 1
            await _insert(connection, table, values)
            rows[table][variant] = UUID(str(values["id"]))
    return world


async def reach(connection: Connection, world: World, *scopes: str) -> set[str]:
    """All that callers may do to rows, as the service's role in transactions of these scopes."""
    found = set()
    for role in ROLES:
        transaction = connection.transaction()
        await transaction.start()
        settings = {
            "app.tenant_id": str(world.tenant),
            "app.environment": "development",
        }
        for scope in scopes:
            settings |= {
                f"{scope}.member_id": str(world.members["me"]),
                f"{scope}.roles": "{" + role + "}",
                f"{scope}.attributes": '{"regions": ["eu"]}',
            }
        for name, value in settings.items():
            await connection.execute("select set_config($1, $2, true)", name, value)
        for table in VARIANTS:
            async for fact in _reach(connection, world, table):
                found.add(f"{role} {fact}")
        await transaction.rollback()
    return found


async def _reach(connection: Connection, world: World, table: str) -> Any:
    """What the caller of this transaction may do to rows of a table."""
    place, column = f"invoicing.{table}", CHANGED[table]
    rows = world.rows[table]
    seen = {row["id"] for row in await connection.fetch(f"select id from {place}")}  # noqa: S608
    for variant, id_ in rows.items():
        if id_ in seen:
            yield f"select {table} {variant}"
        for value in VARIANTS[table][column]:
            change = f"update {place} set {column} = $1 where id = $2"  # noqa: S608
            if await _passes(connection, change, value, id_):
                yield f"update {table} {variant} {column}={value}"
        if await _passes(connection, f"delete from {place} where id = $1", id_):  # noqa: S608
            yield f"delete {table} {variant}"
    for variant in variants(table):
        if await _inserts(connection, table, world.values(table, variant)):
            yield f"insert {table} {variant}"


async def _passes(connection: Connection, statement: str, *arguments: object) -> bool:
    """Does a statement reach a row? It is undone."""
    savepoint = connection.transaction()
    await savepoint.start()
    try:
        return (await connection.execute(statement, *arguments)).endswith(" 1")
    except asyncpg.InsufficientPrivilegeError:
        return False
    finally:
        await savepoint.rollback()


async def _inserts(connection: Connection, table: str, row: Mapping[str, object]) -> bool:
    savepoint = connection.transaction()
    await savepoint.start()
    try:
        await _insert(connection, table, row)
    except asyncpg.InsufficientPrivilegeError:
        return False
    except asyncpg.UniqueViolationError:
        return True  # after the policies
    finally:
        await savepoint.rollback()
    return True


async def _insert(connection: Connection, table: str, row: Mapping[str, object]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    await connection.execute(
        f"insert into invoicing.{table} ({names}) select {names}"  # noqa: S608
        f" from jsonb_populate_record(null::invoicing.{table}, $1)",
        json.dumps(row),
    )
