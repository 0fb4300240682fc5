"""A repeated request has one effect and one answer (PAY-2, draft-ietf-httpapi-idempotency-key)."""

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from invoicing.development.examples import example
from invoicing.development.world import CATALOG
from invoicing.store.statements import RELEASE
from tests.contract.harness import (
    ACCESS,
    NOBODY,
    TABLE,
    Prepared,
    Service,
    allowed,
    allowed_facts,
    body_schema,
    code,
    colleague,
    effects,
    prepare,
    reachable,
    seen,
    world_of,
)

KINDS = {name: about["kind"] for name, about in CATALOG["roles"].items()}
KEYED = [each for each in reachable() if ACCESS[each]["idempotency_key"] != "none"]
REQUIRED = [each for each in KEYED if ACCESS[each]["idempotency_key"] == "required"]
READS = {
    about["resource"]: TABLE[each].path.partition("{")[0]
    for each, about in ACCESS.items()
    if about["verb"] == "read"
}
DEMOTIONS = [
    (operation, role, later)
    for operation in KEYED
    for role, later in permutations(ACCESS[operation]["roles"], 2)
    if ACCESS[operation]["resource"] in READS
    and TABLE[operation].status != 204
    and all(ACCESS[operation]["roles"][each]["allowed"] for each in (role, later))
    and KINDS[role] == KINDS[later]
]
"""Two roles that may do an operation: the caller has one, and later the other."""


@pytest.mark.parametrize("operation", KEYED)
def test_a_replay_has_the_same_answer_and_no_effect(
    service: Service, operation: str
) -> None:
    request = allowed(service, operation)
    first, second = request.send(), request.send()
    assert first.status_code == ACCESS[operation]["status"], first.text
    assert seen(first) == seen(second)
    assert effects(service, request.world.tenant_id) == 1


@pytest.mark.parametrize(("operation", "role", "later"), DEMOTIONS)
def test_a_replay_shows_what_its_caller_may_see_now(
    service: Service, operation: str, role: str, later: str
) -> None:
    about = ACCESS[operation]
    request = prepare(service, operation, role, about["roles"][role])
    first = request.send()
    assert first.status_code == about["status"], first.text
    me = request.world.me
    colleague(request.world, role)  # one has to stay
    service.run(
        service.admin.execute(
            "update invoicing.member set roles = $1 where tenant_id = $2 and id = $3",
            [later],
            me.tenant_id,
            me.id,
        )
    )
    replay = request.send()
    if replay.status_code == 403:  # what was sent is not theirs to send any more
        return
    assert replay.status_code == about["status"], replay.text
    now = service.client.get(
        f"{READS[about['resource']]}{first.json()['id']}",
        headers={"authorization": f"Bearer {request.world.token}"},
    )
    shown = now.json() if now.status_code == 200 else {"id", "version"}
    assert replay.json() == {
        name: value for name, value in first.json().items() if name in shown
    }


@pytest.mark.parametrize("operation", KEYED)
def test_many_at_once_have_one_effect(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: request.send(), range(8)))
    statuses = {each.status_code for each in answers}
    assert statuses <= {ACCESS[operation]["status"], 409}, [
        each.text for each in answers
    ]
    assert effects(service, request.world.tenant_id) == 1


@pytest.mark.parametrize("operation", [each for each in KEYED if body_schema(each)])
def test_a_key_stands_for_one_payload(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    assert request.send().status_code == ACCESS[operation]["status"]
    changed = another(request)
    if changed is None:
        return  # there is one payload only
    request.body = changed
    response = request.send()
    assert (response.status_code, code(response)) == (422, "idempotency_mismatch")


def another(request: Prepared) -> dict[str, Any] | None:
    """The body of a request with one field changed, or added; None where it can be no other."""
    schema = body_schema(request.operation.id)
    assert schema is not None and request.body is not None
    beyond = allowed_facts(request.operation.id)["beyond"]
    for name, field in schema["properties"].items():
        for value in (*field.get("enum", ()), example(field, 7), True, None):
            changed = request.body | {name: value}
            if name not in beyond and changed != request.body and fits(field, value):
                return changed
    return None


def fits(field: dict[str, Any], value: object) -> bool:
    """Only a boolean can be true, and only what is optional null."""
    types = {each.get("type") for each in field.get("anyOf", [field])}
    if value is None:
        return "null" in types
    return value is not True or "boolean" in types


@pytest.mark.parametrize("operation", KEYED)
def test_a_key_stands_for_one_item(service: Service, operation: str) -> None:
    if not (ACCESS[operation]["on_item"] and allowed_facts(operation)["many"]):
        return
    request = allowed(service, operation)
    other = request.world.row(
        ACCESS[operation]["resource"], **allowed_facts(operation)["row"]
    )
    assert request.send().status_code == ACCESS[operation]["status"]
    (item,) = [part for part in request.path.split("/") if len(part) == 36]
    request.path = request.path.replace(item, other)
    response = request.send()
    assert (response.status_code, code(response)) == (422, "idempotency_mismatch")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "replayed"),
        ({"fingerprint": "another"}, "idempotency_mismatch"),
        ({"tenant": UUID(NOBODY)}, None),
        ({"member": UUID(NOBODY)}, None),
        ({"operation": "another"}, None),
        ({"key": "another"}, None),
    ],
)
def test_a_key_is_of_one_caller_and_one_operation(
    service: Service, changed: dict[str, object], expected: str | None
) -> None:
    """The lookup as a superuser, whom no policy binds."""
    me = world_of(service, None).me
    given = {
        "tenant": me.tenant_id,
        "member": me.id,
        "operation": "test",
        "key": str(uuid4()),
        "fingerprint": "test",
    }
    insert = (
        "insert into invoicing.idempotency_key"
        " (tenant_id, member_id, operation, key, fingerprint) values ($1, $2, $3, $4, $5)"
    )
    service.run(service.admin.execute(insert, *given.values()))
    known = "jsonb_build_object('tenant', $1::uuid, 'member', $2::uuid)"
    caller = f"jsonb_populate_record(null::{RELEASE}.caller_, {known})"
    lookup = f"select outcome from {RELEASE}.claim_({caller}, $3, $4, $5)"
    assert (
        service.run(service.admin.fetchval(lookup, *(given | changed).values()))
        == expected
    )


@pytest.mark.parametrize("operation", REQUIRED)
def test_a_key_is_required(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    del request.headers["idempotency-key"]
    response = request.send()
    assert (response.status_code, code(response)) == (400, "idempotency_key_required")


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\tinside"])
def test_a_key_has_a_form(service: Service, key: str) -> None:
    for operation in KEYED:
        request = allowed(service, operation)
        request.headers["idempotency-key"] = key
        response = request.send()
        assert (response.status_code, code(response)) == (
            400,
            "idempotency_key_malformed",
        )


@pytest.mark.parametrize("operation", KEYED)
def test_a_key_is_one_principals_own(service: Service, operation: str) -> None:
    mine, theirs = allowed(service, operation), allowed(service, operation)
    theirs.headers["idempotency-key"] = mine.headers["idempotency-key"]
    assert mine.send().status_code == ACCESS[operation]["status"]
    assert theirs.send().status_code == ACCESS[operation]["status"]
    assert effects(service, theirs.world.tenant_id) == 1
