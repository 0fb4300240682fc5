"""Lists by POST: what is classified stands in a body and not in a URL (API-1, DATA-2)."""

from dataclasses import replace

import pytest

from invoicing.development.examples import example
from tests.contract.harness import (
    ACCESS,
    TABLE,
    Prepared,
    Service,
    allowed,
    allowed_facts,
    arguments,
    ask,
    code,
    listed,
    reachable,
)

SEARCHES = [each for each in reachable("list") if TABLE[each].body]


def by_url(request: Prepared) -> Prepared:
    """The list that a search is the same as."""
    return replace(
        request,
        operation=TABLE[ACCESS[request.operation.id]["stored"]],
        path=request.path.removesuffix("/search"),
        headers={"authorization": request.headers["authorization"]},
        body=None,
    )


@pytest.mark.parametrize("operation", SEARCHES)
def test_what_is_classified_is_not_in_a_url(service: Service, operation: str) -> None:
    kept, found = ACCESS[operation]["kept"], arguments(operation)
    sorts = [
        each
        for each in found.get("sort", {}).get("enum", [])
        if each.lstrip("-") in kept
    ]
    filters = [name for name in found if name.partition(".")[0] in kept]
    asked = [("sort", each) for each in sorts]
    asked += [(name, example(found[name], 1)) for name in filters]
    request = by_url(allowed(service, operation))
    for name, value in asked:
        response = ask(request, **{name: value})
        assert (response.status_code, code(response)) == (422, "invalid_request"), name
        assert f"query.{name}" in response.text


@pytest.mark.parametrize("operation", SEARCHES)
def test_a_search_answers_as_its_list(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    many = allowed_facts(operation)["many"]
    rows = [listed(request) for _ in range(2 if many else 1)]
    same = by_url(request)
    first = ask(request, limit=1)
    assert [each["id"] for each in first.json()["items"]] == rows[-1:]
    assert first.content == ask(same, limit=1).content
    if many:
        cursor = first.json()["next_cursor"]
        rest = ask(request, cursor=cursor)
        assert [each["id"] for each in rest.json()["items"]] == rows[:1]
        assert rest.content == ask(same, cursor=cursor).content


@pytest.mark.parametrize("operation", SEARCHES)
def test_null_is_no_argument(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    for name in arguments(operation):
        response = ask(request, **{name: None})
        assert (response.status_code, code(response)) == (422, "invalid_request")
        assert f"body.{name}" in response.text
