"""Keys that programs show: what they are good for, and for how long (AZ-5, TEST-5)."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from invoicing.development.world import CATALOG, Connection
from invoicing.gate.api_keys import GOOD_SECONDS, Keys
from invoicing.gate.problems import Problem
from invoicing.gate.secrets import Secret, written
from tests.contract.harness import (
    ACCESS,
    NOBODY,
    TABLE,
    Prepared,
    Service,
    World,
    bound,
    cases,
    code,
    prepare,
    seen,
    world_of,
)

GOOD_FOR = {
    "api_key:list",
    "api_key:read",
    "billing_request:create",
    "billing_request:list",
    "billing_request:read",
    "customer:create",
    "customer:delete",
    "customer:list",
    "customer:read",
    "customer:update",
    "invitation:list",
    "invitation:read",
    "invoice:create",
    "invoice:delete",
    "invoice:list",
    "invoice:read",
    "invoice:remind",
    "invoice:send",
    "invoice:settle",
    "invoice:transmit",
    "invoice:update",
    "invoice:void",
    "invoice_line:create",
    "invoice_line:delete",
    "invoice_line:list",
    "invoice_line:lock",
    "invoice_line:read",
    "invoice_line:update",
    "member:list",
    "member:read",
    "meter_reading:list",
    "meter_reading:read",
    "organization:read",
    "organization:update",
    "payment:create",
    "payment:list",
    "payment:read",
    "payment:refund",
    "subscription:read",
    "webhook_delivery:list",
    "webhook_delivery:read",
    "webhook_endpoint:list",
    "webhook_endpoint:read",
}
"""The permissions that keys can have."""
PLAIN = {name for name, about in CATALOG["roles"].items() if about["mfa"] == "none"}
"""The roles that need no second factor."""


def kept(role: str, operation: str) -> bool:
    """Does the operation for this role ask nothing that a key cannot have?"""
    facts = ACCESS[operation]["roles"][role]
    return role in PLAIN and not facts["user"]


def one_of_each(found: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of each operation one role."""
    return list({operation: (operation, role) for operation, role in found}.values())


ALLOWED = [each for each in cases(allowed=True) if not ACCESS[each[0]].get("step_up")]
USABLE = one_of_each(
    each
    for each in ALLOWED
    if TABLE[each[0]].permission in GOOD_FOR and kept(each[1], each[0])
)
READING = sorted(
    USABLE, key=lambda each: ACCESS[each[0]]["verb"] not in ("list", "read")
)[:1]
"""What a key can do: something that changes nothing, where there is such an operation."""
WITHHELD = one_of_each(
    each
    for each in ALLOWED
    if TABLE[each[0]].permission not in GOOD_FOR and kept(each[1], each[0])
)
PROTECTED = [
    each
    for each in ALLOWED
    if each[1] not in PLAIN and TABLE[each[0]].permission in GOOD_FOR
][:3]
FRESH = one_of_each(
    each
    for each in cases(allowed=True)
    if ACCESS[each[0]].get("step_up") and kept(each[1], each[0])
)
MANAGING = {
    ACCESS[operation]["action"] or ACCESS[operation]["verb"]: (operation, role)
    for operation, role in cases(allowed=True)
    if ACCESS[operation]["resource"] == "api_key"
}
"""The operations on keys, each with a role that is allowed it."""
SOME = next(each for each in TABLE.values() if each.permission)
JOINING = [each for each in TABLE if not TABLE[each].permission]
"""What people do without a permission, to become members."""


def made(
    member: World, *operations: str, secret: Secret | None = None, **given: Any
) -> str:
    """The text of a new key of a member."""
    secret = secret or Secret()
    row = member.row(
        "api_key", **{"digest": secret.digest, "operations": list(operations), **given}
    )
    return written(str(member.tenant_id), row, secret.text, "development")


def with_key(request: Prepared, key: str) -> httpx2.Response:
    """The answer to a request with a key."""
    request.headers["authorization"] = f"Bearer {key}"
    return request.send()


