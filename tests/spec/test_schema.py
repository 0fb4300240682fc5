"""The JSON Schema accepts what the loader accepts, and explains every key."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scaffold.spec import document
from scaffold.spec.load import loads
from scaffold.spec.schema import json_schema

from .samples import spec

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def plain(value: Any) -> Any:
    """A document's data with the types that JSON has."""
    match value:
        case tuple():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case Decimal():
            return float(value)
    return value


def errors(text: str) -> list[str]:
    """The paths at which the schema refuses a spec."""
    data = plain(document.parse(text, "s").data)
    return ["/".join(map(str, error.path)) for error in VALIDATOR.iter_errors(data)]


def properties(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property that the schema describes."""
    if isinstance(node, dict):
        for name, each in node.get("properties", {}).items():
            yield f"{path}/{name}", each
        for key, value in node.items():
            if key not in ("examples", "default"):
                yield from properties(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from properties(value, f"{path}/{index}")


def test_the_schema_is_of_the_draft_it_names() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$id" not in SCHEMA


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_reference_specs_are_valid(path: Path) -> None:
    assert errors(path.read_text()) == []


SPELLINGS = [
    {"service": "{name: a, title: A, environments: [production]}"},
    {"tenancy": "{tenant: a, attributes: {b: {enum: [x]}, c: {type: string, max: 5}}}"},
    {"limits": "{user: 5/s, tenant: {unlimited_because: A single tenant.}}"},
    {"audit": "{retain: 500d}"},
    {"roles": "{a: {extends: [], mfa: any, kind: service, can: [{do: read, on: order}]}}"},
    {"roles": "{a: {can: [{do: [read, update], on: [order], only: title}]}}"},
    {"roles": "{a: {can: [{do: read, on: order, except: [title], when: {paid: true}}]}}"},
    {"roles": "{a: {can: [{do: read, on: order, when: {number: {in: [1, 2]}}}]}}"},
    {"roles": "{a: {can: [{do: read, on: order, when: {title: {in: $user.regions}}}]}}"},
    {"roles": "{a: {can: [{do: read, on: order, when: {$service.environment: staging}}]}}"},
    {"roles": "{a: {can: [{do: read, on: order, when: {status: {not: open}}}]}}"},
    {"roles": "{a: {can: [{do: read, on: order, when: {status: {not: {in: [open]}}}}]}}"},
    {"roles": "{a: {can: [{do: read, on: order, when: {total: {gte: 5, lt: $user.level}}}]}}"},
    {"roles": "{a: {can: [{do: read, on: order, when: {parent_order: null}}]}}"},
    {"roles": "{a: {can: [{do: read, on: order, when: {parent_order: {not: null}}}]}}"},
    {"roles": "{a: {can: [{do: read, on: order, when: {tags: {contains: $user.region}}}]}}"},
]


@pytest.mark.parametrize("sections", SPELLINGS)
def test_every_spelling_that_loads_is_valid(sections: dict[str, str]) -> None:
    text = spec(**sections)
    loads(text)
    assert errors(text) == []


@pytest.mark.parametrize(
    ("sections", "path"),
    [
        ({"scaffold": "1"}, "scaffold"),
        ({"servic": "5"}, ""),
        ({"service": "{name: Shop, title: Shop}"}, "service/name"),
        ({"audit": "{retain: 500}"}, "audit/retain"),
        ({"limits": "{user: 5/year}"}, "limits/user"),
        ({"roles": "{a: {mfa: none}}"}, "roles/a/mfa"),
        ({"roles": "{a: {can: [{do: read}]}}"}, "roles/a/can/0"),
        (
            {"roles": "{a: {can: [{do: read, on: order, when: {status: {not: {lt: 5}}}}]}}"},
            "roles/a/can/0/when/status",
        ),
        ({"roles": "{a: {can: [{do: [], on: order}]}}"}, "roles/a/can/0/do"),
        ({"roles": "{Clerk: {}}"}, "roles"),
        (
            {"tenancy": "{tenant: a, attributes: {b: {list: string, type: string}}}"},
            "tenancy/attributes/b",
        ),
        (
            {"resources": "{order: {fields: {a: {type: text, max: 5, sort: true}}}}"},
            "resources/order/fields/a",
        ),
        ({"resources": "{order: {fields: {a: {type: string}}}}"}, "resources/order/fields/a"),
    ],
)
def test_what_an_editor_can_see_is_marked(sections: dict[str, str], path: str) -> None:
    assert path in errors(spec(**sections))


def test_every_key_is_explained_with_an_example() -> None:
    lacking = [
        path
        for path, each in properties(SCHEMA)
        if not ({"description", "examples"} <= set(each) or path.endswith(("/in", "/list")))
    ]
    assert lacking == []


def test_examples_are_valid_where_they_stand() -> None:
    for path, each in properties(SCHEMA):
        schema = {**each, "$defs": SCHEMA["$defs"]}
        for example in each.get("examples", ()):
            if path.count("/") > 2 or path.endswith(("/scaffold", "/service", "/limits", "/audit")):
                jsonschema.Draft202012Validator(schema).validate(example)


def test_no_trace_of_the_model_is_left() -> None:
    text = str(SCHEMA)
    assert "'null'" not in text
    assert "class_" not in text
    assert "except_" not in text
    assert "'discriminator'" not in text
