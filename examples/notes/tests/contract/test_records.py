"""What is kept of a request: every decision, and no personal data (AZ-6, DATA-2)."""

import io
import json
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from notes.telemetry import logs
from notes.telemetry.decisions import Decisions
from notes.telemetry.logs import CLASSIFIED, REDACTED, redact
from tests.contract.harness import (
    ACCESS,
    CONTRACT,
    Prepared,
    Service,
    allowed,
    allowed_role,
    cases,
    code,
    prepare,
    reachable,
    world_of,
)


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


def logged(request: Prepared) -> tuple[httpx2.Response, dict[str, Any]]:
    """The answer to a request, and its line in the log, which is written behind it."""
    with redirect_stdout(io.StringIO()) as output:
        response = request.send()
        known = response.headers["x-request-id"]
        for _ in range(1000):
            for each in output.getvalue().splitlines():
                if known in each and each.endswith("}"):
                    found: dict[str, Any] = json.loads(each)
                    return response, found
            time.sleep(0.01)
    raise AssertionError("the decision is not in the log")


@pytest.mark.parametrize("operation", reachable())
def test_a_decision_says_who_did_what_from_where(
    service: Service, operation: str
) -> None:
    request = allowed(service, operation)
    response, line = logged(request)
    about = ACCESS[operation]
    assert (line["operation"], line["status"], line["allowed"]) == (
        operation,
        about["status"],
        True,
    )
    assert line["tenant_id"] == str(request.world.tenant_id)
    assert line["roles"] == [allowed_role(operation)]
    assert line["factors"] == "phishing_resistant"
    assert line["address"] == "127.0.0.1"
    row = next((part for part in request.path.split("/") if len(part) == 36), None)
    made = response.headers.get("location", "").rpartition("/")[2]
    assert line["row"] == (made or row)


def test_a_refusal_is_a_decision(service: Service) -> None:
    for operation, role in cases(allowed=False):
        response, line = logged(prepare(service, operation, role))
        assert (line["status"], line["allowed"]) == (response.status_code, False)
        assert (line["reason"], line["roles"]) == (code(response), [role])


def test_a_pseudonym_is_of_one_caller(service: Service) -> None:
    request, other = allowed(service, OPERATION), allowed(service, OPERATION)
    mine, theirs = logged(request)[1]["principal"], logged(other)[1]["principal"]
    request.headers["authorization"] = f"Bearer {request.world.token}"  # another one
    assert logged(request)[1]["principal"] == mine != theirs
    nobody = world_of(service, None)
    request.headers["authorization"] = f"Bearer {nobody.token}"
    assert logged(request)[1]["principal"] not in (mine, theirs)


OPERATION = reachable()[0]


def test_a_stack_has_no_values() -> None:
    person = "jane@example.com"

    def fail() -> None:
        try:
            raise ValueError(person)
        except ValueError as error:
            raise ExceptionGroup(person, [KeyError(person)]) from error

    with redirect_stdout(io.StringIO()) as output:
        logs.configure("ERROR")
        try:
            fail()
        except ExceptionGroup as error:
            Decisions(CollectorRegistry()).failure("0123", error)
        finally:
            logs.configure("ERROR", development=True)
    assert person not in output.getvalue()
    for each in ("ValueError", "ExceptionGroup", "KeyError", "in fail"):
        assert each in output.getvalue()
