"""The rules about the contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final

from scaffold.drift.contract.orders import Credentials, Rates, Values
from scaffold.drift.database.orders import Unjudged
from scaffold.drift.rule import Example, Rule, Severity
from scaffold.drift.verdict import Both, Chain, Exact, Names, Number, Order

PATH: Final = "shop/openapi.json"
_NOTE: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["body"],
    "properties": {
        "body": {"type": "string", "maxLength": 100},
        "key": {"type": "string", "writeOnly": True},
    },
}
_REFERENCE: Final = {"$ref": "#/components/schemas/Note"}
DOCUMENT: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "servers": [{"url": "https://shop.example.com"}],
    "security": [{"bearer": []}],
    "components": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "schemas": {"Note": _NOTE},
        "parameters": {
            "IfMatch": {
                "name": "If-Match",
                "in": "header",
                "required": True,
                "schema": {"type": "string"},
            }
        },
    },
    "paths": {
        "/notes/{note_id}": {
            "patch": {
                "operationId": "update_note",
                "parameters": [{"$ref": "#/components/parameters/IfMatch"}],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Note"}}
                    }
                },
                "responses": {
                    "200": {
                        "description": "The note",
                        "content": {"application/json": {"schema": _REFERENCE}},
                    },
                    "401": {"description": "Who?"},
                    "412": {"description": "Another version"},
                },
                "x-roles": ["writer"],
                "x-rate-limit": {"user": "60/60s"},
                "x-step-up-seconds": 300,
            }
        }
    },
}
OPERATION: Final = ("paths", "/notes/{note_id}", "patch")


def text(edit: Callable[[dict[str, Any]], object] | None = None) -> str:
    """The contract of the examples, with an edit."""
    document = deepcopy(DOCUMENT)
    if edit is not None:
        edit(document)
    return json.dumps(document, indent=2) + "\n"


def at(document: Any, *path: str) -> Any:
    """A part of a document."""
    for each in path:
        document = document[each]
    return document


def _put(*path: str, value: Any) -> Callable[[dict[str, Any]], object]:
    def edit(document: dict[str, Any]) -> None:
        at(document, *path[:-1])[path[-1]] = value

    return edit


def _gone(*path: str) -> Callable[[dict[str, Any]], object]:
    def edit(document: dict[str, Any]) -> None:
        del at(document, *path[:-1])[path[-1]]

    return edit


def _same(document: dict[str, Any]) -> None:
    """Other words, an inline schema, and credentials that are said twice."""
    operation = at(document, *OPERATION)
    operation["summary"] = "Change it"
    operation["tags"] = ["notes"]
    operation["security"] = [{"bearer": []}]
    operation["requestBody"]["content"]["application/json"]["schema"] = deepcopy(_NOTE)


def _rule(
    number: int,
    name: str,
    severity: Severity,
    controls: tuple[str, ...],
    what: str,
    why: str,
    order: Order,
    change: Callable[[dict[str, Any]], object] | None,
    dual: Callable[[dict[str, Any]], object] = _same,
) -> Rule:
    return Rule(
        id=f"SCF{number}",
        name=name,
        severity=severity,
        controls=controls,
        layer="contract",
        what=what,
        why=why,
        remedy="Say it in scaffold.yaml; the contract follows.",
        example=Example(
            {PATH: text()}, {PATH: text(change) if change else None}, {PATH: text(dual)}
        ),
        order=order,
    )


RULES: Final = (
    credentials := _rule(
        401,
        "credentials-dropped",
        "critical",
        ("API-3", "AZ-1"),
        "The credentials that each operation asks for: its own or those of the whole contract, "
        "with their alternatives.",
        "The weakest alternative decides; an empty one lets everybody in.",
        Credentials(),
        _put(*OPERATION, "security", value=[]),
    ),
    precondition := _rule(
        402,
        "precondition-optional",
        "medium",
        ("API-4", "PAY-2"),
        "Whether If-Match and Idempotency-Key are required.",
        "Without them updates are lost, and a repeated write is done twice.",
        Both(Chain(("required", "optional", "none"))),
        _put("components", "parameters", "IfMatch", "required", value=False),
    ),
    refusals := _rule(
        403,
        "refusal-gone",
        "medium",
        ("API-3", "API-4"),
        "The refusals that each operation answers.",
        "A refusal that is not promised any more is not tested any more.",
        Both(Names(more="narrower", empty=("none",))),
        _gone(*OPERATION, "responses", "412"),
        _put(*OPERATION, "responses", "429", value={"description": "Too many"}),
    ),
    opened := _rule(
        404,
        "request-schema-open",
        "high",
        ("API-1",),
        "Objects in requests that may have properties which nobody declared.",
        "Undeclared properties are smuggled past whoever checks the declared ones.",
        Both(Names(empty=("none",))),
        _put("components", "schemas", "Note", "additionalProperties", value=True),
    ),
    bounds := _rule(
        405,
        "bound-loosened",
        "medium",
        ("API-1",),
        "What each value of a request may be: type, length, size, pattern, choice.",
        "Longer, larger or other values than before are let through.",
        Both(Values()),
        _gone("components", "schemas", "Note", "properties", "body", "maxLength"),
        _put("components", "schemas", "Note", "properties", "body", "maxLength", value=50),
    ),
    written := _rule(
        406,
        "field-written",
        "high",
        ("API-1",),
        "The properties that a request may have.",
        "Callers write what they could not write before.",
        Both(Names(empty=("none",))),
        _put("components", "schemas", "Note", "properties", "paid", value={"type": "boolean"}),
        _gone("components", "schemas", "Note", "properties", "key"),
    ),
    answered := _rule(
        407,
        "field-answered",
        "high",
        ("API-3", "DATA-1"),
        "The properties that answers have; those that are only written are none of them.",
        "Callers read what they could not read before.",
        Both(Names(empty=("none",))),
        _gone("components", "schemas", "Note", "properties", "key", "writeOnly"),
    ),
    servers := _rule(
        408,
        "server-added",
        "high",
        ("API-3",),
        "The servers to which clients send their credentials.",
        "A new host, or one without TLS, gets the tokens of whoever follows the contract.",
        Names(empty=("none",)),
        _put("servers", value=[{"url": "http://shop.example.com"}]),
        _put("servers", value=[{"url": "https://shop.example.com/", "description": "It"}]),
    ),
    parameters := _rule(
        409,
        "parameter-added",
        "medium",
        ("API-1",),
        "The parameters of each operation: filters, sorts, pages and headers.",
        "A further filter answers questions about fields that nobody could ask before.",
        Both(Names(empty=("none",))),
        lambda document: at(document, *OPERATION)["parameters"].append(
            {"name": "owner", "in": "query", "schema": {"type": "string"}}
        ),
    ),
    operation := _rule(
        410,
        "operation-promised",
        "high",
        ("API-3", "AZ-1"),
        "The operations that the contract has.",
        "A further operation can be called.",
        Exact(),
        _put("paths", "/all", value={"get": {"responses": {"200": {"description": "All"}}}}),
        _put("paths", value={"/notes/{id}": at(DOCUMENT, *OPERATION[:2])}),
    ),
    rates := _rule(
        411,
        "rate-raised",
        "high",
        ("API-2",),
        "The rate limits of each operation, by scope and by plan.",
        "More can be asked in the same time, or from then on without a bound.",
        Both(Rates()),
        _put(*OPERATION, "x-rate-limit", value={"user": "600/60s"}),
        _put(*OPERATION, "x-rate-limit", value={"user": "30/60s", "tenant": "60/60s"}),
    ),
    roles := _rule(
        412,
        "role-added",
        "high",
        ("AZ-1",),
        "The roles that may call each operation, and whoever else it is open to.",
        "Further callers are let in.",
        Both(Names(empty=("none",))),
        _put(*OPERATION, "x-roles", value=["reader", "writer"]),
        _put(*OPERATION, "x-roles", value=[]),
    ),
    step_up := _rule(
        413,
        "step-up-loosened",
        "high",
        ("ID-3",),
        "How old the sign-in of a caller may be, in seconds.",
        "A stolen session is good for longer.",
        Both(Number()),
        _gone(*OPERATION, "x-step-up-seconds"),
        _put(*OPERATION, "x-step-up-seconds", value=60),
    ),
    meaning := _rule(
        414,
        "gate-of-an-operation",
        "high",
        ("AZ-1", "PAY-4"),
        "The permission, tenancy, feature, quota and identity that an operation says of itself.",
        "It is decided by something else than before.",
        Both(Exact()),
        _put(*OPERATION, "x-permission", value="note:read"),
    ),
    unjudged := _rule(
        415,
        "contract-cannot-be-judged",
        "high",
        ("API-3",),
        "Contracts that cannot be read: no JSON, a key twice, references that lead nowhere, "
        "schemas that are too large.",
        "Nobody knows what they permit.",
        Unjudged(),
        _put("components", "parameters", "IfMatch", value={"$ref": "other.json#/x"}),
    ),
    there := _rule(
        416,
        "contract-gone",
        "high",
        ("API-3",),
        "Whether there is a contract.",
        "Without it nothing is compared with what clients were promised.",
        Exact(absent="everything"),
        None,
    ),
)
