"""Limits: for a user, a token and a tenant, and for an address that keeps failing (API-2)."""

from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest

from invoicing.development.database import Database
from invoicing.development.examples import example
from invoicing.development.issuer import DevelopmentIssuer
from invoicing.gate.admission import FAILURES, FOUNDING, LIMITS
from invoicing.gate.limits import Limit, LimiterUnavailable, MemoryLimiter
from invoicing.gate.plans import RATES
from tests.contract.harness import (
    TABLE,
    Service,
    allowed,
    body_schema,
    code,
    let_in,
    plain,
)

SMALL = 3


@pytest.fixture
def limited(
    database: Database,
    issuer: DevelopmentIssuer,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Service]:
    """A service in which one scope has a small limit, and the others none to speak of."""
    for scope in LIMITS:
        count = SMALL if scope == request.param else 1_000_000
        monkeypatch.setitem(LIMITS, scope, Limit(scope, count, 3600))
    for plan in RATES:
        monkeypatch.setitem(RATES, plan, LIMITS["tenant"])
    running = Service(database, issuer)
    yield running
    running.close()


SCOPES = [each for each in LIMITS if each not in (FAILURES, FOUNDING)]


@pytest.mark.parametrize("limited", SCOPES, indirect=True)
def test_a_limit_holds_and_says_when_to_come_back(limited: Service) -> None:
    request = allowed(limited, plain())
    for _ in range(SMALL):
        response = request.send()
        assert let_in(response), response.text
        assert (
            "ratelimit" in response.headers and "ratelimit-policy" in response.headers
        )
    refused = request.send()
    assert (refused.status_code, code(refused)) == (429, "too_many_requests")
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    other = allowed(limited, plain())
    assert let_in(other.send()), "a noisy tenant slows its neighbour"


@pytest.mark.parametrize("limited", ["failed_authentication"], indirect=True)
def test_an_address_that_keeps_failing_is_told_to_wait(limited: Service) -> None:
    request = allowed(limited, plain())
    good = request.headers["authorization"]
    assert let_in(request.send())
    request.headers["authorization"] = "Bearer nonsense"
    for _ in range(SMALL):
        assert request.send().status_code == 401
    refused = request.send()
    assert (refused.status_code, code(refused)) == (429, "too_many_requests")
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    request.headers["authorization"] = good
    assert let_in(request.send()), "a good token is heard"


def test_without_its_limits_the_service_does_not_answer(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable(*_: object) -> None:
        raise LimiterUnavailable

    request = allowed(service, plain())
    if not SCOPES:  # then failures alone are counted
        request.headers["authorization"] = "Bearer nonsense"
    monkeypatch.setattr(MemoryLimiter, "take", unavailable)
    response = request.send()
    assert (response.status_code, code(response)) == (503, "limits_unavailable")


def test_without_its_limits_the_service_is_not_ready(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable(*_: object) -> None:
        raise LimiterUnavailable

    assert service.client.get("/readyz").status_code == 200
    monkeypatch.setattr(MemoryLimiter, "check", unavailable)
    assert service.client.get("/readyz").status_code == 503
    assert service.client.get("/healthz").status_code == 200


def test_every_scope_has_the_limit_of_the_spec() -> None:
    found = {name: (limit.count, limit.window) for name, limit in LIMITS.items()}
    assert found == {
        "user": (60, 60),
        "token": (60, 60),
        "tenant": (1200, 60),
        "failed_authentication": (20, 60),
        FOUNDING: (10, 3600),
    }


@pytest.mark.parametrize("limited", [FOUNDING], indirect=True)
def test_an_address_makes_few_tenants(limited: Service) -> None:
    def made(number: int) -> httpx2.Response:
        claims = limited.issuer.claims(f"founder-{uuid4()}", str(uuid4()))
        schema = body_schema("sign_up")
        return limited.client.post(
            TABLE["sign_up"].path,
            headers={"authorization": f"Bearer {limited.issuer.sign(claims)}"},
            json={**example(schema or {}, number), "slug": f"made-{uuid4()}"},
        )

    for number in range(SMALL):
        response = made(number)
        assert response.status_code == 201, response.text
    refused = made(SMALL)
    assert (refused.status_code, code(refused)) == (429, "too_many_requests")
    assert 0 < int(refused.headers["retry-after"]) <= 3600
