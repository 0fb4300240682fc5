"""From the errors of the model to problems: what is wrong in words of the spec, and where."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from heapq import nsmallest

from pydantic_core import ErrorDetails

from .names import WILDCARDS, suggestion
from .positions import Positions
from .problems import MAX_PROBLEMS, Path, Problem, Refusal, listing, quote, word
from .shape import Place, Shape, place
from .versions import own_name

UNBUILT = frozenset(
    {
        ("exports",),
        ("ai",),
        ("events",),
        ("flags",),
        ("resources", "fields", "encrypt"),
    }
)
"""Keys of later versions of the language, without the names between them."""

_NAMED = frozenset({"resources", "fields", "actions", "input", "roles", "attributes", "events"})
"""Mappings whose keys the spec chooses."""

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "union_tag_not_found": "a mapping",
    "is_instance_of": "a number",
}
"""What a value should have been, by the type of pydantic's error."""


def explain(errors: Iterable[ErrorDetails], positions: Positions) -> list[Problem]:
    """The problems of the first errors by position."""
    first = nsmallest(
        MAX_PROBLEMS,
        (error for error in errors if not _follows(error)),
        key=lambda error: positions.near(error["loc"]),
    )
    return [
        replace(problem, path=positions.written(problem.path))
        for error in first
        for problem in _problems(error, positions)
    ]


def _follows(error: ErrorDetails) -> bool:
    """Whether a list is only too short because its items are refused."""
    least = error.get("ctx", {}).get("min_length", 0)
    return error["type"] == "too_short" and len(error["input"]) >= least


def _problems(error: ErrorDetails, positions: Positions) -> Iterable[Problem]:
    at = _as_written(place(error["loc"]), positions)
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, Refusal):
        path = (*at.path, *cause.at)
        stands = positions.of if at.is_key or cause.named else positions.value
        yield Problem(cause.code, cause.message, cause.hint, path, *stands(path))
        return
    match error["type"]:
        case "missing":
            yield _missing(at, positions)
        case "extra_forbidden":
            yield _unknown(at.path, at.around.keys, positions)
        case "union_tag_not_found" if isinstance(error["input"], dict):
            yield from _untyped(at, error["input"], positions)
        case "union_tag_invalid":
            path = (*at.path, "type")
            tag = str(error["ctx"]["tag"])
            hint = suggestion(tag, tuple(at.shape.members))
            message = f"{quote(tag)} is not a type that is possible here"
            yield Problem("E-TYPE", message, hint, path, *positions.value(path))
        case _:
            code, message, hint = _said(error, at, positions)
            yield Problem(code, message, hint, at.path, *positions.value(at.path))


def _as_written(at: Place, positions: Positions) -> Place:
    """A place below the shorthand `{enum: [a, b]}`, which the model calls values."""
    match at.path:
        case (section, "attributes", name, "values", *rest):
            path = (section, "attributes", name, "enum", *rest)
            if positions.has(path[:4]):
                return replace(at, path=path)
    return at


def _missing(at: Place, positions: Positions) -> Problem:
    around, written = at.path[:-1], positions.written(at.path)
    message = f"{_where(written[:-1])} lacks the key {written[-1]}"
    hint = _about(at, positions)
    return Problem("E-MISSING-KEY", message, hint, at.path, *positions.of(around))


def _unknown(path: Path, known: Mapping[str, Shape], positions: Positions) -> Problem:
    written = positions.written(path)
    key = str(written[-1])
    if _without_names(path) in UNBUILT:
        code, message = "E-UNBUILT", f"{key} is not built yet"
        hint = "Remove it; a later version of the language has it."
    else:
        code, message = "E-UNKNOWN-KEY", f"{_where(written[:-1])} has no key {quote(key)}"
        hint = suggestion(key, _keys(path[:-1], known, positions))
        if own := own_name(path, positions.version):
            hint = f"In version {positions.version} of the language this key is {own}."
    return Problem(code, message, hint, path, *positions.of(path))


