"""What follows an action is called once its effect is committed, and not without it."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from invoicing import worker
from invoicing.development.world import Connection
from invoicing.work import hooks
from invoicing.work.queue import Message
from tests.contract.harness import ACCESS, Service, allowed, bound, prepare, world_of

SCHEMA = "invoicing"
FOLLOWED = [
    ("send_invoice", "invoice.send", "after_send_invoice"),
]
"""The actions that something follows, what their messages call, and the name of that."""


def messages(service: Service, tenant_id: UUID) -> list[Message]:
    """What is to be done for a tenant."""
    query = f"select *, xmin::text as written from {SCHEMA}.outbox_message where tenant_id = $1"
    return [dict(each) for each in service.run(service.admin.fetch(query, tenant_id))]


def claimed(service: Service, tenant_id: UUID) -> list[Message]:
    """What a worker claims now of one tenant."""

    async def claim() -> list[Message]:
        async with worker.pool(service.database.worker) as pool:
            return await hooks.queue().claim(pool, 1000, 1000)

    return [each for each in service.run(claim()) if each["tenant_id"] == tenant_id]


def tried(service: Service, message: Message) -> str:
    """The state of a message after one attempt."""

    async def attempt() -> str:
        async with worker.pool(service.database.worker) as pool:
            found = hooks.queue()
            return await worker.Worker(pool, [found], worker.Metrics()).attempt(
                found, message
            )

    return service.run(attempt())


def add(service: Service, tenant_id: UUID, **given: Any) -> None:
    """Adds a message."""
    values = {
        "hook": FOLLOWED[0][1],
        "resource_id": uuid4(),
        "resource_version": 1,
        **given,
    }
    service.run(
        service.admin.execute(
            f"insert into {SCHEMA}.outbox_message (tenant_id, member_id, payload, hook, resource_id, resource_version)"
            " values ($1, $1, '{}', $2, $3, $4)",
            tenant_id,
            *values.values(),
        )
    )


@pytest.mark.parametrize(("operation", "hook", "name"), FOLLOWED)
def test_an_action_leaves_a_message_with_its_effect(
    service: Service, operation: str, hook: str, name: str
) -> None:
    del name
    request = allowed(service, operation)
    response = request.send()
    assert response.is_success, response.text
    (message,) = messages(service, request.world.tenant_id)
    assert (message["hook"], message["member_id"]) == (hook, request.world.me.id)
    assert json.loads(message["payload"]) == (request.body or {})
    if ACCESS[operation]["on_item"]:
        assert str(message["resource_id"]) in request.path
        assert message["resource_version"] == response.json()["version"]
    recorded = f"select xmin::text from {SCHEMA}.audit_event where tenant_id = $1"
    found = service.run(service.admin.fetchval(recorded, request.world.tenant_id))
    assert message["written"] == found


@pytest.mark.parametrize(("operation", "hook", "name"), FOLLOWED)
def test_nothing_follows_what_is_refused(
    service: Service, operation: str, hook: str, name: str
) -> None:
    del hook, name
    request = prepare(service, operation, None)
    assert request.send().status_code == 403
    assert messages(service, request.world.tenant_id) == []


@pytest.mark.parametrize(("operation", "hook", "name"), FOLLOWED)
def test_what_follows_is_called_until_it_succeeds(
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    hook: str,
    name: str,
) -> None:
    del hook
    request = allowed(service, operation)
    assert request.send().is_success
    here = request.world
    given: list[hooks.Committed] = []

    async def called(committed: hooks.Committed, *_: object) -> None:
        given.append(committed)
        if len(given) == 1:
            raise RuntimeError("not yet")

    monkeypatch.setattr(hooks, name, called)
    (message,) = claimed(service, here.tenant_id)
    assert tried(service, message) == "waiting"
    (found,) = messages(service, here.tenant_id)
    assert found["last_error"] == "hook_failed"
    service.run(
        service.admin.execute(
            f"update {SCHEMA}.outbox_message set due_at = now() where id = $1",
            found["id"],
        )
    )
    (message,) = claimed(service, here.tenant_id)
    assert tried(service, message) == "delivered"
    first, second = given
    assert (first.id, first.tenant_id, first.member_id) == (
        found["id"],
        here.tenant_id,
        here.me.id,
    )
    assert (second.id, second.attempt) == (first.id, 2)
    if isinstance(first, hooks.CommittedRow):
        assert str(first.row_id) in request.path
    assert claimed(service, here.tenant_id) == []


def test_what_is_not_written_or_not_known_is_tried_again() -> None:
    async def missing(_: Message) -> None:
        raise NotImplementedError

    assert asyncio.run(hooks.call({"hook": "nobody.knows"})).error == "unknown_hook"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(hooks.CALLS, "some.missing", missing)
        assert (
            asyncio.run(hooks.call({"hook": "some.missing"})).error == "not_implemented"
        )


def test_messages_of_a_row_are_worked_on_in_order(service: Service) -> None:
    here, row = world_of(service, None), uuid4()
    for version in (2, 1):
        add(service, here.tenant_id, resource_id=row, resource_version=version)
    add(service, here.tenant_id)
    found = claimed(service, here.tenant_id)
    assert [each["resource_version"] for each in found] == [1, 1]
    assert claimed(service, here.tenant_id) == []


def test_the_service_adds_messages_and_reads_none(
    service: Service, runtime: Connection
) -> None:
    here, other = (world_of(service, None) for _ in range(2))

    async def attack(statement: str, *arguments: object) -> None:
        async with bound(runtime, here.tenant_id, here.me.id):
            await runtime.execute(statement, *arguments)

    columns = "(tenant_id, member_id, payload, hook)"
    adding = (
        f"insert into {SCHEMA}.outbox_message {columns} values ($1, $1, '{{}}', 'a')"
    )
    for statement, given in (
        (adding, [other.tenant_id]),
        (f"select from {SCHEMA}.outbox_message", []),
        (f"update {SCHEMA}.outbox_message set state = 'dead'", []),
        (f"delete from {SCHEMA}.outbox_message", []),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            service.run(attack(statement, *given))


def test_the_worker_changes_no_message(service: Service) -> None:
    async def reach(statement: str) -> None:
        connection = await asyncpg.connect(service.database.worker)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    service.run(worker.check(service.database.worker, development=True))
    for statement in (
        f"update {SCHEMA}.outbox_message set payload = ''",
        f"update {SCHEMA}.outbox_message set tenant_id = member_id",
        f"delete from {SCHEMA}.outbox_message",
        f"insert into {SCHEMA}.outbox_message default values",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            service.run(reach(statement))
