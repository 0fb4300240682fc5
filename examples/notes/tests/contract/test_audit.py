"""Each effect leaves an audit event, which nobody changes (DATA-2)."""

import json

import asyncpg
import pytest

from notes.development.world import Connection
from tests.contract.harness import ACCESS, Service, allowed, bound, effects, reachable

WRITES = reachable("create", "update", "delete", "action")


@pytest.mark.parametrize("operation", WRITES)
def test_an_effect_is_recorded(service: Service, operation: str) -> None:
    about = ACCESS[operation]
    request = allowed(service, operation)
    response = request.send()
    assert response.is_success, response.text
    query = "select * from notes.audit_event where tenant_id = $1"
    (event,) = service.run(service.admin.fetch(query, request.world.tenant_id))
    assert event["operation"] == operation
    assert event["resource"] == about["resource"]
    assert event["member_id"] == request.world.me.id
    assert event["request_id"] == response.headers["x-request-id"]
    if about["on_item"]:
        assert str(event["resource_id"]) in request.path
    if about["verb"] in ("create", "update"):
        assert sorted(json.loads(event["fields"])) == sorted(request.body or {})


def test_the_audit_log_only_grows(service: Service, runtime: Connection) -> None:
    request = allowed(service, WRITES[0])
    assert request.send().is_success
    world = request.world
    assert effects(service, world.tenant_id) == 1

    async def tamper(statement: str) -> None:
        async with bound(runtime, world.tenant_id, world.me.id):
            await runtime.execute(statement)

    for statement in (
        "update notes.audit_event set operation = 'nothing'",
        "delete from notes.audit_event",
        "truncate notes.audit_event",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            service.run(tamper(statement))
        with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
            service.run(service.admin.execute(statement))
