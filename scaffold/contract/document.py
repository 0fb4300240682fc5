"""The contract of a service as an OpenAPI 3.1 document.

Built resource by resource with openapi-pydantic, which checks each part, and written at once:
the memory that it takes does not grow with the number of resources but with the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import openapi_pydantic
import pydantic_core
from openapi_pydantic import (
    Header,
    Info,
    MediaType,
    OpenAPI,
    Parameter,
    PathItem,
    Reference,
    RequestBody,
    Response,
    Schema,
    SecurityScheme,
    Server,
    Tag,
)
from openapi_pydantic import Operation as PathOperation

from scaffold.contract.parts import Components, Demands
from scaffold.contract.schemas import entity_schemas, join_schemas, query_parameters
from scaffold.design.joins import MEMBERSHIP
from scaffold.design.model import Design, Entity, Join, Operation
from scaffold.features import FEATURES

Fragment = Mapping[str, Any]
Problems = Mapping[str, tuple[str, str]]
"""The name and the description of each refusal, by its status."""

PROBLEMS: Problems = {
    "400": ("Malformed", "The bytes are not a well-formed request."),
    "401": ("Unauthenticated", "The access token is missing or not valid."),
    "403": ("Forbidden", "The caller lacks a permission, an assurance or a condition."),
    "404": ("NotFound", "There is no such row in this tenant."),
    "408": ("BodyTooSlow", "The body did not arrive in time."),
    "409": ("Conflict", "The state of the data does not allow the request."),
    "412": ("PreconditionFailed", "The row has another version than If-Match says."),
    "413": ("BodyTooLarge", "The body is over the limit of this operation."),
    "414": ("QueryTooLong", "The query is too long."),
    "415": ("UnsupportedMediaType", "The media type or the encoding of the body is not supported."),
    "422": ("Invalid", "The request is well-formed, but this contract does not allow it."),
    "428": ("PreconditionRequired", "If-Match is missing."),
    "500": ("InternalError", "The service failed; nothing was written."),
    "501": ("NotImplemented", "The action is declared, but its hook is not written yet."),
    "503": ("Unavailable", "Try again later."),
}


def contract(design: Design) -> str:
    """The document as JSON text, the same on every machine."""
    whole = OpenAPI(
        openapi="3.1.1",
        servers=[Server(url="/", description=SERVER)],
        info=Info(title=design.title, version="1", description=design.description or design.title),
        security=[{"bearer": []}],
        tags=[
            Tag(name=entity.plural, description=entity.description or None)
            for entity in design.entities
            if entity.operations
        ]
        + [Tag(name=JOINING, description="How one becomes a member.") for _ in design.joins[:1]],
        components=_components(design),
    ).model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
    schemas = whole["components"].setdefault("schemas", {})
    problems = _problems(design)
    whole["paths"] = paths = {}
    for entity in design.entities:
        if entity.operations:
            schemas.update(_dumped(entity_schemas(entity)))
            paths.update(_dumped(_paths(entity, design, problems)))
    if design.joins:
        schemas.update(_dumped(join_schemas(design)))
        paths.update(_dumped({e.operation.path: _join(e, design, problems) for e in design.joins}))
    for feature in FEATURES:
        paths.update(_spelled(feature.paths(design)))
    members = {name: one for each in _shared(design) for name, one in each.members.items()}
    problem = {**PROBLEM, "properties": {**PROBLEM["properties"], **members}}
    schemas |= _dumped({"Problem": Schema.model_validate(problem)})
    if sent := {n: e for each in FEATURES for n, e in each.webhooks(design).items()}:
        whole["webhooks"] = _spelled(sent)
    given = {
        answer.get("$ref", "").rpartition("/")[2]
        for item in paths.values()
        for method, operation in item.items()
        if method != "parameters"
        for answer in operation["responses"].values()
    }
    responses = whole["components"]["responses"]
    whole["components"]["responses"] = {
        name: responses[name] for name in responses if name in given
    }
    return pydantic_core.to_json(whole, indent=2).decode() + "\n"


JOINING = "joining"
"""The tag of the operations by which people become members."""
SERVER = "The server that this document was read from: production, staging or a developer's own."


def _dumped(parts: Mapping[str, Schema | PathItem]) -> dict[str, Any]:
    return {
        name: _spelled(part.model_dump(mode="json", by_alias=True, exclude_unset=True))
        for name, part in parts.items()
    }


def _spelled(value: Any) -> Any:
    """What generators of clients ask for beside the bounds: formats of integers, lengths of texts.

    And bounds as they were given: the library keeps `minimum: 1` as 1.0.
    """
    if isinstance(value, list):
        return [_spelled(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, dict):
        return value
    # Most are texts: calling this for each of them took half of its time.
    found: dict[str, Any] = {
        name: each if isinstance(each, str) else _spelled(each) for name, each in value.items()
    }
    if "type" not in found:
        return found
    if found["type"] == "integer":
        small = found["minimum"] >= -(2**31) and found["maximum"] < 2**31
        found["format"] = "int32" if small else "int64"
    if found.get("format") in LENGTHS and found["type"] in ("string", ["string", "null"]):
        found.setdefault("maxLength", LENGTHS[found["format"]])
    return found


LENGTHS = {"uuid": 36, "date": 10, "date-time": 35}
"""The longest text of a format: of RFC 3339 with nanoseconds and an offset."""


def _paths(entity: Entity, design: Design, problems: Problems) -> dict[str, PathItem]:
    found: dict[str, dict[str, Any]] = {}
    for operation in entity.operations:
        item = found.setdefault(operation.path, {})
        item[operation.method.lower()] = _operation(operation, entity, design, problems)
    for path, item in found.items():
        if "{" in path:
            item["parameters"] = _path_parameters(path)
    return {path: PathItem(**item) for path, item in found.items()}


def _join(join: Join, design: Design, problems: Problems) -> PathItem:
    """An operation that asks for no permission: it says instead whom it is open to."""
    operation = join.operation
    demands = _demands(operation, design)
    names = (name for each in demands for name in each.headers)
    headers = {name: _reference(f"#/components/headers/{name}") for name in names}
    media = {"application/json": _media(f"#/components/schemas/{MEMBERSHIP}")}
    answer: dict[str, Any] = {"description": operation.summary, "content": media}
    answer |= {"headers": headers} if headers else {}
    statuses = {"400", "401", "403", "408", "409", "413", "415", "422", "500", "503"}
    statuses |= {status for each in demands for status in each.statuses}
    statuses |= set() if join.founding else {"404"}
    parts: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [JOINING],
        "responses": {
            str(operation.status): Response(**answer),
            **{
                status: _reference(f"#/components/responses/{problems[status][0]}")
                for status in sorted(statuses)
            },
        },
        "security": [{"bearer": []}],
        "x-open-to": join.who,
        **({} if join.founding else {"x-tenancy": design.tenant_claim}),
        "requestBody": RequestBody(
            required=True,
            content={"application/json": _media(f"#/components/schemas/{operation.body}")},
        ),
    }
    for each in demands:
        parts |= each.extensions
    if parameters := [
        _reference(f"#/components/parameters/{name}")
        for each in demands
        for name in each.parameters
    ]:
        parts["parameters"] = parameters
    return PathItem(**{operation.method.lower(): PathOperation(**parts)})


def _path_parameters(path: str) -> list[Parameter]:
    return [
        Parameter.model_validate(
            {
                "name": part[1:-1],
                "in": "path",
                "required": True,
                "schema": {"type": "string", "format": "uuid"},
            }
        )
        for part in path.split("/")
        if part.startswith("{")
    ]


def _operation(
    operation: Operation, entity: Entity, design: Design, problems: Problems
) -> PathOperation:
    demands = _demands(operation, design)
    parts: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [entity.plural],
        "responses": _responses(operation, entity, problems, demands),
        "security": [{"bearer": []}],
        "x-permission": operation.permission,
        "x-roles": list(operation.roles),
        "x-tenancy": design.tenant_claim,
    }
    if operation.conditional:
        parts["x-precondition"] = "If-Match"
    for each in demands:
        parts |= each.extensions
    parameters = list(_parameters(operation, entity, demands))
    if parameters:
        parts["parameters"] = parameters
    body = operation.body
    if body:
        patch = operation.verb == "update"
        media = "application/merge-patch+json" if patch else "application/json"
        content = _media(f"#/components/schemas/{body}")
        parts["requestBody"] = RequestBody(required=True, content={media: content})
    return PathOperation(**parts)


def _demands(operation: Operation, design: Design) -> list[Demands]:
    """What the features add to an operation."""
    found = (each.demands(design, operation) for each in FEATURES)
    return [each for each in found if each is not None]


def _parameters(
    operation: Operation, entity: Entity, demands: Iterable[Demands]
) -> Iterable[Parameter | Reference]:
    if operation.verb == "list" and not operation.searches:
        yield from query_parameters(entity)
    if operation.verb == "export":
        yield from query_parameters(entity, operation.rows)
    if operation.verb == "read":
        yield _reference("#/components/parameters/IfNoneMatch")
    if operation.conditional:
        yield _reference("#/components/parameters/IfMatch")
    for each in demands:
        for name in each.parameters:
            yield _reference(f"#/components/parameters/{name}")


def _responses(
    operation: Operation, entity: Entity, problems: Problems, demands: Iterable[Demands]
) -> dict[str, Any]:
    headers: dict[str, Header | Reference] = {
        name: _reference(f"#/components/headers/{name}")
        for each in demands
        for name in each.headers
    }
    answer: dict[str, Any] = {"description": operation.summary}
    if operation.verb == "export":
        schema = {"type": "string", "maxLength": MAX_EXPORT, "description": LINES}
        media = MediaType.model_validate({"schema": schema})
        answer["content"] = {"application/x-ndjson": media}
        headers["Link"] = _reference("#/components/headers/Link")
    elif operation.status != 204:
        name = entity.names.page_model if operation.verb == "list" else entity.names.class_name
        name = entity.names.issued_model if operation.secret else name
        answer["content"] = {"application/json": _media(f"#/components/schemas/{name}")}
        if operation.verb != "list":
            headers["ETag"] = _reference("#/components/headers/ETag")
    if operation.verb == "create":
        headers["Location"] = _reference("#/components/headers/Location")
    if headers:
        answer["headers"] = headers
    found: dict[str, Any] = {str(operation.status): Response(**answer)}
    if operation.verb == "read":
        found["304"] = Response(description="The caller has this version already.")
    for status in _statuses(operation, entity, demands):
        found[status] = _reference(f"#/components/responses/{problems[status][0]}")
    return found


def _problems(design: Design) -> Problems:
    """The refusals by their status, those of features too."""
    added = {
        status: problem for each in _shared(design) for status, problem in each.problems.items()
    }
    return {**PROBLEMS, **added}


def _shared(design: Design) -> list[Components]:
    """The shared parts that features add."""
    found = (each.components(design) for each in FEATURES)
    return [each for each in found if each is not None]


def _statuses(operation: Operation, entity: Entity, demands: Iterable[Demands]) -> Iterable[str]:
    """The refusals that this operation can give."""
    found = {"400", "401", "403", "422", "500", "503"}
    found |= {status for each in demands for status in each.statuses}
    if operation.on_item or entity.parent:
        found.add("404")
    if operation.verb in ("list", "export") and not operation.searches:
        found.add("414")
    if operation.conditional:
        found |= {"412", "428"}
    if operation.body:
        found |= {"408", "413", "415"}
    if operation.writes and operation.verb != "export":
        found.add("409")
    if operation.verb == "action":
        found.add("501")
    return sorted(found)


def _components(design: Design) -> openapi_pydantic.Components:
    content = {"application/problem+json": _media("#/components/schemas/Problem")}
    shared = _shared(design)
    headers = {name: text for each in shared for name, text in each.headers.items()}

    def refused(status: str) -> dict[str, Reference]:
        """The headers that a refusal may have."""
        own = ("Retry-After",) if status == "503" else ()
        keys = ("4XX", status) if status < "500" else (status,)
        added = (name for each in shared for key in keys for name in each.refused.get(key, ()))
        return {name: _reference(f"#/components/headers/{name}") for name in (*own, *added)}

    parameters = {name: each for part in shared for name, each in part.parameters.items()}
    return openapi_pydantic.Components(
        responses={
            name: _response(description, content, refused(status))
            for status, (name, description) in sorted(_problems(design).items())
        },
        headers={
            **{name: _header(description) for name, description in headers.items()},
            "Retry-After": _header("Seconds after which it is worth trying again."),
            "ETag": _header("The version, for If-Match.", required=True),
            "Location": _header("Where the new resource is.", required=True),
            **(
                {"Link": _header('The next part as rel="next" (RFC 8288), unless it is the last.')}
                if any(entity.exports for entity in design.entities)
                else {}
            ),
        },
        parameters={
            name: Parameter.model_validate(each)
            for name, each in {**SHARED_PARAMETERS, **parameters}.items()
        },
        securitySchemes={
            "bearer": SecurityScheme(
                type="http",
                scheme="bearer",
                bearerFormat="at+jwt",
                description="An access token (RFC 9068) of "
                + " or ".join(each.url for each in design.issuers)
                + "".join(f"; or {each.bearer}" for each in shared if each.bearer),
            ),
            **{
                name: SecurityScheme.model_validate(scheme)
                for each in shared
                for name, scheme in each.schemes.items()
            },
        },
    )


def _response(
    description: str, content: dict[str, MediaType], headers: dict[str, Reference]
) -> Response:
    parts: dict[str, Any] = {"description": description, "content": content}
    return Response(**parts, **({"headers": headers} if headers else {}))


@cache
def _reference(target: str) -> Reference:
    return Reference.model_validate({"$ref": target})


@cache
def _media(reference: str) -> MediaType:
    return MediaType.model_validate({"schema": {"$ref": reference}})


def _header(description: str, **more: bool) -> Header:
    schema = {"type": "string", "maxLength": 1024}
    return Header.model_validate({"description": description, "schema": schema, **more})


LINES = "Newline-delimited JSON: one row a line, as in the answer about a single one; newest first."
MAX_EXPORT = 2**30
"""Characters of a part of an export: a bound of what generators ask for, not of what is sent."""
TAG = {"type": "string", "pattern": '^"[1-9][0-9]{0,17}"$', "maxLength": 20}
SHARED_PARAMETERS: Mapping[str, dict[str, Any]] = {
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": "The ETag of the version that the caller saw (RFC 9110).",
        "schema": TAG,
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of the version that the caller has.",
        "schema": TAG,
    },
}
PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "properties": {
        "type": {"type": "string", "maxLength": 200},
        "title": {"type": "string", "maxLength": 100},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "maxLength": 100, "description": "The stable reason."},
        "detail": {"type": "string", "maxLength": 1000},
        "errors": {
            "type": "array",
            "maxItems": 20,
            "items": {
                "type": "object",
                "properties": {
                    "where": {"type": "string", "maxLength": 100},
                    "message": {"type": "string", "maxLength": 1000},
                },
                "required": ["where", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "code"],
}
