"""Signing up: who makes a tenant, how often, and what they are in it (AZ-1, AZ-3, ID-7, API-2)."""

import asyncio
import json
import re
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest

from invoicing.development.examples import example
from invoicing.development.world import Connection
from invoicing.gate.identity import TENANT_CLAIM
from invoicing.gate.sign_up import SIGN_UP
from tests.contract.harness import (
    NOBODY,
    TABLE,
    Service,
    body_schema,
    bound,
    code,
    effects,
    plain,
    world_of,
)

MOST: Final = 3
"""How many tenants one person makes."""
ROLE: Final = "administrator"


def said() -> dict[str, Any]:
    """What is said of a new tenant."""
    schema = body_schema("sign_up")
    assert schema is not None
    return {**example(schema, 1), "slug": f"made-{uuid4()}", "name": "Made"}


def person(service: Service, **claims: object) -> dict[str, object]:
    """The claims of somebody who belongs to no tenant."""
    found = service.issuer.claims(f"founder-{uuid4()}", "") | claims
    if not found[TENANT_CLAIM]:
        del found[TENANT_CLAIM]
    return found


def sign_up(
    service: Service, claims: dict[str, object], **more: object
) -> httpx2.Response:
    """What the service answers to somebody who signs up."""
    return service.client.post(
        TABLE["sign_up"].path,
        headers={"authorization": f"Bearer {service.issuer.sign(claims)}"},
        json=said() | more,
    )


def test_whoever_signs_up_is_the_first_member(service: Service) -> None:
    claims = person(service)
    response = sign_up(service, claims)
    assert response.status_code == 201, response.text
    told = response.json()
    tenant = UUID(told["organization_id"])
    rows = service.run(
        service.admin.fetch(
            "select * from invoicing.member where tenant_id = $1", tenant
        )
    )
    (row,) = rows
    assert (row["issuer"], row["subject"]) == (claims["iss"], claims["sub"])
    assert (row["kind"], row["roles"], row["active"]) == ("human", [ROLE], True)
    assert (str(row["id"]), told["roles"]) == (told["member_id"], [ROLE])
    assert effects(service, tenant) == 1


def test_nobody_makes_more_than_they_may(service: Service) -> None:
    """Not even at once."""
    claims = person(service)

    async def at_once() -> list[httpx2.Response]:
        return await asyncio.gather(
            *(asyncio.to_thread(sign_up, service, claims) for _ in range(MOST + 2))
        )

    ended = service.run(at_once())
    assert sorted(each.status_code for each in ended) == [201] * MOST + [403] * 2
    response = sign_up(service, claims)
    assert (response.status_code, code(response)) == (403, "too_many_tenants")


def test_a_name_that_is_taken_makes_nothing(service: Service) -> None:
    claims, other = person(service), person(service)
    slug = f"taken-{uuid4()}"
    assert sign_up(service, other, slug=slug).status_code == 201
    for _ in range(MOST):
        response = sign_up(service, claims, slug=slug)
        assert (response.status_code, code(response)) == (409, "already_exists")
    assert sign_up(service, claims).status_code == 201


def test_a_service_makes_none(service: Service) -> None:
    claims = person(service)
    response = sign_up(service, claims | {"client_id": claims["sub"]})
    assert (response.status_code, code(response)) == (403, "sign_up_closed")


def test_people_of_another_issuer_make_none(
    service: Service, runtime: Connection
) -> None:
    caller = {
        "issuer": "https://another.example.com/",
        "subject": "a",
        "kind": "human",
        "issued_at": 0,
    }
    row = service.run(
        runtime.fetchrow(
            SIGN_UP, uuid4(), json.dumps(caller), json.dumps(said()), "test"
        )
    )
    assert row is not None
    assert row["outcome"] == "sign_up_closed"


def test_a_token_of_no_tenant_is_good_for_nothing_else(service: Service) -> None:
    """Neither before it has signed up nor after, when it is remembered."""
    claims = person(service)
    token = service.issuer.sign(claims)
    headers = {"authorization": f"Bearer {token}"}
    other = TABLE[plain()]
    path = re.sub(r"{.*?}", NOBODY, other.path)
    before = service.client.request(other.method, path, headers=headers)
    made = service.client.post(TABLE["sign_up"].path, headers=headers, json=said())
    assert made.status_code == 201, made.text
    after = service.client.request(other.method, path, headers=headers)
    for each in (before, after):
        assert (each.status_code, code(each)) == (401, "unauthenticated")


def test_the_service_makes_no_member_of_another_tenant(
    service: Service, runtime: Connection
) -> None:
    """A plain statement as the service's own role, for a tenant that is there."""
    world = world_of(service, None)

    async def added() -> None:
        async with bound(runtime, world.tenant_id, world.me.id):
            await runtime.execute(
                "insert into invoicing.member (tenant_id, issuer, subject, kind, roles)"
                " values ($1, 'https://login.example.com/', 'nobody', 'human', $2)",
                world.tenant_id,
                [ROLE],
            )

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        service.run(added())


def test_the_service_makes_no_tenant_without_a_number(
    service: Service, runtime: Connection
) -> None:
    world, tenant = world_of(service, None), uuid4()

    async def added(number: int) -> None:
        async with bound(runtime, tenant, world.me.id):
            if number:
                await runtime.execute(
                    "insert into invoicing.sign_up (tenant_id, digest, number) values ($1, $2, $3)",
                    tenant,
                    uuid4().hex * 2,
                    number,
                )
            await runtime.execute(
                "insert into invoicing.organization (id, slug, name) values ($1, $2, $2)",
                tenant,
                f"made-{tenant}",
            )

    for number in (0, MOST + 1):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            service.run(added(number))
