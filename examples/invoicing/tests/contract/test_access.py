"""Who may do what: every operation with every role (AZ-1, AZ-2, AZ-3, TEST-1)."""

import pytest

from invoicing.development.world import CATALOG
from tests.contract.harness import (
    ACCESS,
    NOBODY,
    TABLE,
    Service,
    again,
    allowed,
    allowed_role,
    cases,
    code,
    colleague,
    listed,
    prepare,
    reachable,
    seen,
    world_of,
)

OUTSIDE = [
    (operation, role, number)
    for operation, role in cases(allowed=True)
    for number, _ in enumerate(ACCESS[operation]["roles"][role]["outside"])
]
ITEMS = [each for each in reachable() if "{" in TABLE[each].path]
MFA = {name: about["mfa"] for name, about in CATALOG["roles"].items()}
METHODS = {"any": ["pwd", "otp", "swk"], "phishing_resistant": ["hwk", "swk", "mfa"]}
"""By what a role needs: the strongest methods (RFC 8176) that are not enough for it."""


@pytest.mark.parametrize(("operation", "role"), cases(allowed=True))
def test_a_granted_role_is_allowed(service: Service, operation: str, role: str) -> None:
    facts = ACCESS[operation]["roles"][role]
    response = prepare(service, operation, role, facts).send()
    assert response.status_code == TABLE[operation].status, response.text


@pytest.mark.parametrize(("operation", "role"), cases(allowed=False))
def test_any_other_role_is_refused(service: Service, operation: str, role: str) -> None:
    response = prepare(service, operation, role).send()
    reason = ACCESS[operation]["roles"][role]["reason"]
    status = {"not_found": 404, "reference_not_found": 409}.get(reason, 403)
    assert (response.status_code, code(response)) == (status, reason)


@pytest.mark.parametrize(("operation", "role", "number"), OUTSIDE)
def test_outside_its_conditions_a_role_is_refused(
    service: Service, operation: str, role: str, number: int
) -> None:
    about = ACCESS[operation]
    facts = about["roles"][role] | about["roles"][role]["outside"][number]
    request = prepare(service, operation, role, facts)
    if about["verb"] == "list":
        hidden = listed(request, facts)
        response = request.send()
        assert response.status_code == 200, response.text
        assert hidden not in response.text
        return
    response = request.send()
    assert response.status_code in (403, 404), response.text
    assert code(response) in ("condition_not_met", "not_found")


@pytest.mark.parametrize("operation", reachable())
def test_a_stranger_to_the_tenant_is_refused(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    claims = service.issuer.claims("stranger", str(request.world.tenant_id))
    request.headers["authorization"] = f"Bearer {service.issuer.sign(claims)}"
    response = request.send()
    assert (response.status_code, code(response)) == (403, "not_a_member")


@pytest.mark.parametrize("operation", reachable())
def test_a_role_is_lost_with_the_next_request(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    me = request.world.me
    colleague(request.world, allowed_role(operation))  # one has to stay
    service.run(
        service.admin.execute(
            "update invoicing.member set active = false where tenant_id = $1 and id = $2",
            me.tenant_id,
            me.id,
        )
    )
    response = request.send()
    assert (response.status_code, code(response)) == (403, "not_a_member")


@pytest.mark.parametrize("operation", ITEMS)
def test_another_tenant_cannot_tell_a_row_from_nothing(
    service: Service, operation: str
) -> None:
    request = allowed(service, operation)
    stranger = allowed(service, operation)
    foreign = stranger.world
    request.headers["authorization"] = f"Bearer {foreign.token}"
    theirs = request.send()
    request.path = "/".join(
        NOBODY if len(part) == 36 else part for part in request.path.split("/")
    )
    nothing = again(request).send()
    assert theirs.status_code == 404, theirs.text
    assert seen(theirs) == seen(nothing)


@pytest.mark.parametrize("operation", reachable("list"))
def test_a_list_has_the_rows_of_one_tenant(service: Service, operation: str) -> None:
    here, there = allowed(service, operation), allowed(service, operation)
    mine, theirs = listed(here), listed(there)
    text = here.send().text
    assert mine in text
    assert theirs not in text


@pytest.mark.parametrize("operation", reachable())
def test_nobody_gets_in_without_a_role(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    nobody = world_of(service, None)
    request.headers["authorization"] = f"Bearer {nobody.token}"
    response = request.send()
    assert (response.status_code, code(response)) == (403, "permission_missing")


@pytest.mark.parametrize("operation", reachable())
def test_a_role_needs_its_authentication(service: Service, operation: str) -> None:
    for role, facts in ACCESS[operation]["roles"].items():
        if MFA[role] == "none" or not facts["allowed"]:
            continue
        request = prepare(service, operation, role, facts)
        request.world.claims |= {"amr": METHODS[MFA[role]], "acr": "1"}
        request.headers["authorization"] = f"Bearer {request.world.token}"
        response = request.send()
        assert (response.status_code, code(response)) == (403, "mfa_required"), role
        assert (
            "insufficient_user_authentication" in response.headers["www-authenticate"]
        )
