"""From the errors of the model to problems: what is wrong in words of the spec, and where.

pydantic reports a location and a type of error. The location is followed through the annotations of
the model, which tells which elements are keys of the spec (and which are tags of a union that the
spec does not spell), and what could have stood there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from .model import Spec
from .names import WILDCARDS, suggestion
from .positions import Positions
from .problems import Path, Problem, Refusal, listing, quote, word

UNBUILT = frozenset(
    {
        ("plans",),
        ("trial",),
        ("billing",),
        ("exports",),
        ("ai",),
        ("webhooks",),
        ("events",),
        ("flags",),
        ("resources", "actions", "feature"),
        ("resources", "events"),
        ("resources", "fields", "encrypt"),
    }
)
"""Keys of later versions of the language, without the names between them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A location of the model: its path in the spec and what the model has there."""

    path: Path
    annotation: Any
    info: FieldInfo | None
    is_key: bool = False
    """The key of a mapping is wrong, not its value."""


def problems(errors: Iterable[ErrorDetails], positions: Positions) -> list[Problem]:
    """Return a problem for each error."""
    return [_problem(error, positions) for error in errors]


def place(location: tuple[int | str, ...]) -> Place:
    """Follow the location of an error through the model."""
    path: Path = ()
    annotation: Any = Spec
    info: FieldInfo | None = None
    for index, element in enumerate(location):
        annotation, tagged = _chosen(annotation, element)
        if tagged:
            continue
        if element == "[key]" and index == len(location) - 1:
            return Place(path, annotation, info, is_key=True)
        path = (*path, element)
        annotation, info = _below(annotation, element, info)
    return Place(path, annotation, info)


def _bare(annotation: Any) -> Any:
    """Strip `Annotated` and `| None`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, UnionType):
            members = [a for a in get_args(annotation) if a is not type(None)]
            if len(members) > 1:
                return annotation
            annotation = members[0]
        else:
            return annotation


def _members(annotation: Any) -> dict[str, Any]:
    """Return the members of a tagged union by their tags."""
    found: dict[str, Any] = {}
    bare = _bare(annotation)
    if get_origin(bare) not in (Union, UnionType):
        return found
    for member in get_args(bare):
        for extra in getattr(member, "__metadata__", ()):
            if isinstance(extra, Tag):
                found[extra.tag] = _bare(member)
        model = _bare(member)
        if (
            isinstance(model, type)
            and issubclass(model, BaseModel)
            and "type" in model.model_fields
        ):
            for tag in get_args(model.model_fields["type"].annotation):
                found[tag] = model
    return found


def _chosen(annotation: Any, element: int | str) -> tuple[Any, bool]:
    members = _members(annotation)
    if isinstance(element, str) and element in members:
        return members[element], True
    return _bare(annotation), False


def _below(
    annotation: Any, element: int | str, info: FieldInfo | None
) -> tuple[Any, FieldInfo | None]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        found = _keys(annotation).get(str(element))
        return (found.annotation, found) if found else (None, None)
    arguments = get_args(annotation)
    if get_origin(annotation) is dict:
        return arguments[1], None
    return (arguments[0], info) if arguments else (None, None)


