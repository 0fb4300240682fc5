"""The conditions of a grant: data, not code. A conjunction of comparisons, each of two terms."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.dataclasses import dataclass
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from .names import suggestion
from .problems import Path, Refusal, listing, quote

MAX_LITERALS = 100

ENVIRONMENT = "$service.environment"
_TERM = re.compile(r"\$(user|tenant)\.([a-z][a-z0-9_]{0,39})", re.ASCII)
_SPELLINGS = "Write $user.id, $user.ATTRIBUTE, $tenant.ATTRIBUTE or $service.environment."

Constant = str | int | bool | Decimal
Literals = tuple[Constant, ...]
Order = Literal["lt", "lte", "gt", "gte"]
Operator = Literal["eq", "in", "lt", "lte", "gt", "gte", "contains", "null"]
ORDERS: Mapping[str, Order] = {"lt": "gte", "lte": "gt", "gt": "lte", "gte": "lt"}
"""The comparisons by order, each with the one that holds where it does not."""
_OPERATORS = ("in", "not", *ORDERS, "contains")


@dataclass(frozen=True, slots=True)
class Term:
    """What is compared: a field of the row, an attribute of the user or tenant, the environment."""

    kind: Literal["field", "user", "tenant", "environment"]
    name: str

    def __str__(self) -> str:
        """The spelling of the spec."""
        match self.kind:
            case "field":
                return self.name
            case "environment":
                return ENVIRONMENT
        return f"${self.kind}.{self.name}"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. `eq` with a literal holds a tuple of one literal, and `null` an empty one.

    A `negated` one is met by what is there and does not meet it, and by a field that is null;
    never by an attribute that is absent, on either side.
    """

    left: Term
    operator: Operator
    right: Term | Literals
    negated: bool = False

    @property
    def keys(self) -> Path:
        """The keys that lead from the left side to the right one."""
        own = () if self.operator in ("eq", "null") else (self.operator,)
        return (*(("not",) if self.negated else ()), *own)