def _untyped(at: Place, given: Mapping[str, object], positions: Positions) -> Iterable[Problem]:
    """The problems of a field without a type: that, and the keys that no type has."""
    types = at.shape.members
    hint = f"Add one of the types: {', '.join(types)}."
    message = f"{_where(positions.written(at.path))} lacks the key type"
    yield Problem("E-MISSING-KEY", message, hint, (*at.path, "type"), *positions.of(at.path))
    known = {key: shape for kind in types.values() for key, shape in kind.keys.items()}
    for key in given:
        if key not in known:
            yield _unknown((*at.path, key), known, positions)


def _keys(around: Path, known: Iterable[str], positions: Positions) -> tuple[str, ...]:
    """The known keys of a mapping as its author may write them."""
    return tuple(str(positions.written((*around, key))[-1]) for key in known)


def _without_names(path: Path) -> Path:
    """The keys of a path that the language chose, without those that the spec chose."""
    kept: list[str | int] = []
    names_follow = False
    for key in path:
        if names_follow:
            names_follow = False
        else:
            kept.append(key)
            names_follow = key in _NAMED
    return tuple(kept)


def _said(error: ErrorDetails, at: Place, positions: Positions) -> tuple[str, str, str]:
    """Code, message and hint of an error about one value."""
    value, kind = error["input"], error["type"]
    given, where = quote(value), _where(positions.written(at.path))
    hint = _about(at, positions)
    if kind in _WANTED:
        if _WANTED[kind] == "a mapping" and not hint:
            keys = _keys(at.path, at.shape.keys, positions)
            hint = f"Its keys are {listing(keys, 'and')}." if keys else "Begin with its type."
        elif _WANTED[kind] == "text" and not isinstance(value, dict | tuple):
            hint = f'Put it in quotes: "{word(str(value))}".'
        return "E-TYPE", f"{where} needs {_WANTED[kind]}, not {given}", hint
    bounds = error.get("ctx", {})
    match kind:
        case "literal_error":
            text, choices = str(value), at.shape.choices
            code = "E-WILDCARD" if text in WILDCARDS and "any" not in choices else "E-VALUE"
            return code, f"{given} is not a value of {where}", suggestion(text, choices)
        case "greater_than_equal":
            return "E-RANGE", f"{where} is {given}, which is less than {bounds['ge']}", hint
        case "less_than_equal":
            return "E-RANGE", f"{where} is {given}, which is more than {bounds['le']}", hint
        case "string_too_short" | "too_short" if bounds["min_length"] == 1:
            return "E-RANGE", f"{where} is empty", hint
        case "string_too_short" | "too_short":
            return "E-RANGE", f"{where} is shorter than {bounds['min_length']}", hint
        case "string_too_long" | "too_long" if bounds["max_length"] == 0:
            return "E-RANGE", f"{where} must be empty", hint
        case "string_too_long" | "too_long":
            return "E-RANGE", f"{where} is longer than {bounds['max_length']}", hint
    return "E-VALUE", f"{given} is not a value of {where}", hint


def _where(path: Path) -> str:
    """The end of a path as prose, as in `resources.invoice.fields.title`."""
    if not path:
        return "The spec"
    shown = "".join(f"[{key}]" if isinstance(key, int) else f".{word(key)}" for key in path[-5:])
    return shown.removeprefix(".")


def _about(at: Place, positions: Positions) -> str:
    """What the key at a place is for, with an example."""
    info = at.shape.info
    if info is None:
        return ""
    about = info.description or ""
    if info.examples and at.path and isinstance(at.path[-1], str):
        shown = _flow(info.examples[0]).rstrip(".")
        if len(shown) <= 60:
            about += f" For example: {positions.written(at.path)[-1]}: {shown}."
    return about


def _flow(value: object) -> str:
    """A value as YAML in flow style."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(_flow(item) for item in value) + "]"
    return str(value)
