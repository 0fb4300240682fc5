"""Which fields a role sees, and which it may say (AZ-2, API-1)."""

from typing import Any

import httpx2
import pytest

from notes.development.examples import example
from tests.contract.harness import (
    ACCESS,
    CONTRACT,
    TABLE,
    Service,
    body_schema,
    cases,
    code,
    listed,
    prepare,
)

ALWAYS = {"id", "version", "created_at", "updated_at"}
SEEING = [
    each for each in cases(allowed=True) if ACCESS[each[0]]["verb"] in ("list", "read")
]
SAYING = [
    (operation, role, name)
    for operation, role in cases(allowed=True)
    for name in ACCESS[operation]["roles"][role]["beyond"]
]


@pytest.mark.parametrize(("operation", "role"), SEEING)
def test_an_answer_has_the_fields_of_the_role(
    service: Service, operation: str, role: str
) -> None:
    facts = ACCESS[operation]["roles"][role]
    request = prepare(service, operation, role, facts)
    expected = ALWAYS | set(facts["shown"])
    if ACCESS[operation]["verb"] == "read":
        assert set(request.send().json()) == expected
        return
    listed(request, facts)
    for sort in (None, *sorts(operation)):
        request.query = {"sort": sort} if sort else {}
        response = request.send()
        if response.status_code == 200:
            assert [set(each) for each in items(response)] == [expected], sort
        else:
            assert code(response) == "field_not_readable"
            assert sort is not None and sort.lstrip("-") not in expected


def items(response: httpx2.Response) -> list[dict[str, Any]]:
    """The rows of a page."""
    found: list[dict[str, Any]] = response.json()["items"]
    return found


def sorts(operation: str) -> list[str]:
    """The orders of a list in the contract."""
    for each in CONTRACT["paths"][TABLE[operation].path]["get"]["parameters"]:
        if each.get("name") == "sort":
            found: list[str] = each["schema"]["enum"]
            return found
    return []


@pytest.mark.parametrize(("operation", "role", "name"), SAYING)
def test_a_field_outside_the_grant_is_not_writable(
    service: Service, operation: str, role: str, name: str
) -> None:
    request = prepare(service, operation, role, ACCESS[operation]["roles"][role])
    schema = body_schema(operation)
    assert schema is not None and request.body is not None
    request.body[name] = example(schema["properties"][name], 1)
    response = request.send()
    assert (response.status_code, code(response)) == (403, "field_not_writable")
