"""The administration command: through the same rules, and recorded (ID-7)."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from invoicing import admin
from invoicing.development.world import CATALOG
from invoicing.settings import DEVELOPMENT_ISSUER
from tests.contract.harness import SLUGS, Service, told, world_of

OPERATOR = "on-call@example.com"
ROLES = [name for name, about in CATALOG["roles"].items() if about["kind"] == "human"]
OTHERS = [name for name, about in CATALOG["roles"].items() if about["kind"] != "human"]


@pytest.fixture
def command(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator["Command"]:
    """The command, as the owner of the tables."""
    monkeypatch.setenv("OWNER_DATABASE_URL", service.database.owner)
    monkeypatch.setenv("OPERATOR", OPERATOR)
    yield Command()


class Command:
    """Runs the command in this process."""

    def __call__(self, *arguments: object) -> list[dict[str, Any]]:
        """The rows that it prints; the service may log a decision meanwhile."""
        ended = CliRunner().invoke(admin.app, [*map(str, arguments), "--json"])
        assert ended.exit_code == 0, ended.output
        rows = map(json.loads, ended.stdout.splitlines())
        return [each for each in rows if "request_id" not in each]

    def refused(self, *arguments: object) -> str:
        """What it says when it does nothing."""
        ended = CliRunner().invoke(admin.app, [*map(str, arguments)])
        assert ended.exit_code in (1, 2), ended.output
        return ended.output


def answer(service: Service, tenant: UUID, subject: str) -> tuple[int, str]:
    """What the service says to a subject of the issuer of development."""
    claims = service.issuer.claims(subject, str(tenant))
    claims["iat"] = int(str(claims["iat"])) - 30  # from before whatever is done here
    return told(service, claims)


def added(command: Command, slug: str, subject: str, *options: str) -> dict[str, Any]:
    """A new member."""
    who = ("--issuer", DEVELOPMENT_ISSUER, "--subject", subject)
    (row,) = command("member", "add", slug, *who, *options)
    return row


def new_tenant(command: Command) -> dict[str, Any]:
    """A new tenant."""
    (row,) = command(
        "tenant",
        "create",
        next(SLUGS),
        "--name",
        "Umbrella",
        "--set",
        "region=" + str(CATALOG["tenant"]["examples"][0]["region"]),
    )
    return row


def events(service: Service, tenant: str) -> list[tuple[str, str]]:
    """The effects that are recorded of a tenant, each with its operator."""
    rows = service.run(
        service.admin.fetch(
            "select e.operation, m.subject from invoicing.audit_event e"
            " join invoicing.member m on m.tenant_id = e.tenant_id and m.id = e.member_id"
            " where e.tenant_id = $1 and m.issuer = 'operator' order by e.occurred_at",
            UUID(tenant),
        )
    )
    return [(row["operation"], row["subject"]) for row in rows]


def test_a_tenant_and_its_first_member(service: Service, command: Command) -> None:
    tenant = new_tenant(command)
    assert tenant["slug"] in [each["slug"] for each in command("tenant", "list")]
    member = added(command, tenant["slug"], "first", "--role", ROLES[0])
    assert member["roles"] == [ROLES[0]]
    assert answer(service, UUID(tenant["id"]), "first")[1] != "not_a_member"
    assert [each["id"] for each in command("member", "list", tenant["id"])] == [
        member["id"]
    ]
    assert events(service, tenant["id"]) == [
        ("create_organization", OPERATOR),
        ("add_member", OPERATOR),
    ]


def test_what_is_taken_away_is_gone(service: Service, command: Command) -> None:
    tenant = new_tenant(command)
    slug, here = tenant["slug"], UUID(tenant["id"])
    added(
        command, slug, "stays", *(part for each in ROLES for part in ("--role", each))
    )
    member = added(command, slug, "goes", "--role", ROLES[0])["id"]
    command("member", "deactivate", slug, member)
    assert answer(service, here, "goes") == (403, "not_a_member")
    command("member", "reactivate", slug, member)
    assert answer(service, here, "goes")[1] != "not_a_member"
    command("member", "sign-out", slug, member)
    assert answer(service, here, "goes") == (401, "unauthenticated")
    (row,) = command("member", "assign", slug, member, "--role", ROLES[-1])
    assert row["roles"] == [ROLES[-1]]
    assert row["version"] == 5
    assert [each for each, _ in events(service, tenant["id"])][-4:] == [
        "deactivate_member",
        "reactivate_member",
        "sign_out_member",
        "assign_member",
    ]


def test_a_member_of_another_tenant_is_out_of_reach(
    service: Service, command: Command
) -> None:
    here, there = world_of(service, ROLES[0]), new_tenant(command)
    said = command.refused("member", "deactivate", there["slug"], here.me.id)
    assert "There is no member" in said
    said = command.refused("member", "deactivate", "no-such-tenant", here.me.id)
    assert "There is no tenant" in said
    assert answer(service, here.tenant_id, here.me.subject)[1] != "not_a_member"


def test_nobody_has_the_token_of_an_operator(
    service: Service, command: Command
) -> None:
    """They are members who are never let in, and whom the command does not change."""
    tenant = new_tenant(command)
    operator = service.run(
        service.admin.fetchrow(
            "select id, active, roles from invoicing.member where tenant_id = $1 and issuer = 'operator'",
            UUID(tenant["id"]),
        )
    )
    assert operator is not None
    assert (operator["active"], operator["roles"]) == (False, [])
    assert "There is no member" in command.refused(
        "member", "reactivate", tenant["slug"], operator["id"]
    )


def test_roles_and_issuers_are_those_of_the_service(command: Command) -> None:
    slug = new_tenant(command)["slug"]
    who = ("member", "add", slug, "--subject", "somebody")
    assert "none of the issuers" in " ".join(
        command.refused(
            *who, "--issuer", "https://elsewhere.example/", "--role", ROLES[0]
        )
        .replace("│", " ")
        .split()
    )
    assert "no_such_role" in command.refused(
        *who, "--issuer", DEVELOPMENT_ISSUER, "--role", "no_such_role"
    )
    for role in OTHERS:
        said = command.refused(*who, "--issuer", DEVELOPMENT_ISSUER, "--role", role)
        assert "a member of this kind cannot hold" in said
    added(command, slug, "somebody", "--role", ROLES[0])
    assert "It is there already" in command.refused(
        *who, "--issuer", DEVELOPMENT_ISSUER, "--role", ROLES[0]
    )


def test_the_last_holder_is_kept(command: Command) -> None:
    slug = new_tenant(command)["slug"]
    member = added(command, slug, "only", "--role", "administrator")["id"]
    assert "nobody else holds the role" in command.refused(
        "member", "deactivate", slug, member
    )


def test_what_has_expired_is_purged_and_nothing_else(
    service: Service, command: Command
) -> None:
    command("purge")
    counted = {each["table"]: each["rows"] for each in command("purge", "--dry-run")}
    assert counted == dict.fromkeys(
        [
            "api_key",
            "invitation",
            "webhook_event",
            "webhook_order",
            "idempotency_key",
            "spending_",
            "usage_",
            "usage_closing",
            "webhook_delivery",
            "outbox_message",
            "audit_event",
        ],
        0,
    )


def test_without_the_owner_nothing_is_done(
    service: Service, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWNER_DATABASE_URL", "postgresql://db.example.com/invoicing")
    assert "without verified TLS" in command.refused("tenant", "list")
    monkeypatch.setenv("OWNER_DATABASE_URL", service.database.app)
    assert command.refused("tenant", "create", "mine", "--name", "Mine")
    monkeypatch.delenv("OWNER_DATABASE_URL")
    assert "OWNER_DATABASE_URL is not set" in command.refused("tenant", "list")
