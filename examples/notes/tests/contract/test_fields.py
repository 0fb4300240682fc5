"""Which fields a role sees, and which it may say (AZ-2, API-1)."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from notes.development.examples import example
from tests.contract.harness import (
    ACCESS,
    Service,
    arguments,
    ask,
    body_schema,
    cases,
    code,
    listed,
    prepare,
    reachable,
)

SEEING = [
    each for each in cases(allowed=True) if ACCESS[each[0]]["verb"] in ("list", "read")
]


@pytest.mark.parametrize(("operation", "role"), SEEING)
def test_an_answer_has_the_fields_of_the_role(
    service: Service, operation: str, role: str
) -> None:
    facts = ACCESS[operation]["roles"][role]
    request = prepare(service, operation, role, facts)
    expected = set(facts["shown"])
    if ACCESS[operation]["verb"] == "read":
        assert set(request.send().json()) == expected
        return
    listed(request, facts)
    for name, value in (("", ""), *choices(operation)):
        field = value.lstrip("-") if name == "sort" else name.partition(".")[0]
        response = ask(request, **({name: value} if name else {}))
        if name and (field not in expected or response.status_code == 403):
            # A field that only some of the rows show is no filter either.
            assert (response.status_code, code(response)) == (403, "field_not_readable")
        else:
            assert response.status_code == 200, response.text
            assert all(set(each) == expected for each in items(response))


def items(response: httpx2.Response) -> list[dict[str, Any]]:
    """The rows of a page."""
    found: list[dict[str, Any]] = response.json()["items"]
    return found


def choices(operation: str) -> Iterator[tuple[str, Any]]:
    """Every order and every filter of a list, with a value for it."""
    for name, schema in arguments(operation).items():
        if name == "sort":
            yield from (("sort", value) for value in schema["enum"])
        elif name not in ("limit", "cursor"):
            yield name, example(schema, 1)


@pytest.mark.parametrize("operation", reachable("create", "update"))
def test_a_field_outside_the_grant_is_not_writable(
    service: Service, operation: str
) -> None:
    for role, facts in ACCESS[operation]["roles"].items():
        for name in facts["beyond"] if facts["allowed"] else ():
            request = prepare(service, operation, role, facts)
            schema = body_schema(operation)
            assert schema is not None and request.body is not None
            request.body[name] = example(schema["properties"][name], 1)
            response = request.send()
            assert (response.status_code, code(response)) == (
                403,
                "field_not_writable",
            ), name