def ready(
    service: Service, operation: str, role: str, **given: Any
) -> tuple[Prepared, str]:
    """A request, and a key that is good for it."""
    request = prepare(service, operation, role, ACCESS[operation]["roles"][role])
    return request, made(request.world, TABLE[operation].permission, **given)


def refused(response: httpx2.Response) -> bool:
    """Is it the one answer to whoever is not known?"""
    return response.status_code == 401 and code(response) == "unauthenticated"


@pytest.mark.parametrize(("operation", "role"), USABLE)
def test_a_key_does_what_it_is_good_for(
    service: Service, operation: str, role: str
) -> None:
    request, key = ready(service, operation, role)
    response = with_key(request, key)
    assert response.status_code == ACCESS[operation]["status"], response.text


@pytest.mark.parametrize(("operation", "role"), USABLE)
def test_a_key_does_nothing_else(service: Service, operation: str, role: str) -> None:
    request, _ = ready(service, operation, role)
    response = with_key(request, made(request.world, "nothing:read"))
    assert (response.status_code, code(response)) == (403, "key_scope_missing")


@pytest.mark.parametrize(("operation", "role"), WITHHELD)
def test_no_key_gives_rights(service: Service, operation: str, role: str) -> None:
    """Even where somebody has written it into the row."""
    request, key = ready(service, operation, role)
    response = with_key(request, key)
    assert (response.status_code, code(response)) == (403, "key_not_allowed")


@pytest.mark.parametrize("operation", JOINING)
def test_no_key_becomes_a_member(service: Service, operation: str) -> None:
    about = TABLE[operation]
    member = world_of(service, None)
    for key in (
        made(member, about.permission, about.id),
        written(NOBODY, NOBODY, Secret().text, "development"),
    ):
        path = about.path.partition("{")
        response = service.client.request(
            about.method,
            path[0] + (NOBODY if path[1] else "") + path[2].partition("}")[2],
            headers={
                "authorization": f"Bearer {key}",
                "content-type": "application/json",
            },
            content=b"{}",
        )
        assert (response.status_code, code(response)) == (403, "key_not_allowed")


@pytest.mark.parametrize(("operation", "role"), PROTECTED)
def test_a_key_is_no_second_factor(service: Service, operation: str, role: str) -> None:
    request, key = ready(service, operation, role)
    response = with_key(request, key)
    assert (response.status_code, code(response)) == (403, "mfa_required")


if FRESH:  # somebody without a second factor may do what needs a recent sign-in

    @pytest.mark.parametrize(("operation", "role"), FRESH)
    def test_a_key_is_no_recent_sign_in(
        service: Service, operation: str, role: str
    ) -> None:
        request, key = ready(service, operation, role)
        response = with_key(request, key)
        assert (response.status_code, code(response)) == (403, "step_up_required")


@pytest.mark.parametrize(("operation", "role"), READING)
@pytest.mark.parametrize(
    "change",
    [
        "update invoicing.api_key set revoked_at = now() where member_id = $1",
        "update invoicing.api_key set expires_at = now() where member_id = $1",
        "update invoicing.member set tokens_valid_after = date_trunc('second', now()) where id = $1",
    ],
)
def test_a_key_ends_with_the_next_request(
    service: Service, operation: str, role: str, change: str
) -> None:
    request, key = ready(service, operation, role)
    assert with_key(request, key).status_code == ACCESS[operation]["status"]
    service.run(service.admin.execute(change, request.world.me.id))
    assert refused(with_key(request, key))


@pytest.mark.parametrize(("operation", "role"), READING)
@pytest.mark.parametrize(
    ("change", "reason"),
    [("active = false", "not_a_member"), ("roles = '{}'", "permission_missing")],
)
def test_a_key_does_no_more_than_its_member(
    service: Service, operation: str, role: str, change: str, reason: str
) -> None:
    request, key = ready(service, operation, role)
    assert with_key(request, key).status_code == ACCESS[operation]["status"]
    me = request.world.me
    service.run(
        service.admin.execute(
            f"update invoicing.member set {change} where id = $1", me.id
        )
    )
    response = with_key(request, key)
    assert (response.status_code, code(response)) == (403, reason)


