"""The JSON Schema (draft 2020-12) of the language, for editors: completion and explanations."""

from typing import Any

from .model import Spec

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_OF_NAMES = frozenset({"properties", "$defs", "patternProperties"})
_OF_VALUES = frozenset({"examples", "const", "enum"})


def json_schema() -> dict[str, Any]:
    """The schema of a spec as it is written, derived from the model.

    It accepts every spec that the loader accepts, and is looser where a rule needs more than one
    node.
    """
    derived = Spec.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": DIALECT, "title": "scaffold.yaml", **_tidied(derived)}


def _tidied(node: dict[str, Any]) -> dict[str, Any]:
    """A schema without generated titles, nulls and defaults that are not spelled so."""
    tidy: dict[str, Any] = {}
    for key, value in node.items():
        if key in _OF_NAMES:
            tidy[key] = {name: _tidied(each) for name, each in value.items()}
        elif key in _OF_VALUES:
            tidy[key] = value
        elif key == "default":
            if _is_spelled(value, node):
                tidy[key] = value
        elif key not in ("title", "discriminator"):
            tidy[key] = _below(value)
    if "patternProperties" in tidy:
        tidy["additionalProperties"] = False
    return _without_null(tidy)


def _below(value: Any) -> Any:
    if isinstance(value, dict):
        return _tidied(value)
    if isinstance(value, list):
        return [_below(each) for each in value]
    return value


def _is_spelled(default: Any, node: dict[str, Any]) -> bool:
    """Whether a default of the model, such as bytes, is also how the spec spells it."""
    match default:
        case bool():
            return node.get("type") == "boolean"
        case int():
            return node.get("type") == "integer"
        case str():
            return True
    return False


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without the null of keys that may be left out: a spec has no null."""
    if "anyOf" not in schema:
        return schema
    choices = [each for each in schema.pop("anyOf") if each != {"type": "null"}]
    if len(choices) == 1:
        return {**choices[0], **schema}
    return {**schema, "anyOf": choices}
