"""Actions: guarded here, done in hooks/ (AZ-1)."""

import asyncio
import importlib
import inspect
import json
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from itertools import islice

import pytest

from invoicing.store.statements import RELEASE
from tests.contract.harness import (
    ACCESS,
    Service,
    again,
    allowed,
    code,
    effects,
    reachable,
)

ACTIONS = reachable("action")


@pytest.mark.parametrize("operation", ACTIONS)
def test_a_declared_hook_is_written(operation: str) -> None:
    about = ACCESS[operation]
    module = importlib.import_module(f"hooks.{about['resource']}")
    hook = getattr(module, about["action"], None)
    to_do = f"write {about['action']} in hooks/{about['resource']}.py"
    assert callable(hook), to_do
    names = getattr(getattr(inspect.unwrap(hook), "__code__", None), "co_names", ())
    assert "NotImplementedError" not in names, to_do


@pytest.mark.parametrize("operation", ACTIONS)
def test_a_missing_hook_is_no_open_door(
    service: Service, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from invoicing.gate.actions import hook

    about = ACCESS[operation]
    module = importlib.import_module(f"invoicing.resources.{about['resource']}.hooks")
    monkeypatch.setattr(
        module, about["function"], hook(about["resource"], "never_written")
    )
    request = allowed(service, operation)
    response = request.send()
    assert (response.status_code, code(response)) == (501, "not_implemented")
    request.headers["authorization"] = "Bearer nonsense"
    assert request.send().status_code == 401
    assert effects(service, request.world.tenant_id) == 0


@pytest.mark.parametrize("operation", ACTIONS)
def test_a_hook_that_refuses_leaves_no_trace(
    service: Service, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from invoicing.gate.actions import Action, refuse

    async def unwilling(action: Action, *_: object) -> None:
        assert await action.connection.fetchval("select 1") == 1
        refuse("not_today")

    about = ACCESS[operation]
    module = importlib.import_module(f"invoicing.resources.{about['resource']}.hooks")
    monkeypatch.setattr(module, about["function"], unwilling)
    request = allowed(service, operation)
    response = request.send()
    assert (response.status_code, code(response)) == (409, "action_refused")
    assert response.json()["detail"] == "not_today"
    assert effects(service, request.world.tenant_id) == 0


@pytest.mark.parametrize("operation", ACTIONS)
def test_a_hook_that_reads_leaves_its_action_able_to_write(
    service: Service, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from invoicing.gate.actions import Action

    async def reading(action: Action, *_: object) -> dict[str, object]:
        setting = await action.connection.fetchrow("show transaction_read_only")
        assert setting is not None and setting[0] == "on"
        return {}

    about = ACCESS[operation]
    module = importlib.import_module(f"invoicing.resources.{about['resource']}.hooks")
    monkeypatch.setattr(module, about["function"], reading)
    request = allowed(service, operation)
    assert request.send().status_code == about["status"]
    assert effects(service, request.world.tenant_id) == 1


@pytest.mark.parametrize("operation", ACTIONS)
def test_sql_of_a_hook_never_writes(
    service: Service, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from invoicing.gate.actions import Action

    about = ACCESS[operation]

    async def writing(action: Action, *_: object) -> None:
        await action.connection.fetch(f'delete from invoicing."{about["resource"]}"')

    module = importlib.import_module(f"invoicing.resources.{about['resource']}.hooks")
    monkeypatch.setattr(module, about["function"], writing)
    request = allowed(service, operation)
    response = request.send()
    assert (response.status_code, code(response)) == (500, "internal_error")
    assert effects(service, request.world.tenant_id) == 0


@pytest.mark.parametrize(
    "operation", [each for each in ACTIONS if ACCESS[each]["on_item"]]
)
def test_the_database_refuses_what_an_action_may_not_change(
    service: Service, operation: str
) -> None:
    request, about = allowed(service, operation), ACCESS[operation]
    me = request.world.me
    caller = {
        "issuer": request.world.claims["iss"],
        "subject": me.subject,
        "kind": "service" if me.service else "human",
    }
    statement = (
        f"select outcome from {RELEASE}.{about['resource']}_finish_(p_tenant => $1, p_caller => $2,"
        " p_action => $3, p_id => $4, p_version => 1, p_changes => $5, p_key => null, p_fingerprint => null, p_input => null, p_request => null)"
    )
    row = next(part for part in request.path.split("/") if len(part) == 36)
    values = (
        me.tenant_id,
        json.dumps(caller),
        about["action"],
        row,
        '{"created_at": null}',
    )
    assert (
        service.run(service.admin.fetchval(statement, *values)) == "field_not_writable"
    )


@pytest.mark.parametrize("operation", ACTIONS[:1])
def test_slow_hooks_of_a_tenant_leave_room_for_others(
    small: Service, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from invoicing.gate.actions import Action
    from invoicing.store import leases

    noisy, quiet = allowed(small, operation), allowed(small, operation)
    ended = threading.Event()

    async def slow(action: Action, *_: object) -> dict[str, object]:
        while action.tenant_id == noisy.world.tenant_id and not ended.is_set():
            await asyncio.sleep(0.02)
        return {}

    about = ACCESS[operation]
    module = importlib.import_module(f"invoicing.resources.{about['resource']}.hooks")
    monkeypatch.setattr(module, about["function"], slow)
    monkeypatch.setattr(leases, "WAIT_SECONDS", 0.3)
    requests = [noisy]
    while len(requests) < 6:
        requests.append(again(replace(noisy, headers=dict(requests[-1].headers))))
    with ThreadPoolExecutor(6) as threads:
        calls = [threads.submit(each.send) for each in requests]
        first = [each.result() for each in islice(as_completed(calls), 3)]
        answer = quiet.send()
        ended.set()
    assert [(each.status_code, code(each)) for each in first] == [
        (503, "try_again")
    ] * 3
    assert answer.status_code == about["status"]
