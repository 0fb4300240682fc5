"""Two tenants of any spec: who belongs to them, what they have, and what they may be shown."""

import itertools
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg

from .service import Caller, Emitted

NAMES: Final = ("Quokka", "Zephyr")
"""The tenants. Each text of a tenant has its name in it, where its pattern allows that."""
NEUTRAL: Final = "Common"
"""In the texts of bodies that both tenants send."""
ROWS: Final = 400
"""Of each resource, that requests go on with."""
UUID_TEXT: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
EXAMPLE: Final = "00000000-0000-4"
"""How ids begin that are examples: they are nobody's."""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass
class Item:
    """A row, as far as a request needs it."""

    id: str
    version: int = 1


@dataclass
class Tenant:
    """A tenant, with somebody in every role."""

    name: str
    id: UUID
    members: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))
    cursors: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    seen: set[str] = field(default_factory=set)
    """Every id that one of its members was shown, and those that it began with."""
    callers: dict[tuple[str, str], Caller] = field(default_factory=dict)


class Worlds:
    """Makes the tenants, and texts for them."""

    def __init__(self, emitted: Emitted, issuer: Any, seed: int) -> None:
        self._emitted = emitted
        self._issuer = issuer
        self._random = random.Random(seed)  # noqa: S311
        self._numbers = itertools.count(1)
        self.resources: Mapping[str, Any] = emitted.world.CATALOG["resources"]
        read = (emitted.project / "tests" / "contract" / "access.json").read_text("utf-8")
        self.access: Mapping[str, Any] = json.loads(read)

    async def tenant(self, connection: Connection, name: str) -> Tenant:
        """A new tenant with the rows that its roles may reach, by the access matrix of the spec."""
        world = self._emitted.world
        with self.texts(name):
            attributes: dict[str, Any] = next(iter(world.CATALOG["tenant"]["examples"]), {})
            made = Tenant(name, await world.add_tenant(connection, name.lower(), **attributes))
            for role in world.CATALOG["roles"]:
                member = await world.add_member(connection, made.id, f"{role}@{name}", role)
                made.members[role] = member
                made.seen.add(str(member.id))
            made.seen.add(str(made.id))
            wanted = set()
            for about in self.access.values():
                for role, facts in about["roles"].items():
                    if facts["allowed"]:
                        for row in (facts["row"], facts["parent"] or {}):
                            resource = about["parent"] if row is facts["parent"] else None
                            wanted.add((resource or about["resource"], role, json.dumps(row)))
            for resource, role, row in sorted(wanted):
                await self._row(connection, made, resource, role, json.loads(row))
        known = self.resources.values()
        tables = {e["table"] for e in known if not (e.get("is_tenant") or e.get("derived"))}
        for table in tables:
            found = await connection.fetch(
                f"select id::text from {self._emitted.package}.{table} where tenant_id = $1",  # noqa: S608
                made.id,
            )
            made.seen.update(each["id"] for each in found)
        return made

    async def _row(
        self, connection: Connection, tenant: Tenant, resource: str, role: str, row: dict[str, Any]
    ) -> None:
        given = {name: self.resolve(tenant, role, value) for name, value in row.items()}
        try:
            made = await self._emitted.world.add_row(
                connection, resource, tenant.members[role], next(self._numbers), **given
            )
        except asyncpg.IntegrityConstraintViolationError:
            return  # such a row is there already
        tenant.rows[resource].append(Item(str(made)))

    def resolve(self, tenant: Tenant, role: str, value: Any) -> Any:
        """A value of the access matrix, with members and rows of a tenant put in."""
        if isinstance(value, list):
            return [self.resolve(tenant, role, each) for each in value]
        if value == "@me":
            return str(tenant.members[role].id)
        if value == "@other":
            others = [each for name, each in tenant.members.items() if name != role]
            return str(self._random.choice(others or [tenant.members[role]]).id)
        if isinstance(value, str) and value.startswith("@row:"):
            rows = tenant.rows[value.removeprefix("@row:")]
            return self._random.choice(rows).id if rows else str(tenant.members[role].id)
        return value

    def caller(self, tenant: Tenant, role: str, facts: Mapping[str, Any]) -> Caller:
        """A member in a role, with the claims that the role needs for what it is to do."""
        user = facts.get("user") or self._emitted.world.CATALOG["attributes"]
        key = role, json.dumps(user)
        if key not in tenant.callers:
            claims = {name: self.resolve(tenant, role, value) for name, value in user.items()}
            tenant.callers[key] = Caller(self._issuer, tenant.members[role], claims)
        return tenant.callers[key]

    @contextmanager
    def texts(self, name: str) -> Iterator[None]:
        """Examples have this name in them while the block runs."""
        before, self._emitted.examples.WORDS = self._emitted.examples.WORDS, (name,)
        try:
            yield
        finally:
            self._emitted.examples.WORDS = before

    def example(self, name: str, schema: Mapping[str, Any]) -> Any:
        """A value of a schema that nobody sent before, with a name in its texts."""
        with self.texts(name):
            return self._emitted.examples.example(schema, next(self._numbers))


def ids(text: str) -> set[str]:
    """The ids in a text."""
    return {each for each in UUID_TEXT.findall(text) if not each.startswith(EXAMPLE)}


async def crossed(connection: Connection, schema: str, tenants: list[Tenant]) -> list[str]:
    """What a tenant's rows hold of the other one, read as administrator: texts and ids."""
    columns: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for each in await connection.fetch(
        "select table_name, column_name, data_type from information_schema.columns c"
        " join information_schema.tables t using (table_schema, table_name)"
        " where table_schema = $1 and table_type = 'BASE TABLE'",
        schema,
    ):
        columns[each["table_name"]][each["column_name"]] = each["data_type"]
    tables = {name: found for name, found in columns.items() if "tenant_id" in found}
    await connection.execute(
        "create temp table owned as "  # noqa: S608
        + " union all ".join(
            f"select tenant_id, id, '{name}' as place from {schema}.\"{name}\""  # noqa: S608
            for name, found in tables.items()
            if "id" in found
        )
        + "; create index on owned (id); analyze owned"
    )
    faults = []
    for table, found in tables.items():
        for tenant, other in (tenants, tenants[::-1]):
            count = await connection.fetchval(
                f'select count(*) from {schema}."{table}" t'  # noqa: S608
                " where tenant_id = $1 and strpos(lower(t::text), $2) > 0",
                tenant.id,
                other.name.lower(),
            )
            if count:
                faults.append(f"{count} rows of {table} of {tenant.name} name {other.name}")
        for column, type_ in found.items():
            if type_ == "uuid" and column != "tenant_id":
                source, id_ = f'{schema}."{table}" t', f't."{column}"'
            elif type_ in ("text", "jsonb", "ARRAY"):
                source = f"""{schema}."{table}" t cross join lateral
                    regexp_matches(t."{column}"::text, '{UUID_TEXT.pattern}', 'g') m"""
                id_ = "m[1]::uuid"
            else:
                continue
            count = await connection.fetchval(
                f"select count(*) from {source} join owned o on o.id = {id_}"  # noqa: S608
                " where o.tenant_id <> t.tenant_id"
            )
            if count:
                faults.append(f"{count} times {table}.{column} refers to a row of another tenant")
    for tenant, other in (tenants, tenants[::-1]):
        shown = await connection.fetch(
            "select place, id::text from owned where tenant_id = $1 and id = any ($2::uuid[])",
            other.id,
            list(tenant.seen),
        )
        faults += [f"{tenant.name} was shown {each['place']} {each['id']}" for each in shown]
    return faults
