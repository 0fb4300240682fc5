"""The schemas and parameters of one resource."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from openapi_pydantic import Parameter, Reference, Schema

from scaffold.design.joins import MEMBERSHIP, membership
from scaffold.design.model import Column, Design, Entity, Input, Secret
from scaffold.design.visibility import may_be_absent
from scaffold.naming import article, filter_key
from scaffold.types.kind import nullable


def entity_schemas(entity: Entity) -> dict[str, Schema]:
    """The answer of a resource, and what its operations accept."""
    verbs = {each.verb for each in entity.operations}
    names = entity.names
    found: dict[str, dict[str, Any]] = {names.class_name: _answer(entity)}
    if "list" in verbs:
        found[names.page_model] = _page(entity)
    if secret := next((each.secret for each in entity.operations if each.secret), None):
        found[names.issued_model] = _issued(entity, secret)
    if entity.search:
        found[names.search_model] = _search(entity)
    if "create" in verbs:
        creatable = [each for each in entity.columns if each.creatable]
        required = [each.name for each in creatable if each.required]
        found[names.create_model] = _closed(creatable, required, _sent_by_all(entity, creatable))
    if "update" in verbs:
        updatable = [each for each in entity.columns if each.updatable]
        found[names.patch_model] = _patch(updatable)
    for action in (*entity.actions, *entity.effects):
        if action.input:
            required = [each.name for each in action.input if each.required]
            every = [each.name for each in action.input]
            found[action.body] = _closed(action.input, required, every)
    return {key: Schema.model_validate(value) for key, value in found.items()}


def join_schemas(design: Design) -> dict[str, Schema]:
    """What is accepted of people who become members, and what they are told."""
    told = membership(design)
    found: dict[str, dict[str, Any]] = {
        MEMBERSHIP: {
            "type": "object",
            "description": "What somebody is who has become a member.",
            "properties": {
                each.name: nullable(each.kind.answer_schema(), False, each.description)
                for each in told
            },
            "required": [each.name for each in told],
        }
    }
    for each in design.joins:
        given = each.operation.input
        required = [field.name for field in given if field.required]
        found[each.operation.body] = _closed(given, required, [field.name for field in given])
    return {key: Schema.model_validate(value) for key, value in found.items()}


def _sent_by_all(entity: Entity, creatable: Iterable[Column]) -> list[str]:
    """The fields that whoever creates a row may send: clients send defaults, refused else."""
    create = entity.operation("create")
    ways = create.alternatives if create else ()
    return [each.name for each in creatable if all(way.covers(each) for way in ways)]


def _closed(
    members: Collection[Column | Input],
    required: list[str],
    told: Collection[str],
) -> dict[str, Any]:
    """What a body may say; `told` are the fields whose defaults are told."""
    properties = {each.name: _property(each, each.kind.schema()) for each in members}
    for each in members:
        if each.default is not None and each.name in told:
            properties[each.name]["default"] = each.default
    return _object(properties, required)


def _patch(members: Iterable[Column]) -> dict[str, Any]:
    """What a merge patch may say. It has no defaults: clients would send what nobody asked for."""
    return _object({each.name: _property(each, each.kind.patch_schema()) for each in members}, [])


def _object(properties: dict[str, dict[str, Any]], required: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }
    if required:
        found["required"] = required
    return found


def _property(each: Column | Input, schema: dict[str, Any]) -> dict[str, Any]:
    found = nullable(schema, each.nullable, each.description)
    if each.class_ not in ("internal", "public"):
        found["x-class"] = each.class_
    if each.kind.currency:
        found["x-currency"] = each.kind.currency
    return found


def _answer(entity: Entity) -> dict[str, Any]:
    absent = may_be_absent(entity)
    properties: dict[str, dict[str, Any]] = {}
    for each in entity.columns:
        if not each.readable:
            continue
        properties[each.name] = nullable(each.kind.answer_schema(), each.nullable, each.description)
        if each.class_ not in ("internal", "public"):
            properties[each.name]["x-class"] = each.class_
    return {
        "type": "object",
        "description": f"{article(entity.title).capitalize()}.",
        "properties": properties,
        "required": [name for name in properties if name not in absent],
    }


def _issued(entity: Entity, secret: Secret) -> dict[str, Any]:
    """The answer with a secret in it."""
    found = _answer(entity)
    told = {
        "type": "string",
        "maxLength": 200,
        "description": secret.description,
        "x-class": "secret",
    }
    return {
        **found,
        "description": f"{found['description'][:-1]} with its {secret.name}, told this once.",
        "properties": {**found["properties"], secret.name: told},
        "required": [*found["required"], secret.name],
    }


def _page(entity: Entity) -> dict[str, Any]:
    return {
        "type": "object",
        "description": f"A page of {entity.names.many}.",
        "properties": {
            "items": {
                "type": "array",
                "items": {"$ref": f"#/components/schemas/{entity.names.class_name}"},
                "maxItems": entity.page_max,
            },
            "next_cursor": {"anyOf": [CURSOR, {"type": "null"}]},
        },
        "required": ["items", "next_cursor"],
    }


CURSOR = {"type": "string", "minLength": 1, "maxLength": 1024}


PROSE = {
    "limit": "How many at most.",
    "cursor": "Where the page starts: `next_cursor` of the one before.",
    "sort": "Newest first without it.",
}


def query_parameters(entity: Entity, rows: int = 0) -> Iterable[Parameter | Reference]:
    """The closed set of query parameters of a list, or of an export of so many rows."""
    limit = {"limit": _limit(rows, rows)} if rows else {}
    columns = [each for each in entity.columns if each.in_url]
    for name, schema in (_arguments(entity, columns) | limit).items():
        more: dict[str, Any] = {"description": PROSE[name]} if name in PROSE else {}
        if schema["type"] == "array":
            more |= {"style": "form", "explode": False}
        yield Parameter.model_validate({"name": name, "in": "query", "schema": schema, **more})


def _search(entity: Entity) -> dict[str, Any]:
    """The same as a body, with what is not in a URL."""
    properties = _arguments(entity, entity.columns)
    for name, text in PROSE.items():
        if name in properties:
            properties[name] = {**properties[name], "description": text}
    for column in entity.columns:
        for operator in column.filters if column.classified else ():
            properties[filter_key(column.name, operator)]["x-class"] = column.class_
    return _object(properties, [])


def _arguments(entity: Entity, columns: Collection[Column]) -> dict[str, dict[str, Any]]:
    """What a list can be asked for, with the filters and sorts by these columns."""
    found: dict[str, dict[str, Any]] = {
        "limit": _limit(entity.page_default, entity.page_max),
        "cursor": CURSOR,
    }
    sorts = [sign + each.name for each in columns if each.sortable for sign in ("", "-")]
    if sorts:
        found["sort"] = {"type": "string", "enum": sorts}
    for column in columns:
        for operator in column.filters:
            found[filter_key(column.name, operator)] = _operand(column, operator)
    return found


def _limit(default: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": most, "default": default}


def _operand(column: Column, operator: str) -> dict[str, Any]:
    schema = column.kind.prefix_schema() if operator == "prefix" else column.kind.schema()
    if operator == "in":
        return {"type": "array", "items": schema, "minItems": 1, "maxItems": 100}
    return schema
