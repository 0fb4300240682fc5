"""A conflict says which of the fields that were sent it is about (API-1)."""

import pytest

from invoicing.store.database import REFERENCES, UNIQUE
from tests.contract.harness import (
    NOBODY,
    Service,
    again,
    allowed,
    allowed_facts,
    code,
    reachable,
)

CREATES = reachable("create")


@pytest.mark.parametrize("operation", CREATES)
def test_a_value_that_is_taken_is_named(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    assert request.send().status_code == 201
    response = again(request).send()
    assert response.status_code in (201, 409)
    if response.status_code == 409:
        assert code(response) == "already_exists"
        named = {
            each["where"].removeprefix("body.")
            for each in response.json().get("errors", ())
        }
        assert named <= set(request.body or {})
        assert not named or named in [set(fields) for fields in UNIQUE.values()]


@pytest.mark.parametrize("operation", CREATES)
def test_a_reference_to_nothing_is_named(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    sent = dict(request.body or {})
    decided = allowed_facts(operation)["row"]  # by it the caller is let in
    for field in (set(REFERENCES.values()) & set(sent)) - set(decided):
        request.body = {**sent, field: NOBODY}
        response = again(request).send()
        assert (response.status_code, code(response)) == (409, "reference_not_found")
        assert [each["where"] for each in response.json()["errors"]] == [
            f"body.{field}"
        ]