@pytest.mark.parametrize(("operation", "role"), READING)
def test_a_key_works_in_its_networks(
    service: Service, operation: str, role: str
) -> None:
    for networks in (["127.0.0.0/8"], ["2001:db8::/32", "127.0.0.1/32"]):
        request, key = ready(service, operation, role, networks=networks)
        response = with_key(request, key)
        assert response.status_code == ACCESS[operation]["status"], networks
    for networks in (["203.0.113.0/24"], ["2001:db8::/32"], ["128.0.0.0/1"]):
        request, key = ready(service, operation, role, networks=networks)
        assert refused(with_key(request, key)), networks


@pytest.mark.parametrize(("operation", "role"), READING)
def test_what_is_no_key_is_not_told_from_one(
    service: Service, operation: str, role: str
) -> None:
    secret = Secret()
    request, key = ready(service, operation, role, secret=secret)
    tenant, other = str(request.world.tenant_id), str(world_of(service, role).tenant_id)
    row = request.world.row("api_key")
    texts = [
        written(tenant, NOBODY, secret.text, "development"),
        written(tenant, row, secret.text, "development"),
        written(tenant, row, Secret().text, "development"),
        written(other, row, secret.text, "development"),
        written(tenant, row, secret.text, "production"),
        key[:-1] + ("1" if key[-1] != "1" else "2"),
        key[:-60] + key[-59:],
    ]
    answers = [with_key(request, each) for each in texts]
    assert all(map(refused, answers))
    assert len({each.content for each in answers}) == 1
    asked, *others = map(seen, answers[:4])  # by those the database was asked
    assert all(each == asked for each in others)


@pytest.mark.parametrize(("operation", "role"), READING)
def test_a_key_is_a_bearer_token_and_nothing_else(
    service: Service, operation: str, role: str
) -> None:
    request, key = ready(service, operation, role)
    for name in ("key", "api_key", "access_token"):
        request.query = {name: key}
        response = with_key(request, key)
        told = (response.status_code, code(response))
        assert told == (422, "invalid_request"), name
        del request.headers["authorization"]
        assert refused(request.send()), name
    request.query = {}
    for scheme in ("Basic", "ApiKey", "Token"):
        request.headers["authorization"] = f"{scheme} {key}"
        assert refused(request.send()), scheme
    del request.headers["authorization"]
    request.headers["x-api-key"] = key
    assert refused(request.send())


@pytest.mark.parametrize(("operation", "role"), READING)
def test_a_use_is_noted_once_a_minute(
    service: Service, operation: str, role: str
) -> None:
    request, key = ready(service, operation, role)
    query = "select last_used_at from invoicing.api_key where member_id = $1"
    known = request.world.me.id

    def used() -> datetime | None:
        found: datetime | None = service.run(service.admin.fetchval(query, known))
        return found

    assert used() is None
    with_key(request, key)
    first = used()
    assert first is not None
    with_key(request, key)
    assert used() == first

    earlier = "update invoicing.api_key set last_used_at = $1 where member_id = $2"
    service.run(service.admin.execute(earlier, first - timedelta(seconds=61), known))
    with_key(request, key)
    again = used()
    assert again is not None and again > first


@pytest.mark.parametrize(("operation", "role"), READING)
def test_nobody_waits_to_note_a_use(
    service: Service, operation: str, role: str
) -> None:
    request, key = ready(service, operation, role)

    async def held() -> None:
        async with service.admin.transaction():
            await service.admin.execute(
                "select from invoicing.api_key where member_id = $1 for update",
                request.world.me.id,
            )
            await asyncio.wait_for(asyncio.to_thread(with_key, request, key), 5)

    service.run(held())


def test_policies_alone_note_the_use_of_one_key(
    service: Service, runtime: Connection
) -> None:
    """Plain statements as the service's own role, for somebody without roles."""
    here = world_of(service, None)
    one, other = UUID(here.row("api_key")), UUID(here.row("api_key"))

    async def note(key: UUID) -> str:
        async with bound(runtime, here.tenant_id, here.me.id, roles="{}"):
            await runtime.execute(
                "select set_config('app.api_key_id', $1, true)", str(one)
            )
            return await runtime.execute(
                "update invoicing.api_key set last_used_at = now() where id = $1", key
            )

    assert service.run(note(one)) == "UPDATE 1"
    assert service.run(note(other)) == "UPDATE 0"


