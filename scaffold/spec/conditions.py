"""The conditions of a grant: data, not code. A conjunction of comparisons, each of two terms."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.dataclasses import dataclass
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from .names import suggestion
from .problems import Path, Refusal, quote

MAX_LITERALS = 100

ENVIRONMENT = "$service.environment"
_TERM = re.compile(r"\$(user|tenant)\.([a-z][a-z0-9_]{0,39})", re.ASCII)
_SPELLINGS = "Write $user.id, $user.ATTRIBUTE, $tenant.ATTRIBUTE or $service.environment."

Literals = tuple[str | int | bool, ...]


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
    """One comparison. `eq` with a literal holds a tuple of one literal."""

    left: Term
    operator: Literal["eq", "in"]
    right: Term | Literals


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
        literal = {"type": ["string", "integer", "boolean"]}
        several = {"type": "array", "items": literal, "minItems": 1, "maxItems": MAX_LITERALS}
        attribute = {"type": "string", "pattern": r"^\$user\.[a-z][a-z0-9_]*$"}
        return {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": r"^(\$(user|tenant|service)\.)?[a-z][a-z0-9_]*$"},
            "additionalProperties": {
                "anyOf": [
                    literal,
                    {
                        "type": "object",
                        "properties": {"in": {"anyOf": [several, attribute]}},
                        "required": ["in"],
                        "additionalProperties": False,
                    },
                ]
            },
        }


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
    return tuple(_condition(key, right) for key, right in value.items())


def _condition(key: str, value: object) -> Condition:
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
        return Condition(left, "eq", _right(value, (key,)))
    for operator in value:
        if operator != "in":
            raise Refusal(
                "E-CONDITION",
                f"{quote(operator)} is not an operator of a condition",
                "Write the value itself, or {in: [values]}.",
                (key, operator),
                named=True,
            )
    if not value:
        raise Refusal(
            "E-CONDITION", "The condition is empty", "Write the value, or {in: [values]}.", (key,)
        )
    return Condition(left, "in", _several(value["in"], (key, "in")))


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


def _literal(value: object, at: Path) -> str | int | bool:
    if isinstance(value, str) and value.startswith("$"):
        raise Refusal("E-CONDITION", f"{quote(value)} cannot be in a list", _SPELLINGS, at)
    if not isinstance(value, str | int | bool):
        raise Refusal(
            "E-CONDITION",
            f"{quote(value)} is not a value",
            "Write text, an integer, true or false.",
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
