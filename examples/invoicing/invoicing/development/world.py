"""Synthetic tenants with people in every role."""

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import NAMESPACE_DNS, UUID, uuid4, uuid5

import asyncpg

from invoicing.development import plans
from invoicing.development.examples import example
from invoicing.settings import DEVELOPMENT_ISSUER

CATALOG: Final[Mapping[str, Any]] = json.loads(
    (Path(__file__).parent / "catalog.json").read_text(encoding="utf-8")
)
"""The roles and the resources of the spec, as far as synthetic data needs them."""

TENANTS: Final[Mapping[str, UUID]] = {
    slug: uuid5(NAMESPACE_DNS, f"{slug}.invoicing.invalid")
    for slug in ("acme", "globex")
}
"""The synthetic tenants of a developer's machine: the same ids everywhere."""

NUMBERS: Final = itertools.count(1000)

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Member(NamedTuple):
    """A member of a tenant."""

    id: UUID
    tenant_id: UUID
    subject: str
    service: bool


async def add_tenant(
    connection: Connection, slug: str, /, **attributes: object
) -> UUID:
    """A new tenant; attributes that are not given have an example's value."""
    values = {
        name: example(schema, 0)
        for name, schema in CATALOG["tenant"]["attributes"].items()
    }
    row = {
        "id": str(uuid4()),
        "slug": slug,
        "name": slug.capitalize(),
        **values,
        **attributes,
    }
    found = await insert(connection, "organization", row)
    await plans.subscribe(connection, found, plans.WIDEST)
    return found


async def add_member(
    connection: Connection, tenant_id: UUID, subject: str, *roles: str
) -> Member:
    """A new member with these roles; a role of a service makes it a service."""
    service = any(CATALOG["roles"][role]["kind"] == "service" for role in roles)
    row = {
        "tenant_id": str(tenant_id),
        "id": str(uuid4()),
        "issuer": DEVELOPMENT_ISSUER,
        "subject": subject,
        "kind": "service" if service else "human",
        "roles": list(roles),
    }
    return Member(await insert(connection, "member", row), tenant_id, subject, service)


async def add_row(
    connection: Connection,
    resource: str,
    member: Member,
    number: int = 0,
    /,
    **given: object,
) -> UUID:
    """A new row of a resource; `number` tells examples apart.

    What it refers to is any row of this tenant that there is, or a new one; always a new one
    where it has to be unique.
    """
    about = CATALOG["resources"][resource]
    if about.get("derived"):
        if "sown" in about:
            return await _sown(connection, about["sown"]["statement"], member.tenant_id)
        return member.tenant_id
    if about.get("is_tenant"):
        return await _change_tenant(connection, member.tenant_id, given)
    row: dict[str, object] = {"tenant_id": str(member.tenant_id), "id": str(uuid4())}
    row |= {name: example(schema, number) for name, schema in about["fields"].items()}
    if about["owner"]:
        row[about["owner"]] = str(member.id)
    row |= given
    for name, target in about["references"].items():
        if name not in given:
            unique = name in about["unique"]
            row[name] = str(
                await add_row(connection, target, member, next(NUMBERS))
                if unique
                else await _any_row(connection, target, member)
            )
    return await insert(connection, resource, row)


async def _any_row(connection: Connection, resource: str, member: Member) -> UUID:
    found: UUID | None = await connection.fetchval(
        f'select id from invoicing."{resource}" where tenant_id = $1 limit 1',
        member.tenant_id,
    )
    return found or await add_row(connection, resource, member)


async def _sown(connection: Connection, statement: str, tenant_id: UUID) -> UUID:
    """A row that a view works out, by the statement that lets it."""
    async with connection.transaction():
        await connection.execute("set local search_path = invoicing, pg_temp")
        found: UUID = await connection.fetchval(statement, tenant_id)
        return found


async def _change_tenant(
    connection: Connection, tenant_id: UUID, given: Mapping[str, object]
) -> UUID:
    """The tenant itself, with these values."""
    for name, value in given.items():
        await connection.execute(
            f'update invoicing.organization t set "{name}" = r."{name}"'
            f" from jsonb_populate_record(null::invoicing.organization, $1) r where t.id = $2",
            json.dumps({name: value}),
            tenant_id,
        )
    return tenant_id


async def insert(connection: Connection, table: str, row: Mapping[str, object]) -> UUID:
    """Inserts a row given as JSON; what is not given has its default."""
    names = ", ".join(f'"{name}"' for name in row)
    found: UUID = await connection.fetchval(
        f'insert into invoicing."{table}" ({names}) select {names}'
        f' from jsonb_populate_record(null::invoicing."{table}", $1) returning id',
        json.dumps(row),
    )
    return found


async def populate(connection: Connection) -> None:
    """Two tenants, somebody in every role and a colleague in none, and rows of each resource; once."""
    for (slug, tenant_id), attributes in zip(
        TENANTS.items(), CATALOG["tenant"]["examples"], strict=True
    ):
        known = await connection.fetchval(
            "select 1 from invoicing.organization where id = $1", tenant_id
        )
        if known:
            continue
        async with connection.transaction():
            await add_tenant(connection, slug, id=str(tenant_id), **attributes)
            members = [
                await add_member(connection, tenant_id, f"{role}@{slug}", role)
                for role in CATALOG["roles"]
            ]
            members.append(await add_member(connection, tenant_id, f"no-role@{slug}"))
            made: dict[str, list[UUID]] = {}
            for resource, about in CATALOG["resources"].items():
                made[resource] = []
                numbers = itertools.count(1)
                for index, member in enumerate(
                    members if about["personal"] else members[:1]
                ):
                    known = {
                        "@me": str(member.id),
                        "@other": str(members[index - 1].id),
                    }
                    for values in about["rows"]:
                        row = {
                            name: known.get(value, value)
                            for name, value in values.items()
                            if name != "id" or index == 0
                        }
                        for name, target in about["references"].items():
                            if made.get(target) and name not in (
                                *row,
                                *about["unique"],
                            ):
                                row[name] = str(
                                    made[target][
                                        len(made[resource]) % len(made[target])
                                    ]
                                )
                        made[resource].append(
                            await add_row(
                                connection, resource, member, next(numbers), **row
                            )
                        )
