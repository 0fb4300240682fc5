"""A repeated request has one effect and one answer (PAY-2, draft-ietf-httpapi-idempotency-key)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.harness import ACCESS, Service, allowed, code, reachable, seen

KEYED = [each for each in reachable() if ACCESS[each]["idempotency"] != "none"]


def effects(service: Service, tenant_id: object) -> int:
    """How many effects the audit log of a tenant has."""
    query = "select count(*) from notes.audit_event where tenant_id = $1"
    found: int = service.run(service.admin.fetchval(query, tenant_id))
    return found


@pytest.mark.parametrize("operation", KEYED)
def test_a_replay_has_the_same_answer_and_no_effect(
    service: Service, operation: str
) -> None:
    request = allowed(service, operation)
    first, second = request.send(), request.send()
    assert first.status_code == ACCESS[operation]["status"], first.text
    assert seen(first) == seen(second)
    assert effects(service, request.world.tenant_id) == 1


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


@pytest.mark.parametrize("operation", KEYED)
def test_a_key_stands_for_one_payload(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    if not request.body:
        return
    assert request.send().status_code == ACCESS[operation]["status"]
    other = allowed(service, operation)
    changed = next(
        (
            name
            for name in request.body
            if request.body[name] != (other.body or {})[name]
        ),
        None,
    )
    if changed is None or changed.endswith("_id"):
        return
    request.body[changed] = (other.body or {})[changed]
    response = request.send()
    assert (response.status_code, code(response)) == (422, "idempotency_mismatch")


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
