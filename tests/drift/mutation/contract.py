"""The contract (O): edits of openapi.json, which the clients of a service are made from."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from tests.drift.mutation.mutant import Mutant, Operator
from tests.drift.mutation.services import Files, NoPlace, Service

CONTRACT: Final = "@/openapi.json"
VERBS: Final = ("get", "post", "put", "patch", "delete")


def _operations(document: Any) -> list[Any]:
    return [item[verb] for item in document["paths"].values() for verb in VERBS if verb in item]


def edited(edit: Callable[[Any], object]) -> Operator:
    """The contract, of which something is another one."""

    def change(of: Service) -> Files:
        document = json.loads(of.text(CONTRACT))
        before = json.dumps(document)
        try:
            edit(document)
        except (StopIteration, KeyError):
            raise NoPlace(CONTRACT) from None
        if json.dumps(document) == before:
            raise NoPlace(CONTRACT)
        return {of.path(CONTRACT): json.dumps(document, indent=2, ensure_ascii=False) + "\n"}

    return change


def _written(**how: Any) -> Operator:
    """The same contract, laid out in another way."""

    def change(of: Service) -> Files:
        return {of.path(CONTRACT): json.dumps(json.loads(of.text(CONTRACT)), **how) + "\n"}

    return change


def _crlf(of: Service) -> Files:
    return {of.path(CONTRACT): of.text(CONTRACT).replace("\n", "\r\n")}


def _first(document: Any, *keys: str) -> Any:
    return next(each for each in _operations(document) if all(key in each for key in keys))


def _schema(document: Any, key: str) -> Any:
    schemas = document["components"]["schemas"]
    return next(each for name, each in schemas.items() if name.endswith("Create") and key in each)


def _answer(document: Any) -> Any:
    schemas = document["components"]["schemas"]
    page = next(name for name in schemas if name.endswith("Page"))
    return schemas[page.removesuffix("Page")]["properties"]


def _precondition(document: Any) -> None:
    for name, each in document["components"].get("parameters", {}).items():
        if name.lower().replace("-", "") in ("ifmatch",) or each.get("name") == "If-Match":
            each["required"] = False


def _refusals(document: Any) -> None:
    for each in _operations(document):
        each["responses"].pop("401", None)


def _twice(of: Service) -> Files:
    text = of.text(CONTRACT)
    return {of.path(CONTRACT): text.replace('"security":', '"security": [], "security":', 1)}


def _add_operation(document: Any) -> None:
    operation = {"security": [{}], "responses": {"200": {"description": "All of it."}}}
    document["paths"]["/export"] = {"get": operation}


def _open(document: Any) -> None:
    _schema(document, "additionalProperties")["additionalProperties"] = True


MUTANTS: Final = (
    Mutant(
        "O01",
        "an operation that asks nobody who they are",
        "critical",
        edited(lambda d: _first(d, "operationId").update(security=[])),
        _written(indent=None),
    ),
    Mutant("O02", "the refusal of strangers gone", "medium", edited(_refusals), _written(indent=4)),
    Mutant(
        "O03",
        "another scheme beside the token",
        "high",
        edited(
            lambda d: (
                d["components"]["securitySchemes"].update(
                    key={"type": "apiKey", "in": "query", "name": "key"}
                ),
                _first(d, "security")["security"].append({"key": []}),
            )
        ),
        _crlf,
    ),
    Mutant(
        "O04",
        "a bound of a value gone",
        "medium",
        edited(
            lambda d: next(
                each["schema"].pop("maximum")
                for operation in _operations(d)
                for each in operation.get("parameters", ())
                if "maximum" in each.get("schema", {})
            )
        ),
        _written(indent=2, sort_keys=True),
    ),
    Mutant(
        "O05",
        "the credentials of the whole contract gone",
        "critical",
        edited(lambda d: [each.pop("security", None) for each in [d, *_operations(d)]]),
        _written(indent=2, sort_keys=True),
    ),
    Mutant(
        "O06",
        "another role may call",
        "high",
        edited(lambda d: _first(d, "x-roles")["x-roles"].append("everybody")),
        _written(indent=None, separators=(",", ":")),
    ),
    Mutant(
        "O07",
        "a new operation that asks nobody",
        "critical",
        edited(_add_operation),
        _written(indent=3),
    ),
    Mutant(
        "O08",
        "a rate raised",
        "high",
        edited(lambda d: _first(d, "x-rate-limit")["x-rate-limit"].clear()),
        _written(indent=None, ensure_ascii=True),
    ),
    Mutant("O09", "a body with any property", "high", edited(_open), _written(indent="\t")),
    Mutant(
        "O10",
        "another parameter of a list",
        "medium",
        edited(
            lambda d: _first(d, "parameters")["parameters"].append(
                {"in": "query", "name": "tenant", "schema": {"type": "string"}}
            )
        ),
        _written(indent=5),
    ),
    Mutant(
        "O11",
        "another property in an answer",
        "high",
        edited(lambda d: _answer(d).update(secret={"type": "string"})),
        _written(indent=6),
    ),
    Mutant(
        "O12",
        "the permission of an operation is another one",
        "high",
        edited(lambda d: _first(d, "x-permission").update({"x-permission": "nothing:read"})),
        _written(indent=7),
    ),
    Mutant("O13", "If-Match is optional", "medium", edited(_precondition), _written(indent=8)),
    Mutant(
        "O14", "a key twice, which readers take differently", "high", _twice, _written(indent=9)
    ),
    Mutant(
        "O15",
        "another server",
        "high",
        edited(lambda d: d["servers"].append({"url": "http://{host}", "variables": {"host": {}}})),
        _crlf,
    ),
)