def _keys(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    return {info.alias or name: info for name, info in model.model_fields.items()}


def _known(annotation: Any) -> list[str]:
    bare = _bare(annotation)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return list(_keys(bare))
    return []


def _problem(error: ErrorDetails, positions: Positions) -> Problem:
    cause = error.get("ctx", {}).get("error")
    at = place(error["loc"])
    if isinstance(cause, Refusal):
        path = (*at.path, *cause.at)
        found = positions.of(path) if at.is_key else positions.value(path)
        return Problem(cause.code, cause.message, cause.hint, path, *found)
    match error["type"]:
        case "missing":
            return _missing(at, positions)
        case "extra_forbidden":
            return _unknown(error, at, positions)
        case "union_tag_not_found":
            path = (*at.path, "type")
            hint = f"Add one of the types: {', '.join(_members(at.annotation))}."
            message = f"{_where(at.path)} lacks the key type"
            return Problem("E-MISSING-KEY", message, hint, path, *positions.of(at.path))
        case "union_tag_invalid":
            path = (*at.path, "type")
            tag = str(error["ctx"]["tag"])
            message = f"{quote(tag)} is not a type that can stand here"
            hint = suggestion(tag, tuple(_members(at.annotation)))
            return Problem("E-TYPE", message, hint, path, *positions.value(path))
    code, message, hint = _said(error, at)
    return Problem(code, message, hint, at.path, *positions.value(at.path))


def _missing(at: Place, positions: Positions) -> Problem:
    key = at.path[-1]
    hint = ""
    if at.info is not None:
        hint = f"{at.info.description or ''}{_example(at)}".strip()
    message = f"{_where(at.path[:-1])} lacks the key {key}"
    return Problem("E-MISSING-KEY", message, hint, at.path, *positions.of(at.path[:-1]))


def _unknown(error: ErrorDetails, at: Place, positions: Positions) -> Problem:
    key = str(at.path[-1])
    if _without_names(at.path) in UNBUILT:
        return Problem(
            "E-UNBUILT",
            f"{key} is not built yet",
            "Remove it; a later version of the language has it.",
            at.path,
            *positions.of(at.path),
        )
    container = place(error["loc"][:-1])
    annotation, _ = _chosen(container.annotation, error["loc"][-2] if error["loc"][1:] else "")
    return Problem(
        "E-UNKNOWN-KEY",
        f"{_where(at.path[:-1])} has no key {quote(key)}",
        suggestion(key, _known(annotation)),
        at.path,
        *positions.of(at.path),
    )


def _without_names(path: Path) -> Path:
    """Return the keys of a path that the language chose, without those that the spec chose."""
    named = {"resources", "fields", "actions", "input", "roles", "attributes"}
    kept: list[str | int] = []
    after_collection = False
    for key in path:
        if after_collection:
            after_collection = False
            continue
        kept.append(key)
        after_collection = key in named
    return tuple(kept)


def _said(error: ErrorDetails, at: Place) -> tuple[str, str, str]:
    """Return code, message and hint of an error about one value."""
    given = quote(error["input"])
    where = _where(at.path)
    context = error.get("ctx", {})
    hint = (at.info.description or "") + _example(at) if at.info else ""
    wanted = _WANTED.get(error["type"])
    if wanted is not None:
        if wanted == "a mapping" and not hint:
            keys = _known(at.annotation) or ["type"]
            hint = f"Its keys are {listing(keys, 'and')}."
        if wanted == "text" and not isinstance(error["input"], dict | tuple):
            hint = f'Put it in quotes: "{word(str(error["input"]))}".'
        return "E-TYPE", f"{where} needs {wanted}, not {given}", hint
    match error["type"]:
        case "literal_error":
            choices = _choices(at.annotation)
            text = str(error["input"])
            code = "E-WILDCARD" if text in WILDCARDS and "any" not in choices else "E-VALUE"
            return code, f"{given} is not a value of {where}", suggestion(text, choices)
        case "greater_than_equal":
            return "E-RANGE", f"{where} is {given}, less than {context['ge']}", hint
        case "less_than_equal":
            return "E-RANGE", f"{where} is {given}, more than {context['le']}", hint
        case "string_too_short" | "too_short":
            if context["min_length"] == 1:
                return "E-RANGE", f"{where} is empty", hint or "Add to it, or remove the key."
            return "E-RANGE", f"{where} is shorter than {context['min_length']}", hint
        case "string_too_long" | "too_long":
            return "E-RANGE", f"{where} is longer than {context['max_length']}", hint
    return "E-VALUE", f"{given} is not a value of {where}", hint


_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "is_instance_of": "a number",
    "decimal_type": "a number",
}


def _choices(annotation: Any) -> list[str]:
    bare = _bare(annotation)
    if get_origin(bare) is Literal:
        return [str(choice) for choice in get_args(bare)]
    return []


def _where(path: Path) -> str:
    """Return a path as prose, as in `resources.invoice.fields.title`."""
    if not path:
        return "The spec"
    dotted = ""
    for key in path[-5:]:
        dotted += f"[{key}]" if isinstance(key, int) else f".{word(key)}"
    return dotted.removeprefix(".")


def _example(at: Place) -> str:
    if at.info is None or not at.info.examples or not at.path or isinstance(at.path[-1], int):
        return ""
    shown = _flow(at.info.examples[0])
    return f" For example: {at.path[-1]}: {shown.rstrip('.')}." if len(shown) <= 60 else ""


def _flow(value: object) -> str:
    """Return a value as YAML in flow style."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(_flow(item) for item in value) + "]"
    return str(value)
