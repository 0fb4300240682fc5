"""Pages, filters and sorts: as declared, and stable while others write (API-1)."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest

from invoicing.development.examples import example
from invoicing.development.world import CATALOG
from tests.contract.harness import (
    ACCESS,
    Prepared,
    Service,
    allowed,
    allowed_facts,
    arguments,
    ask,
    reachable,
)

LISTS = [each for each in reachable("list") if allowed_facts(each)["many"]]
"""The lists in which somebody can have several rows; what is unique per caller has no pages."""


def filled(service: Service, operation: str, count: int) -> tuple[Prepared, list[str]]:
    """A list of `count` rows, and their ids from the newest to the oldest."""
    request = allowed(service, operation)
    ids = [add(request, operation) for _ in range(count)][::-1]
    if ACCESS[operation]["resource"] == "member":
        ids.append(str(request.world.me.id))  # whoever asks is one of them
    return request, ids


def add(request: Prepared, operation: str) -> str:
    """One more row for the list."""
    about = ACCESS[operation]
    given = dict(allowed_facts(operation)["row"])
    if about["parent"]:
        given[f"{about['parent']}_id"] = request.world.rows[about["parent"]]
    return request.world.row(about["resource"], **given)


def size(operation: str) -> int:
    """Two rows a page, if it can have as many."""
    most: int = arguments(operation)["limit"]["maximum"]
    return min(2, most)


def pages(request: Prepared, **asked: Any) -> Iterator[list[str]]:
    """The ids of one page after the other."""
    asked["limit"] = size(request.operation.id)
    while True:
        response = ask(request, **asked)
        assert response.status_code == 200, response.text
        document = response.json()
        yield [item["id"] for item in document["items"]]
        if document["next_cursor"] is None:
            return
        asked["cursor"] = document["next_cursor"]


@pytest.mark.parametrize("operation", LISTS)
def test_pages_are_complete_and_newest_first(service: Service, operation: str) -> None:
    request, ids = filled(service, operation, 5)
    found = list(pages(request))
    full = 5 // size(operation)
    assert [len(each) for each in found[:full]] == [size(operation)] * full
    assert list(chain(*found)) == ids


@pytest.mark.parametrize("operation", LISTS)
def test_pages_are_stable_while_others_write(service: Service, operation: str) -> None:
    request, ids = filled(service, operation, 4)
    reading = pages(request)
    first = next(reading)
    add(request, operation)
    resource = ACCESS[operation]["resource"]
    if not CATALOG["resources"][resource]["built_in"]:
        service.run(
            service.admin.execute(
                f'delete from invoicing."{resource}" where id = $1', first[0]
            )
        )
    rest = list(chain(*reading))
    assert first + rest == ids, "a row was skipped or came twice"


@pytest.mark.parametrize("operation", LISTS)
def test_sorts_and_their_pages(service: Service, operation: str) -> None:
    for sort in choices(operation):
        request, ids = filled(service, operation, 5)
        response = ask(request, sort=sort)
        if response.status_code == 403:
            shown = ask(request).json()["items"]
            blind = allowed_facts(operation).get("blind", ())
            name = sort.lstrip("-")
            assert name not in shown[0] or name in blind, "shown, and no sort"
            continue
        listed = list(chain(*pages(request, sort=sort)))
        assert sorted(listed) == sorted(ids), sort
        values = [item.get(sort.lstrip("-")) for item in response.json()["items"]]
        if None not in values and not isinstance(values[0], str):
            assert values == sorted(values, reverse=sort.startswith("-")), sort


@pytest.mark.parametrize("operation", LISTS)
def test_a_cursor_belongs_to_its_order(service: Service, operation: str) -> None:
    sorts = choices(operation)
    if not sorts:
        return
    request, _ = filled(service, operation, 3)
    cursor = ask(request, limit=1).json()["next_cursor"]
    assert ask(request, cursor=cursor, sort=sorts[0]).status_code == 422


@pytest.mark.parametrize("operation", LISTS)
def test_filters_keep_what_they_say(service: Service, operation: str) -> None:
    for key, schema in filters(operation).items():
        request, ids = filled(service, operation, 3)
        name, _, operator = key.partition(".")
        item = ask(request, limit=1).json()["items"][0]
        value = item.get(name)
        response = ask(request, **{key: operand(value, schema)})
        if response.status_code == 403:
            blind = allowed_facts(operation).get("blind", ())
            assert name not in item or name in blind, "shown, and no filter"
            continue
        assert response.status_code == 200, response.text
        found = [each["id"] for each in response.json()["items"]]
        if name not in item or value is None:
            continue
        assert set(found) <= set(ids)
        if operator in ("", "in", "gte", "lte", "prefix"):
            assert item["id"] in found, key
        else:
            assert item["id"] not in found, key


def operand(value: Any, schema: dict[str, Any]) -> Any:
    """What a filter takes for a value; for another example where there is none."""
    if value is None:
        return example(schema, 1)
    return [value] if schema["type"] == "array" else value


def choices(operation: str) -> list[str]:
    """The sorts of a list."""
    found: list[str] = arguments(operation).get("sort", {}).get("enum", [])
    return found


def filters(operation: str) -> dict[str, Any]:
    """The filters of a list: their schemas by name."""
    found = arguments(operation)
    return {
        name: found[name] for name in found if name not in ("limit", "cursor", "sort")
    }
