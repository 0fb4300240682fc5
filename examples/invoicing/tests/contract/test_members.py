"""Who lets whom in, and gives them which roles (AZ-1, ID-7, TEST-5)."""

import asyncio
from uuid import UUID

import asyncpg
import httpx2
import pytest

from invoicing.development.world import CATALOG, Connection
from tests.contract.harness import (
    ACCESS,
    Prepared,
    Service,
    World,
    cases,
    code,
    colleague,
    prepare,
    told,
    world_of,
)

GRANTED = [
    each for each in cases(allowed=True) if ACCESS[each[0]]["resource"] == "member"
]
"""The operations on members, with each role that is allowed one."""
GIVING = [each for each in GRANTED if "gives" in ACCESS[each[0]]["roles"][each[1]]]
"""Those of which a role is allowed some alone."""
PEOPLE = [name for name, about in CATALOG["roles"].items() if about["kind"] == "human"]


def let_in(member: World) -> bool:
    """Is somebody a member, whatever they may do?"""
    return told(member.service, member.claims)[1] not in (
        "not_a_member",
        "unauthenticated",
    )


def about(request: Prepared, member: World) -> Prepared:
    """The same request about another member of the tenant."""
    head, _, tail = request.path.partition("/members/")
    request.path = f"{head}/members/{member.me.id}{tail[36:]}"
    return request


def given(operation: str, role: str) -> list[str]:
    """The roles that this role gives, or may take."""
    return list(ACCESS[operation]["roles"][role].get("gives", PEOPLE))


def ready(
    service: Service, operation: str, role: str, held: str
) -> tuple[Prepared, World]:
    """A request about a member of one role, and that member."""
    request = prepare(service, operation, role, ACCESS[operation]["roles"][role])
    other = colleague(request.world, held)
    return about(request, other), other


@pytest.mark.parametrize(
    ("operation", "role"),
    [
        each
        for each in GRANTED
        if ACCESS[each[0]]["action"] in ("assign", "deactivate", "reactivate")
    ],
)
def test_nobody_changes_their_own_membership(
    service: Service, operation: str, role: str
) -> None:
    request = prepare(service, operation, role, ACCESS[operation]["roles"][role])
    response = about(request, request.world).send()
    assert (response.status_code, code(response)) == (403, "own_membership")
    assert let_in(request.world)


ASSIGNING = [each for each in GIVING if ACCESS[each[0]]["action"] == "assign"]


@pytest.mark.parametrize(("operation", "role"), ASSIGNING)
def test_roles_change_with_the_next_request(
    service: Service, operation: str, role: str
) -> None:
    may = next(iter(given(operation, role)))
    request, other = ready(service, operation, role, may)
    request.body = {"roles": []}
    response = request.send()
    assert response.status_code == 200, response.text
    assert told(service, other.claims)[1] == "permission_missing"
    request.headers["if-match"] = response.headers["etag"]
    request.body = {"roles": [may]}
    response = request.send()
    assert response.status_code == 200, response.text
    if "roles" in response.json():
        assert response.json()["roles"] == [may]


@pytest.mark.parametrize(("operation", "role"), ASSIGNING)
def test_only_roles_of_the_grant_are_given_and_taken(
    service: Service, operation: str, role: str
) -> None:
    may = given(operation, role)
    for beyond in sorted({*PEOPLE} - {*may}):
        request, _ = ready(service, operation, role, may[0])
        request.body = {"roles": [may[0], beyond]}
        response = request.send()
        told_why = (response.status_code, code(response))
        assert told_why == (403, "role_not_assignable"), beyond
        request, _ = ready(service, operation, role, beyond)
        request.body = {"roles": [may[0]]}
        response = request.send()
        told_why = (response.status_code, code(response))
        assert told_why == (403, "role_not_assignable"), beyond
        request.body = {"roles": [beyond, may[0]]}
        assert request.send().status_code == 200, "what they have already, they keep"


@pytest.mark.parametrize(("operation", "role"), ASSIGNING)
def test_roles_are_those_of_people(service: Service, operation: str, role: str) -> None:
    request, _ = ready(service, operation, role, given(operation, role)[0])
    for name in (*({*CATALOG["roles"]} - {*PEOPLE}), "no_such_role"):
        request.body = {"roles": [name]}
        response = request.send()
        assert (response.status_code, code(response)) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("operation", "role"),
    [each for each in GRANTED if ACCESS[each[0]]["action"] == "deactivate"],
)
def test_the_next_request_of_who_is_deactivated_is_refused(
    service: Service, operation: str, role: str
) -> None:
    request, other = ready(service, operation, role, given(operation, role)[0])
    assert let_in(other)
    response = request.send()
    assert response.status_code == 200, response.text
    assert told(service, other.claims) == (403, "not_a_member")