def test_who_has_shown_no_good_key_uses_up_no_limit_of_a_tenant() -> None:
    now = [0.0]
    keys = Keys("development", lambda: now[0])
    tenant, key = str(uuid4()), str(uuid4())
    shown = f"Bearer {written(tenant, key, Secret().text, 'development')}".encode()
    request: Any = SimpleNamespace(operation=SOME, address="192.0.2.1")

    def counted() -> str:
        principal = keys.principal(request, shown)
        assert principal is not None and principal.decided is not None
        principal.decided("key_unknown")
        return " ".join(principal.counted.values())

    assert tenant not in counted() and "192.0.2.1" in counted()
    principal = keys.principal(request, shown)
    assert principal is not None and principal.decided is not None
    principal.decided("permission_missing")
    assert tenant in counted() and key in counted()
    now[0] = 2 * GOOD_SECONDS
    assert tenant not in counted()


def test_a_spoilt_key_is_refused_before_anything_is_asked() -> None:
    keys = Keys("development")
    request: Any = SimpleNamespace(operation=SOME, address="192.0.2.1")
    text = written(NOBODY, NOBODY, Secret().text, "development")
    assert keys.principal(request, f"Bearer {text}".encode()) is not None
    for spoilt in (
        text[:-1] + "-",
        text[:-1],
        text.replace("development", "production"),
    ):
        with pytest.raises(Problem, match="unauthenticated"):
            keys.principal(request, f"Bearer {spoilt}".encode())
    for other in (None, b"", b"Bearer", b"Bearer a.b.c", b"Basic abc", text.encode()):
        assert keys.principal(request, other) is None


def test_a_key_is_told_works_and_has_its_member(service: Service) -> None:
    operation, role = MANAGING["create"]
    request = prepare(service, operation, role, ACCESS[operation]["roles"][role])
    assert request.body is not None
    if "operations" not in ACCESS[operation]["roles"][role]["beyond"]:
        request.body["operations"] = sorted(GOOD_FOR)
    response = request.send()
    assert response.status_code == 201, response.text
    row = service.run(
        service.admin.fetchrow(
            "select * from invoicing.api_key where id = $1", UUID(response.json()["id"])
        )
    )
    assert row is not None and row["member_id"] == request.world.me.id
    assert (row["expires_at"] - row["created_at"]).total_seconds() == row["lifetime"]
    key = response.json()["key"]
    for other, one in READING:
        asked = prepare(
            service, other, one, ACCESS[other]["roles"][one], caller=request.world
        )
        assert not refused(with_key(asked, key))


def test_a_key_has_an_end(service: Service) -> None:
    operation, role = MANAGING["create"]
    request = prepare(service, operation, role, ACCESS[operation]["roles"][role])
    for lifetime in (0, 7776001, None):
        request.body = {**(request.body or {}), "lifetime": lifetime}
        response = request.send()
        told = (response.status_code, code(response))
        assert told == (422, "invalid_request"), lifetime
    request.body = {**(request.body or {}), "lifetime": 7776000}
    assert request.send().status_code == 201
    del request.body["lifetime"]
    assert request.send().status_code == 422


@pytest.mark.parametrize(
    "network",
    [
        "10.0.0.0",
        "10.0.0.0/33",
        "256.0.0.0/8",
        "10.0.0/8",
        "::/129",
        "2001:db8::1::/64",
        "a",
    ],
)
def test_a_network_is_one(service: Service, network: str) -> None:
    operation, role = MANAGING["create"]
    request = prepare(service, operation, role, ACCESS[operation]["roles"][role])
    request.body = {**(request.body or {}), "networks": [network]}
    response = request.send()
    assert (response.status_code, code(response)) == (422, "invalid_request")


