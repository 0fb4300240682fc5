"""Every rule about the contract has a change that it finds, and a dual that does not block."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from scaffold.drift.change import Change, changes
from scaffold.drift.contract.read import RULES, read
from scaffold.drift.contract.rules import OPERATION, PATH, at, text
from scaffold.drift.facts import surface_of
from scaffold.drift.rule import Rule
from scaffold.drift.trees import Files

Edit = Callable[[dict[str, Any]], object]


def blocking(files: Mapping[str, str], change: Mapping[str, str | None]) -> list[Change]:
    """What blocks a change of a contract."""
    before, after = (
        surface_of(
            read(Files({k: v.encode() for k, v in each.items() if v is not None}, "x"), "shop")
        )
        for each in (files, {**files, **change})
    )
    return [each for each in changes(before, after) if each.blocks]


def edited(edit: Edit) -> set[str]:
    """The rules that find an edit of the contract of the examples."""
    return {each.rule.id for each in blocking({PATH: text()}, {PATH: text(edit)})}


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_the_example_is_found_and_its_dual_is_not(rule: Rule) -> None:
    assert rule.example is not None
    found = blocking(rule.example.files, rule.example.change)
    assert rule.id in {each.rule.id for each in found}
    assert blocking(rule.example.files, rule.example.dual) == []


def put(*path: str, value: Any) -> Edit:
    """An edit that puts a value somewhere."""

    def edit(document: dict[str, Any]) -> None:
        at(document, *path[:-1])[path[-1]] = value

    return edit


def body(value: Any) -> Edit:
    """An edit of what a note may say."""
    return put("components", "schemas", "Note", "properties", "body", value=value)


WIDER: tuple[tuple[str, Edit], ...] = (
    ("SCF401", lambda d: d.pop("security")),
    ("SCF401", put("security", value=[])),
    ("SCF401", put("security", value=[{"bearer": []}, {}])),
    ("SCF401", put(*OPERATION, "security", value=[{"bearer": []}, {"other": []}])),
    (
        "SCF401",
        put("components", "securitySchemes", "bearer", value={"type": "http", "scheme": "basic"}),
    ),
    ("SCF401", put("paths", "/x", value={"get": {"security": [], "responses": {}}})),
    ("SCF402", put(*OPERATION, "parameters", value=[])),
    (
        "SCF402",
        put(
            *(*OPERATION, "parameters"),
            value=[{"name": "if-match", "in": "header", "schema": {"type": "string"}}],
        ),
    ),
    ("SCF403", put(*OPERATION, "responses", value={"200": {"description": "x"}})),
    ("SCF404", lambda d: d["components"]["schemas"]["Note"].pop("additionalProperties")),
    (
        "SCF404",
        put("components", "schemas", "Note", "additionalProperties", value={"type": "string"}),
    ),
    ("SCF404", body({"type": "object"})),
    ("SCF404", body({})),
    ("SCF405", body({"type": "string", "maxLength": 101})),
    ("SCF405", body({"type": ["string", "null"], "maxLength": 100})),
    ("SCF405", body({"anyOf": [{"type": "string", "maxLength": 100}, {"type": "integer"}]})),
    ("SCF405", body({"type": "string"})),
    ("SCF405", put("components", "schemas", "Note", "required", value=[])),
    (
        "SCF406",
        put(
            "components",
            "schemas",
            "Note",
            "allOf",
            value=[{"properties": {"paid": {"type": "boolean"}}}],
        ),
    ),
    (
        "SCF407",
        lambda d: at(d, *OPERATION)["responses"].update(
            {"203": {"content": {"application/json": {"schema": {"properties": {"x": {}}}}}}}
        ),
    ),
    (
        "SCF408",
        put("servers", value=[{"url": "https://shop.example.com"}, {"url": "https://x.org"}]),
    ),
    (
        "SCF408",
        put("servers", value=[{"url": "https://{h}", "variables": {"h": {"default": "a"}}}]),
    ),
    ("SCF408", put(*OPERATION, "servers", value=[{"url": "https://x.org"}])),
    (
        "SCF409",
        put("paths", "/notes/{note_id}", "parameters", value=[{"name": "q", "in": "query"}]),
    ),
    ("SCF411", lambda d: at(d, *OPERATION).pop("x-rate-limit")),
    ("SCF411", put(*OPERATION, "x-rate-limit", value={"user": "10/1s"})),
    ("SCF412", put(*OPERATION, "x-open-to", value="anybody")),
    ("SCF414", lambda d: at(d, *OPERATION).update({"x-feature": "none"})),
)
NARROWER: tuple[Edit, ...] = (
    put(*OPERATION, "security", value=[{"bearer": []}, {"bearer": []}]),
    put("components", "schemas", "Note", "required", value=["body", "key"]),
    body({"type": "string", "maxLength": 100, "pattern": "^x$"}),
    body({"type": "string", "maxLength": 100, "description": "x", "examples": ["a"]}),
    body({"allOf": [{"type": "string"}, {"maxLength": 100}]}),
    body({"anyOf": [{"type": "string", "maxLength": 3}, {"type": "string", "maxLength": 4}]}),
    lambda d: d["paths"].pop("/notes/{note_id}"),
    put(*OPERATION, "x-roles", value=["writer", "writer"]),
    put(*OPERATION, "x-rate-limit", value={"user": "59/60s"}),
    lambda d: d["components"]["parameters"].update(
        {"Other": d["components"]["parameters"]["IfMatch"]}
    ),
    lambda d: d.update({"tags": [{"name": "x"}], "info": {"title": "Other", "version": "2"}}),
)


@pytest.mark.parametrize("number", range(len(WIDER)))
def test_it_is_found(number: int) -> None:
    rule, edit = WIDER[number]
    assert rule in edited(edit), edited(edit)


@pytest.mark.parametrize("number", range(len(NARROWER)))
def test_it_is_let_through(number: int) -> None:
    assert edited(NARROWER[number]) == set()


def test_a_redundant_alternative_is_none() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["securitySchemes"]["key"] = {
            "type": "apiKey",
            "in": "header",
            "name": "x-key",
        }
        at(document, *OPERATION)["security"] = [{"bearer": []}, {"bearer": [], "key": []}]

    assert edited(edit) == set()


def test_a_renamed_scheme_is_the_same() -> None:
    def edit(document: dict[str, Any]) -> None:
        schemes = document["components"]["securitySchemes"]
        schemes["token"] = schemes.pop("bearer")
        document["security"] = [{"token": []}]

    assert edited(edit) == set()


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"paths": {"/x": {}, "/x": {}}}',
        '{"paths": 3}',
        "[" * 100_000,
        '{"paths": {"/x": {"get": {"parameters": [{"$ref": "#/paths"}, 3, null]}}}, "servers": 1}',
        json.dumps(
            {
                "components": {"schemas": {"A": {"$ref": "#/components/schemas/A"}}},
                "paths": {
                    "/x": {
                        "post": {
                            "requestBody": {
                                "content": {"a/b": {"schema": {"$ref": "#/components/schemas/A"}}}
                            }
                        }
                    }
                },
            }
        ),
    ],
    ids=range(7),
)
def test_what_cannot_be_read_blocks(content: str) -> None:
    found = blocking({PATH: text()}, {PATH: content})
    assert [each.verdict for each in found if each.rule.id == "SCF415"] == ["unknown"]


def test_a_recursive_schema_ends() -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["Note"]["properties"]["child"] = {
            "$ref": "#/components/schemas/Note"
        }

    assert "SCF406" in edited(edit)


def test_schemas_that_grow_without_a_bound_are_given_up() -> None:
    def edit(document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        for number in range(30):
            below = {"$ref": f"#/components/schemas/{'Note' if number == 29 else f'N{number + 1}'}"}
            names = dict.fromkeys("abcdefgh", below)
            schemas[f"N{number}"] = {"type": "object", "properties": names}
        schemas["Note"]["properties"]["body"] = {"$ref": "#/components/schemas/N0"}

    assert "SCF415" in edited(edit)