@pytest.mark.parametrize(
    ("operation", "role"),
    [each for each in GRANTED if ACCESS[each[0]]["action"] == "reactivate"],
)
def test_who_is_reactivated_is_let_in(
    service: Service, operation: str, role: str
) -> None:
    request, other = ready(service, operation, role, given(operation, role)[0])
    colleague(request.world, given(operation, role)[0])
    service.run(
        service.admin.execute(
            "update invoicing.member set active = false where id = $1", other.me.id
        )
    )
    assert not let_in(other)
    assert request.send().status_code == 200
    assert let_in(other)


@pytest.mark.parametrize(
    ("operation", "role"),
    [each for each in GIVING if ACCESS[each[0]]["action"] != "assign"],
)
def test_members_of_other_roles_stay_as_they_are(
    service: Service, operation: str, role: str
) -> None:
    for beyond in sorted({*PEOPLE} - {*given(operation, role)}):
        request, _ = ready(service, operation, role, beyond)
        response = request.send()
        told_why = (response.status_code, code(response))
        assert told_why == (403, "role_not_assignable"), beyond


@pytest.mark.parametrize(
    ("operation", "role"),
    [each for each in GRANTED if ACCESS[each[0]]["action"] == "sign_out"],
)
def test_tokens_from_before_a_sign_out_are_refused(
    service: Service, operation: str, role: str
) -> None:
    request, other = ready(service, operation, role, given(operation, role)[0])
    assert let_in(other), "and the token is remembered"
    assert request.send().status_code == 200
    assert told(service, other.claims) == (401, "unauthenticated")
    other.claims["iat"] = int(str(other.claims["iat"])) + 2
    assert let_in(other), "a new token"


LAST = [
    "administrator",
]
"""The roles of which each tenant keeps a holder."""
LEAVING = (
    "update invoicing.member set active = false where id = $1",
    "update invoicing.member set roles = '{}' where id = $1",
)


@pytest.mark.parametrize("role", LAST)
@pytest.mark.parametrize("statement", LEAVING)
def test_the_last_holder_stays(service: Service, role: str, statement: str) -> None:
    """Whoever changes the rows, by whatever statement."""
    one = world_of(service, role)
    with pytest.raises(asyncpg.CheckViolationError, match=role):
        service.run(service.admin.execute(statement, one.me.id))
    colleague(one, role)
    service.run(service.admin.execute(statement, one.me.id))


@pytest.mark.parametrize("role", LAST)
def test_of_two_who_leave_at_once_one_stays(service: Service, role: str) -> None:
    one = world_of(service, role)
    other = colleague(one, role)

    async def leave(connection: Connection, member: UUID) -> None:
        async with connection.transaction():
            await connection.execute(LEAVING[0], member)
            await asyncio.sleep(0.2)

    async def both() -> list[BaseException | None]:
        second = await asyncpg.connect(service.database.admin)
        leaving = (leave(service.admin, one.me.id), leave(second, other.me.id))
        try:
            return list(await asyncio.gather(*leaving, return_exceptions=True))
        finally:
            await second.close()

    ended = service.run(both())
    assert sorted(type(each).__name__ for each in ended) == [
        "CheckViolationError",
        "NoneType",
    ]


@pytest.mark.parametrize(
    ("operation", "role"),
    [
        each
        for each in GRANTED
        if ACCESS[each[0]]["action"] == "deactivate"
        and each[1] in {*LAST} & {*given(*each)}
    ],
)
def test_two_who_send_each_other_away(
    service: Service, operation: str, role: str
) -> None:
    """Both are let in and change the other's row before one of them is asked about a holder."""
    request, other = ready(service, operation, role, role)
    back = prepare(service, operation, role, caller=other)
    about(back, request.world)

    async def held() -> list[httpx2.Response]:
        async with service.admin.transaction():
            await service.admin.execute(
                "select pg_advisory_xact_lock(hashtextextended('holders ' || $1::text, 0))",
                str(other.tenant_id),
            )
            both = asyncio.gather(
                *(asyncio.to_thread(each.send) for each in (request, back))
            )
            waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
            while await service.admin.fetchval(waiting) < 2:
                await asyncio.sleep(0.01)
        return await both

    ended = service.run(held())
    assert sorted(each.status_code for each in ended) == [200, 409]
    assert "last_holder" in [each.json().get("code") for each in ended]