@pytest.mark.parametrize(("operation", "role"), READING)
def test_a_former_secret_works_for_its_overlap(
    service: Service, operation: str, role: str
) -> None:
    secret = Secret()
    rotate, holder = MANAGING["rotate"]
    request = prepare(service, rotate, holder, ACCESS[rotate]["roles"][holder])
    me = request.world.me
    row = request.path.split("/")[2]
    service.run(
        service.admin.execute(
            "update invoicing.api_key set digest = $1, operations = $2 where id = $3",
            secret.digest,
            json.dumps([TABLE[operation].permission]),
            UUID(row),
        )
    )
    former = written(str(me.tenant_id), row, secret.text, "development")
    asked = prepare(service, operation, role, ACCESS[operation]["roles"][role])

    def known(key: str) -> bool:
        return not refused(with_key(asked, key))

    assert known(former)
    request.body = {"lifetime": 3600}
    response = request.send()
    assert response.status_code == 200, response.text
    first = response.json()["key"]
    assert known(former) and known(first), "for a day"
    request.body = {"lifetime": 3600, "overlap": 0}
    request.headers["if-match"] = response.headers["etag"]
    response = request.send()
    second = response.json()["key"]
    assert known(second)
    assert not known(first) and not known(former)
    request.body = {"lifetime": 3600, "overlap": 60}
    request.headers["if-match"] = response.headers["etag"]
    third = request.send().json()["key"]
    assert known(second) and known(third)
    service.run(
        service.admin.execute(
            "update invoicing.api_key set former_valid_until = now() where id = $1",
            UUID(row),
        )
    )
    assert not known(second) and known(third)


def test_what_a_sign_out_ended_does_not_work_again(service: Service) -> None:
    rotate, holder = MANAGING["rotate"]
    request = prepare(service, rotate, holder, ACCESS[rotate]["roles"][holder])
    row = UUID(request.path.split("/")[2])
    service.run(
        service.admin.execute(
            "update invoicing.member set tokens_valid_after = $2 where id = $1",
            request.world.me.id,
            datetime.now(UTC) - timedelta(seconds=60),
        )
    )
    service.run(
        service.admin.execute(
            "update invoicing.api_key set issued_at = now() - interval '1 hour' where id = $1",
            row,
        )
    )
    assert request.send().status_code == 200
    query = "select former_digest from invoicing.api_key where id = $1"
    assert service.run(service.admin.fetchval(query, row)) is None


def test_a_key_that_is_revoked_stays_so(service: Service) -> None:
    rotate, holder = MANAGING["rotate"]
    request = prepare(service, rotate, holder, ACCESS[rotate]["roles"][holder])
    service.run(
        service.admin.execute(
            "update invoicing.api_key set revoked_at = now() where id = $1",
            UUID(request.path.split("/")[2]),
        )
    )
    response = request.send()
    assert (response.status_code, code(response)) == (409, "key_ended")


def test_nobody_rotates_the_key_of_another(service: Service) -> None:
    """Whatever a grant says: whoever is told the secret acts as its member."""
    rotate, holder = MANAGING["rotate"]
    request = prepare(service, rotate, holder, ACCESS[rotate]["roles"][holder])
    other = request.world.row("api_key", member_id="@other")
    request.path = request.path.replace(request.path.split("/")[2], other)
    assert request.send().status_code in (403, 404)


@pytest.mark.parametrize(("operation", "role"), READING)
def test_a_revoked_key_is_refused(service: Service, operation: str, role: str) -> None:
    secret = Secret()
    revoke, holder = MANAGING["revoke"]
    request = prepare(service, revoke, holder, ACCESS[revoke]["roles"][holder])
    row = request.path.split("/")[2]
    query = "update invoicing.api_key set digest = $1 where id = $2"
    service.run(service.admin.execute(query, secret.digest, UUID(row)))
    key = written(str(request.world.tenant_id), row, secret.text, "development")
    asked = prepare(service, operation, role, ACCESS[operation]["roles"][role])
    assert not refused(with_key(asked, key))
    assert request.send().status_code == 200
    assert refused(with_key(asked, key))
