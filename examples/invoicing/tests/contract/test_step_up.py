"""An action that asks for a recent authentication (ID-3)."""

import importlib

import pytest

from tests.contract.harness import ACCESS, Service, allowed, code, reachable

FRESH = [each for each in reachable() if ACCESS[each]["step_up"]]


@pytest.mark.parametrize("operation", FRESH)
def test_an_old_authentication_is_not_enough(
    service: Service, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable(*_: object) -> None:
        raise AssertionError("the hook ran before the caller was let in")

    about = ACCESS[operation]
    if about["verb"] == "action":
        module = importlib.import_module(
            f"invoicing.resources.{about['resource']}.hooks"
        )
        monkeypatch.setattr(module, about["action"], unreachable)
    request = allowed(service, operation)
    claims = request.world.claims
    claims["auth_time"] = (
        int(str(claims["auth_time"])) - ACCESS[operation]["step_up"] - 5
    )
    request.headers["authorization"] = f"Bearer {request.world.token}"
    response = request.send()
    assert (response.status_code, code(response)) == (403, "step_up_required")
    assert "insufficient_user_authentication" in response.headers["www-authenticate"]
