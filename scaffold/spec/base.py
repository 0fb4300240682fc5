"""What every node of the language has in common: closed, strict, frozen, documented."""

from collections.abc import Iterable
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    create_model,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from .problems import Refusal, quote

_MAX_ITEMS = 5_000
"""Bounds the errors of one list."""


class Model(BaseModel):
    """A mapping of the spec: unknown keys are errors, values are never converted silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def extended(name: str, core: type[Model], keys: Iterable[type[Model] | None]) -> type[Model]:
    """The node `name`: the keys of `core`, and behind them those that features add."""
    added = [each for each in keys if each is not None]
    bases = (*reversed(added), core)  # pydantic takes the keys of the last base first
    return create_model(name, __base__=bases, __doc__=core.__doc__, __module__=core.__module__)


def about(description: str, *examples: object, **constraints: Any) -> FieldInfo:
    """Documents a key for editors, which read the JSON Schema that is derived from the model."""
    info: FieldInfo = Field(description=description, examples=list(examples) or None, **constraints)
    return info


class _OneOrMany:
    """Annotates a tuple of text: a single word stands for a list of one; no word twice."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Validates the list after a single word became one."""
        return core_schema.no_info_before_validator_function(_as_tuple, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Accepts the item itself beside the list."""
        many = handler(schema)
        many["uniqueItems"] = True
        return {"anyOf": [dict(many["items"]), many]}


def _as_tuple(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    return distinct(value)


def distinct(value: object) -> object:
    """A sequence as a tuple; the same item twice is refused."""
    if not isinstance(value, tuple | list):
        return value
    if len(value) > _MAX_ITEMS:
        raise Refusal("E-RANGE", f"The list is longer than {_MAX_ITEMS}", "Shorten it.")
    seen: set[object] = set()
    for index, item in enumerate(value):
        key = (type(item), item) if isinstance(item, str | int) else None
        if key is not None and key in seen:
            raise Refusal(
                "E-REPEATED", f"{quote(item)} is listed twice", "Remove one of the two.", (index,)
            )
        seen.add(key)
    return tuple(value)


ONE_OR_MANY = _OneOrMany()