class _When:
    """Annotates the conditions of a grant, which the spec writes as a mapping."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Reads the mapping into conditions."""
        return core_schema.no_info_before_validator_function(_conditions, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describes the mapping instead of the conditions."""
        several = {"type": "array", "items": _LITERAL, "minItems": 1, "maxItems": MAX_LITERALS}
        attribute = {"type": "string", "pattern": r"^\$user\.[a-z][a-z0-9_]*$"}
        equal = {
            "in": {
                "anyOf": [several, attribute],
                "description": "The values of which it is one, or a list of the user.",
                "examples": [["draft", "sent"], "$user.regions"],
            },
            "contains": {
                **_LITERAL,
                "description": "What the list holds.",
                "examples": ["$user.id", "urgent"],
            },
        }
        negated = {
            "anyOf": [_LITERAL, {"const": None}, _operators(equal, most=1)],
            "description": "What it is not; null is no value.",
            "examples": ["draft", "$user.id", {"in": ["draft", "sent"]}],
        }
        orders: dict[str, Any] = {
            operator: {
                "type": ["string", "number"],
                "description": f"What it is {words}: a literal, or an attribute.",
                "examples": [100, "$user.approval_limit"],
            }
            for operator, words in _ORDER_WORDS.items()
        }
        return {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": r"^(\$(user|tenant|service)\.)?[a-z][a-z0-9_]*$"},
            "additionalProperties": {
                "anyOf": [
                    _LITERAL,
                    {"const": None},
                    _operators({**equal, "not": negated, **orders}),
                ]
            },
        }


_LITERAL: Mapping[str, Any] = {"type": ["string", "number", "boolean"]}
_ORDER_WORDS: Mapping[Order, str] = {
    "lt": "less than",
    "lte": "at most",
    "gt": "more than",
    "gte": "at least",
}


def _operators(properties: Mapping[str, Any], most: int | None = None) -> JsonSchemaValue:
    found = {"type": "object", "properties": properties, "minProperties": 1}
    if most is not None:
        found["maxProperties"] = most
    return {**found, "additionalProperties": False}


WHEN = _When()


def _conditions(value: object) -> object:
    if isinstance(value, tuple) and all(isinstance(item, Condition) for item in value):
        return value
    if not isinstance(value, Mapping) or not value:
        raise Refusal(
            "E-TYPE",
            f"when needs a mapping of conditions, not {quote(value)}",
            "Write it as {status: draft}; leave the key out when there is no condition.",
        )
    return tuple(each for key, right in value.items() for each in _comparisons(key, right))


def _comparisons(key: str, value: object) -> Iterator[Condition]:
    """The conditions on one term: several operators are as many conditions."""
    left = _term(key, (key,)) if key.startswith("$") else Term("field", key)
    if left == Term("user", "id"):
        raise Refusal(
            "E-CONDITION",
            "$user.id cannot be on the left",
            "Write the owner field on the left: {owner_id: $user.id}.",
            (key,),
            named=True,
        )
    if not isinstance(value, Mapping):
        yield _equality(left, value, (key,))
        return
    if not value:
        raise Refusal(
            "E-CONDITION", "The condition is empty", "Write the value, or {in: [values]}.", (key,)
        )
    for operator, right in value.items():
        yield _comparison(left, operator, right, (key, operator))


def _comparison(left: Term, operator: str, value: object, at: Path) -> Condition:
    match operator:
        case "in":
            return Condition(left, "in", _several(value, at))
        case "contains":
            return Condition(left, "contains", _right(value, at))
        case "lt" | "lte" | "gt" | "gte":
            return Condition(left, operator, _right(value, at))
        case "not":
            return _negated(left, value, at)
    raise Refusal(
        "E-CONDITION",
        f"{quote(operator)} is not an operator of a condition",
        f"Write the value itself, or an operator: {listing(_OPERATORS)}.",
        at,
        named=True,
    )


def _negated(left: Term, value: object, at: Path) -> Condition:
    if not isinstance(value, Mapping):
        return replace(_equality(left, value, at), negated=True)
    if len(value) != 1:
        raise Refusal(
            "E-CONDITION",
            "not needs one value or one operator",
            "Write {not: draft}, or {not: {in: [draft, sent]}}.",
            at,
        )
    ((operator, right),) = value.items()
    if operator in ("in", "contains"):
        return replace(_comparison(left, operator, right, (*at, operator)), negated=True)
    opposite = f"Write {ORDERS[operator]} instead." if operator in ORDERS else ""
    raise Refusal(
        "E-CONDITION",
        f"{quote(operator)} cannot be inside not",
        opposite or "Write {not: draft}, {not: {in: [draft, sent]}} or {not: {contains: draft}}.",
        (*at, operator),
        named=True,
    )


def _equality(left: Term, value: object, at: Path) -> Condition:
    if value is None:
        return Condition(left, "null", ())
    return Condition(left, "eq", _right(value, at))


def _several(value: object, at: Path) -> Term | Literals:
    if isinstance(value, str):
        right = _right(value, at)
        if isinstance(right, Term) and right.kind == "user":
            return right
    if not isinstance(value, tuple) or not 1 <= len(value) <= MAX_LITERALS:
        raise Refusal(
            "E-CONDITION",
            f"in needs a list of 1 to {MAX_LITERALS} values",
            "Write [a, b], or the list attribute of a user such as $user.regions.",
            at,
        )
    return tuple(_literal(item, (*at, index)) for index, item in enumerate(value))


def _right(value: object, at: Path) -> Term | Literals:
    if isinstance(value, str) and value.startswith("$"):
        return _term(value, at)
    return (_literal(value, at),)


def _literal(value: object, at: Path) -> Constant:
    if isinstance(value, str) and value.startswith("$"):
        raise Refusal("E-CONDITION", f"{quote(value)} cannot be in a list", _SPELLINGS, at)
    if not isinstance(value, str | int | bool | Decimal):
        raise Refusal(
            "E-CONDITION",
            f"{quote(value)} is not a value",
            "Write text, a number, true or false.",
            at,
        )
    return value


def _term(text: str, at: Path) -> Term:
    if text == ENVIRONMENT:
        return Term("environment", "environment")
    found = _TERM.fullmatch(text)
    if found is None:
        raise Refusal(
            "E-CONDITION",
            f"A condition cannot use {quote(text)}",
            suggestion(text, (ENVIRONMENT, "$user.id")) if "." in text else _SPELLINGS,
            at,
        )
    return Term("user" if found[1] == "user" else "tenant", found[2])
