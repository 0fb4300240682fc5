"""A disputed payment: what tells of it is remembered, held, and written down (PAY-8)."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest
from typer.testing import CliRunner

from invoicing import admin
from invoicing import evidence as pack
from invoicing.development import plans
from invoicing.development.world import Connection
from tests.contract.harness import Service, World, allowed, bound, reachable, world_of

PAID: Final = "team"
OLD: Final = timedelta(days=40_000)
"""Longer ago than anything is kept."""
LATER: Final = timedelta(days=180 + 1)
"""Longer than what tells of a dispute is held when it is over."""


def disputed(service: Service, ended: timedelta | None = None) -> World:
    """A tenant with a payment that is disputed, or was so, with old rows that tell of it."""
    here = world_of(service, None)

    async def made() -> None:
        for state in ("active", "disputed"):
            await plans.subscribe(service.admin, here.tenant_id, PAID, state)
        if ended is not None:
            await service.admin.execute(
                "set session_replication_role = replica"
            )  # without triggers
            await plans.subscribe(service.admin, here.tenant_id, PAID, "active")
            await service.admin.execute("set session_replication_role = origin")
            await service.admin.execute(
                "insert into invoicing.subscription_change (tenant_id, recorded_at, was, state)"
                " values ($1, now() - $2::interval, 'disputed', 'active')",
                here.tenant_id,
                ended,
            )
        await old(service.admin, here.tenant_id)

    service.run(made())
    return here


async def old(connection: Connection, tenant_id: UUID) -> None:
    """Rows whose time is over."""
    await connection.execute(
        "insert into invoicing.audit_event (tenant_id, member_id, occurred_at, operation, resource, fields, request_id)"
        " values ($1, $1, now() - $2::interval, 'read', 'nothing', '[]', 'of-the-test')",
        tenant_id,
        OLD,
    )
    await connection.execute(
        "select set_config('app.tenant_id', $1, false)", str(tenant_id)
    )
    await connection.execute(
        "insert into invoicing.usage_ (tenant_id, meter, period, changed_at)"
        " values ($1, $2, '2001-01', now() - $3::interval)",
        tenant_id,
        "customer",
        OLD,
    )


def left(service: Service, here: World) -> int:
    """How many of these rows are there."""
    query = (
        "select (select count(*) from invoicing.subscription_change where tenant_id = $1 and state = '')"
        " + (select count(*) from invoicing.audit_event where tenant_id = $1 and request_id = 'of-the-test')"
        " + (select count(*) from invoicing.usage_ where tenant_id = $1 and period = '2001-01')"
    )
    found: int = service.run(service.admin.fetchval(query, here.tenant_id))
    return found


OLD_ROWS: Final = 2


def deleted(service: Service, here: World) -> None:
    """Deletes the audit events of a tenant as nobody else could."""
    query = "delete from invoicing.audit_event where tenant_id = $1 and occurred_at < now() - $2::interval"
    service.run(service.admin.execute(query, here.tenant_id, OLD - timedelta(days=1)))


def test_while_a_payment_is_disputed_no_event_is_deleted(service: Service) -> None:
    for ended in (None, LATER - timedelta(days=2)):
        here = disputed(service, ended)
        with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
            deleted(service, here)
        assert left(service, here) == OLD_ROWS


def test_an_event_is_held_until_a_time_after_the_dispute(service: Service) -> None:
    here = disputed(service, LATER)
    deleted(service, here)
    assert left(service, here) == OLD_ROWS - 1


def test_the_dispute_of_another_tenant_holds_nothing(service: Service) -> None:
    disputed(service)
    here = world_of(service, None)
    service.run(old(service.admin, here.tenant_id))
    deleted(service, here)
    assert left(service, here) == OLD_ROWS - 1


def test_a_purge_leaves_what_is_held(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWNER_DATABASE_URL", service.database.owner)
    held, over, never = (
        disputed(service),
        disputed(service, LATER),
        world_of(service, None),
    )
    service.run(old(service.admin, never.tenant_id))
    ended = CliRunner().invoke(admin.app, ["purge"])
    assert ended.exit_code == 0, ended.output
    assert [left(service, each) for each in (held, over, never)] == [OLD_ROWS, 0, 0]


def test_what_became_of_a_subscription_is_remembered(
    service: Service, runtime: Connection
) -> None:
    here = disputed(service)
    query = "select was, state, plan from invoicing.subscription_change where tenant_id = $1 order by recorded_at, was"
    changes = [
        tuple(each) for each in service.run(service.admin.fetch(query, here.tenant_id))
    ]
    assert changes[-2:] == [
        (changes[-3][1] if len(changes) > 2 else None, "active", PAID),
        ("active", "disputed", PAID),
    ]
    statements = (
        "update invoicing.subscription_change set state = 'active'",
        "delete from invoicing.subscription_change",
        "truncate invoicing.subscription_change",
    )

    async def tampered(statement: str) -> None:
        async with bound(runtime, here.tenant_id, here.me.id):
            await runtime.execute(statement)

    for statement in statements:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            service.run(tampered(statement))
        with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
            service.run(service.admin.execute(statement))


Writes = Callable[..., Any]


@pytest.fixture
def writes(service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Writes:
    """Writes the pack of a tenant into a folder; the status and what is said."""
    monkeypatch.setenv("OWNER_DATABASE_URL", service.database.owner)
    monkeypatch.setenv("OPERATOR", "on-call@example.com")

    def write(tenant: object, *options: str) -> tuple[int, str, Path]:
        target = tmp_path / "pack"
        ended = CliRunner().invoke(
            pack.app, [str(tenant), "--out", str(target), *options]
        )
        return ended.exit_code, ended.output, target

    return write


def lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a file of the pack."""
    return [json.loads(each) for each in path.read_text("utf-8").splitlines()]


