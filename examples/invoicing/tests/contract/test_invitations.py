"""Invitations: who lets whom in, once, and as whom (AZ-1, ID-7)."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest

from invoicing.development.world import CATALOG, Connection
from invoicing.gate.identity import TENANT_CLAIM
from invoicing.gate.outcomes import REFUSALS, refuse
from invoicing.gate.secrets import written
from tests.contract.harness import (
    ACCESS,
    TABLE,
    Service,
    World,
    bound,
    cases,
    code,
    colleague,
    effects,
    prepare,
    seen,
    world_of,
)

INVITE: Final = "create_invitation"
GIVEN: Final = {
    role: ACCESS[operation]["roles"][role]["gives"]
    for operation, role in cases(allowed=True)
    if operation == INVITE
}
"""The roles that each role gives by an invitation."""
ROLE: Final = next(iter(GIVEN))
PEOPLE: Final = [
    name for name, about in CATALOG["roles"].items() if about["kind"] == "human"
]
TABLE_NAME: Final = "invoicing.invitation"


@dataclass
class Invited:
    """An invitation, its maker, and a token of the person whom it is for."""

    inviter: World
    id: str
    token: str
    claims: dict[str, object]

    def accept(self, token: str | None = None, /, **claims: object) -> httpx2.Response:
        """What the service answers to it, or to another token, of that person as they are then."""
        service = self.inviter.service
        bearer = service.issuer.sign(self.claims | claims)
        return service.client.post(
            TABLE["accept_invitation"].path,
            headers={"authorization": f"Bearer {bearer}"},
            json={"token": token or self.token},
        )

    def run(self, statement: str, *arguments: object) -> None:
        """Changes something beside the service."""
        self.inviter.service.run(
            self.inviter.service.admin.execute(statement, *arguments)
        )

    def members(self) -> int:
        """How many people belong to the tenant."""
        found: int = self.inviter.service.run(
            self.inviter.service.admin.fetchval(
                "select count(*) from invoicing.member where tenant_id = $1",
                self.inviter.tenant_id,
            )
        )
        return found


def asked(
    service: Service, role: str, body: dict[str, Any]
) -> tuple[World, httpx2.Response]:
    """The answer to somebody who invites."""
    request = prepare(service, INVITE, role, ACCESS[INVITE]["roles"][role])
    request.body = body
    return request.world, request.send()


def invited(service: Service, role: str = ROLE, **said: object) -> Invited:
    """A new invitation for one role, bound to an address unless something else is said."""
    address = f"{uuid4()}@example.com"
    bound_to = {} if "issuer" in said else {"email": address}
    world, response = asked(
        service, role, {"roles": GIVEN[role][:1], **bound_to, **said}
    )
    assert response.status_code == 201, response.text
    claims = service.issuer.claims(f"invited-{uuid4()}", str(world.tenant_id))
    claims |= {"email": address, "email_verified": True}
    row = response.headers["location"].rpartition("/")[2]
    return Invited(world, row, response.json()["token"], claims)


@pytest.mark.parametrize("role", GIVEN)
def test_whoever_is_invited_becomes_a_member(service: Service, role: str) -> None:
    invitation = invited(service, role)
    tenant = invitation.inviter.tenant_id
    before = effects(service, tenant)
    response = invitation.accept()
    assert response.status_code == 200, response.text
    told = response.json()
    assert told["organization_id"] == str(tenant)
    assert told["roles"] == GIVEN[role][:1]
    row = service.run(
        service.admin.fetchrow(
            "select * from invoicing.member where id = $1", UUID(told["member_id"])
        )
    )
    assert row is not None
    assert (row["tenant_id"], row["kind"], row["active"]) == (tenant, "human", True)
    assert (row["issuer"], row["subject"]) == (
        invitation.claims["iss"],
        invitation.claims["sub"],
    )
    assert (row["roles"], row["email"]) == (GIVEN[role][:1], invitation.claims["email"])
    assert effects(service, tenant) == before + 1
    response = invitation.accept()
    assert (response.status_code, code(response)) == (409, "already_member")


def test_an_issuer_and_a_subject_are_enough(service: Service) -> None:
    claims = service.issuer.claims(f"invited-{uuid4()}", "")
    invitation = invited(service, issuer=claims["iss"], subject=claims["sub"])
    assert invitation.accept(email=None).status_code == 404, "it is somebody else"
    response = invitation.accept(sub=claims["sub"], email=None)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"issuer": "https://login.example.com/"},
        {"email": "a@example.com", "subject": "a"},
    ],
)
def test_an_invitation_is_for_somebody(service: Service, body: dict[str, str]) -> None:
    _, response = asked(service, ROLE, {"roles": GIVEN[ROLE][:1], **body})
    assert (response.status_code, code(response)) == (422, "invitation_unbound")


@pytest.mark.parametrize("role", GIVEN)
def test_only_roles_of_the_grant_are_promised(service: Service, role: str) -> None:
    for beyond in sorted({*PEOPLE} - {*GIVEN[role]}):
        roles = [GIVEN[role][0], beyond]
        _, response = asked(service, role, {"roles": roles, "email": "a@example.com"})
        told_why = (response.status_code, code(response))
        assert told_why == (403, "role_not_assignable"), beyond


SPOILT: Final = {
    "used": "accepted_at = now(), accepted_by = gen_random_uuid()",
    "revoked": "revoked_at = now()",
    "expired": "expires_at = now()",
    "of another address": "email = 'another@example.com'",
    "of another subject": "issuer = 'https://another.example.com/', subject = 'another'",
    "of another issuer": "issuer = 'https://another.example.com/', subject = $2",
}
"""What makes an invitation one that nobody, or somebody else, can accept."""


def unknown(invitation: Invited) -> str:
    """A token as the service writes them, of an invitation that never was."""
    tenant, word = str(invitation.inviter.tenant_id), "invitation"
    return written(tenant, str(uuid4()), "0" * 43, "development", word)


def refused(invitation: Invited, **claims: object) -> None:
    """The one answer to a token that is no good, whatever the reason."""
    before = invitation.members()
    response = invitation.accept(**claims)
    assert (response.status_code, code(response)) == (404, "not_found")
    for nothing in ("nothing", unknown(invitation)):
        assert seen(response) == seen(invitation.accept(nothing, **claims))
    assert invitation.members() == before


@pytest.mark.parametrize("why", SPOILT)
def test_a_token_that_is_no_good_makes_no_member(service: Service, why: str) -> None:
    invitation = invited(service)
    given = [invitation.claims["sub"]] if "$2" in SPOILT[why] else []
    statement = f"update {TABLE_NAME} set {SPOILT[why]} where id = $1"
    invitation.run(statement, UUID(invitation.id), *given)
    refused(invitation)


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": "another@example.com"},
        {"email": None},
    ],
)
def test_an_address_has_to_be_verified(
    service: Service, claims: dict[str, object]
) -> None:
    refused(invited(service), **claims)


def test_another_token_is_not_that_of_an_invitation(service: Service) -> None:
    invitation, other = invited(service), invited(service)
    response = invitation.accept(other.token)
    assert (response.status_code, code(response)) == (404, "not_found")
    last = "0" if invitation.token[-1] != "0" else "1"
    assert invitation.accept(invitation.token[:-1] + last).status_code == 404


def test_a_service_accepts_no_invitation(service: Service) -> None:
    invitation = invited(service)
    refused(invitation, client_id=invitation.claims["sub"])


@pytest.mark.parametrize("change", ["active = false", "roles = '{}'"])
def test_the_inviter_still_has_to_be_able_to(service: Service, change: str) -> None:
    invitation = invited(service)
    colleague(invitation.inviter, ROLE)  # somebody may have to stay
    statement = f"update invoicing.member set {change} where id = $1"
    invitation.run(statement, invitation.inviter.me.id)
    refused(invitation)


def test_the_log_alone_has_the_cause() -> None:
    causes = [
        each
        for each in REFUSALS
        if each.startswith("invit") and each != "invitation_unbound"
    ]
    assert len(causes) == 6
    for cause in causes:
        problem = refuse(cause)
        assert (problem.status, problem.code, problem.cause) == (
            404,
            "not_found",
            cause,
        )


def test_of_two_who_accept_at_once_one_becomes_a_member(service: Service) -> None:
    """Both have found the invitation before one of them has accepted it."""
    invitation = invited(service)
    before = invitation.members()

    async def held() -> list[httpx2.Response]:
        async with service.admin.transaction():
            await service.admin.execute(
                f"select from {TABLE_NAME} where id = $1 for update",
                UUID(invitation.id),
            )
            both = asyncio.gather(
                *(
                    asyncio.to_thread(invitation.accept, sub=f"{who}-{uuid4()}")
                    for who in "ab"
                )
            )
            waiting = (
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and wait_event_type = 'Lock' and query like '%accept_invitation%'"
            )
            while await service.admin.fetchval(waiting) < 2:
                await asyncio.sleep(0.01)
                await service.admin.execute("select pg_stat_clear_snapshot()")
        return await both

    ended = service.run(held())
    assert sorted(each.status_code for each in ended) == [200, 404]
    assert invitation.members() == before + 1


def test_the_service_makes_no_other_member(
    service: Service, runtime: Connection
) -> None:
    """A plain statement as the service's own role: the policies ask for an invitation that this
    transaction has accepted."""
    invitation = invited(service)
    digest = service.run(
        service.admin.fetchval(
            f"select digest from {TABLE_NAME} where id = $1", UUID(invitation.id)
        )
    )
    world = invitation.inviter

    async def added() -> None:
        async with bound(runtime, world.tenant_id, world.me.id):
            await runtime.execute(
                "select set_config('app.invitation', $1, true)", digest
            )
            await runtime.execute(
                "insert into invoicing.member (tenant_id, issuer, subject, kind, roles)"
                " values ($1, 'https://login.example.com/', 'nobody', 'human', $2)",
                world.tenant_id,
                GIVEN[ROLE][:1],
            )

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        service.run(added())


def test_only_whoever_is_no_member_accepts(service: Service) -> None:
    """Whoever is one is not told whether a token is good."""
    invitation = invited(service)
    for token in (invitation.token, unknown(invitation)):
        response = invitation.accept(token, sub=invitation.inviter.me.subject)
        assert (response.status_code, code(response)) == (409, "already_member")


def test_an_invitation_that_is_taken_back_is_no_good(service: Service) -> None:
    for role, facts in ACCESS["revoke_invitation"]["roles"].items():
        if facts["allowed"] and role in GIVEN:
            invitation = invited(service, role)
            response = service.client.post(
                f"/invitations/{invitation.id}/revoke",
                headers={
                    "authorization": f"Bearer {invitation.inviter.token}",
                    "if-match": '"1"',
                },
            )
            assert response.status_code == 200, response.text
            refused(invitation)


def test_a_member_of_another_tenant_cannot_accept(service: Service) -> None:
    invitation, stranger = invited(service), world_of(service, None)
    claims = {TENANT_CLAIM: str(stranger.tenant_id), "sub": f"another-{uuid4()}"}
    response = invitation.accept(**claims)
    assert (response.status_code, code(response)) == (404, "not_found")
