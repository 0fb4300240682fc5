"""What is kept of a request: an audit event for each effect, and no personal data in a log (DATA-2)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from invoicing.telemetry.logs import CLASSIFIED, REDACTED, redact
from tests.contract.harness import ACCESS, CONTRACT, Service, allowed, reachable

WRITES = reachable("create", "update", "delete", "action")


@pytest.mark.parametrize("operation", WRITES)
def test_an_effect_is_recorded(service: Service, operation: str) -> None:
    about = ACCESS[operation]
    request = allowed(service, operation)
    response = request.send()
    assert response.is_success, response.text
    query = "select * from invoicing.audit_event where tenant_id = $1"
    (event,) = service.run(service.admin.fetch(query, request.world.tenant_id))
    assert event["operation"] == operation
    assert event["resource"] == about["resource"]
    assert event["member_id"] == request.world.me.id
    assert event["request_id"] == response.headers["x-request-id"]
    if about["on_item"]:
        assert str(event["resource_id"]) in request.path
    if about["verb"] in ("create", "update"):
        assert sorted(event["fields"]) == sorted(request.body or {})


def classified(schema: Any, name: str = "") -> Iterator[str]:
    """The names of the properties that the contract classifies."""
    if isinstance(schema, list):
        for each in schema:
            yield from classified(each)
    elif isinstance(schema, dict):
        if schema.get("x-class", "public") not in ("public", "internal"):
            yield name
        for key, each in schema.items():
            yield from classified(each, key)


def test_what_the_contract_classifies_is_not_logged() -> None:
    names = {*classified(CONTRACT["components"]["schemas"]), "authorization", "token"}
    assert names <= CLASSIFIED
    for name in names:
        for event in (
            {name: "x"},
            {"row": {name: "x"}},
            {"rows": [{name: {"deep": "x"}}]},
        ):
            text = json.dumps(redact(None, "", event))
            assert REDACTED in text and '"x"' not in text