def test_a_pack_says_what_happened_and_who_wrote_it(
    service: Service, writes: Writes
) -> None:
    request = allowed(service, reachable()[0])
    here, other = request.world, disputed(service)
    for state in ("active", "disputed"):
        service.run(plans.subscribe(service.admin, here.tenant_id, PAID, state))
    service.run(
        service.admin.execute(
            "update invoicing.member set name = 'A Person', email = 'person@example.com' where id = $1",
            here.me.id,
        )
    )
    service.run(old(service.admin, here.tenant_id))
    began = datetime.now(UTC)
    status, said, target = writes(here.tenant_id)
    assert status == 0, said
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    assert {each.name for each in target.iterdir()} == {
        "manifest.json",
        *(each["name"] for each in manifest["files"]),
    }
    assert manifest["made_by"] == "on-call@example.com"
    assert began <= datetime.fromisoformat(manifest["made_at"]) <= datetime.now(UTC)
    whole = ""
    for each in manifest["files"]:
        path = target / each["name"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == each["sha256"]
        assert path.stat().st_mode & 0o077 == 0
        head, *rows = lines(path)
        assert head["evidence"] == {
            name: value for name, value in manifest.items() if name != "files"
        }
        assert len(rows) == each["rows"]
        assert {row["tenant_id"] for row in rows} <= {str(here.tenant_id)}, each["name"]
        whole += path.read_text("utf-8")
    assert (
        "A Person" not in whole
        and "person@example.com" not in whole
        and here.me.subject not in whole
    )
    assert str(other.tenant_id) not in whole
    assert [row["state"] for row in lines(target / "subscription_change.jsonl")[1:]][
        -2:
    ] == ["active", "disputed"]
    events = lines(target / "audit_event.jsonl")[1:]
    assert "of-the-test" not in [
        row["request_id"] for row in events
    ]  # from long before the dispute
    assert str(here.me.id) in [row["id"] for row in lines(target / "member.jsonl")[1:]]


def test_that_a_pack_was_written_is_recorded(service: Service, writes: Writes) -> None:
    here = disputed(service)
    assert writes(here.tenant_id)[0] == 0
    query = (
        "select m.subject from invoicing.audit_event e join invoicing.member m on m.tenant_id = e.tenant_id"
        " and m.id = e.member_id where e.tenant_id = $1 and e.operation = 'write_evidence'"
    )
    assert (
        service.run(service.admin.fetchval(query, here.tenant_id))
        == "on-call@example.com"
    )


def test_without_a_dispute_there_is_no_pack(service: Service, writes: Writes) -> None:
    here = world_of(service, None)
    status, said, target = writes(here.tenant_id)
    assert (status, target.exists()) == (1, False)
    assert "--since" in said
    status, said, target = writes(here.tenant_id, "--since", "2001-01-01")
    assert status == 0, said
    before = (target / "manifest.json").read_bytes()
    status, said, _ = writes(here.tenant_id, "--since", "2001-01-01")
    assert status == 1 and "is there already" in " ".join(said.split())
    assert (target / "manifest.json").read_bytes() == before
    assert [each.name for each in target.parent.iterdir()] == [target.name]
