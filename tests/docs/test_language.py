"""The tables of the language: the keys, bounds and defaults of the model, and no other."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from scaffold.spec import model
from scaffold.spec.rates import Rate
from scaffold.spec.translate import UNBUILT
from scaffold.spec.versions import NEWEST, RENAMES
from scaffold.types.fields import Field

from .markdown import REPOSITORY, Document, code_of, read

LANGUAGE = read(REPOSITORY / "docs" / "language.md")
IDENTITY = read(REPOSITORY / "docs" / "identity.md")
FIELDS = read(REPOSITORY / "docs" / "fields.md")

TABLES: dict[str, type[BaseModel]] = {
    "The spec": model.Spec,
    "An issuer": model.Issuer,
    "Rules of your own": model.Token,
    "Roles and grants": model.Role,
    "A grant": model.Grant,
    "Resources": model.Resource,
    "An action": model.Action,
}
SECTIONS = ("service", "tenancy", "identity", "limits", "api_keys", "audit")
"""Mappings of the spec whose keys the language chooses: their keys are written with a point."""


def page(heading: str) -> Document:
    """The page that a table stands on."""
    return IDENTITY if heading in ("An issuer", "Rules of your own") else LANGUAGE


def keys(kind: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """The keys of a mapping of the spec, with what the model says of them."""
    for name, info in kind.model_fields.items():
        key = info.alias or name
        if kind is model.Spec and key in SECTIONS:
            section = info.annotation
            assert isinstance(section, type) and issubclass(section, BaseModel)
            yield from ((f"{key}.{inner}", each) for inner, each in keys(section))
        else:
            yield key, info


def bounds(info: Any) -> Iterator[int]:
    """The numbers that bound a value; those below two say no more than that there is one."""
    metadata = info.metadata if isinstance(info, FieldInfo) else getattr(info, "__metadata__", ())
    for each in metadata:
        match each:
            case Ge(ge=limit) | Le(le=limit) | MaxLen(max_length=limit) | MinLen(min_length=limit):
                if isinstance(limit, int) and limit > 1:
                    yield limit
    inner = info.annotation if isinstance(info, FieldInfo) else info
    for each in get_args(inner):
        if not (isinstance(each, type) and issubclass(each, BaseModel)):
            yield from bounds(each)


def numbers(text: str) -> set[int]:
    """The whole numbers of a text."""
    return {int(each) for each in re.findall(r"\d+", text)}


@pytest.mark.parametrize("heading", TABLES)
def test_a_table_has_every_key(heading: str) -> None:
    rows = page(heading).table(heading)
    assert [code_of(row[0])[0] for row in rows] == [key for key, _ in keys(TABLES[heading])]


@pytest.mark.parametrize("heading", TABLES)
def test_a_table_tells_what_is_required_and_the_defaults(heading: str) -> None:
    for (key, info), row in zip(keys(TABLES[heading]), page(heading).table(heading), strict=True):
        assert (row[2] == "required") is info.is_required(), key
        match info.default:
            case Rate(count=count, seconds=60):
                assert row[2] == f"`{count}/min`", key
            case bool() as value:
                assert row[2] == f"`{str(value).lower()}`", key
            case str() as value:
                assert row[2] == f"`{value}`", key
            case int() as value:
                spelled = {value, value // 1024, value // 3600, value // 86400} & numbers(row[2])
                assert spelled, key
            case tuple() as values if values:
                assert row[2] == f"`[{', '.join(values)}]`", key
            case model.Page(default=default, max=most):
                assert row[2] == f"`{{default: {default}, max: {most}}}`", key
            case model.Assurance(any_=some, phishing_resistant=strong):
                assert code_of(row[2]) == [*some, *strong], key
            case None | () | Rate():
                assert row[2] != "", key
            case other:
                assert other is PydanticUndefined or not other, key


WORDS = {200, 2_000}
"""How long a line and prose may be: said once, under "Words"."""


@pytest.mark.parametrize("heading", TABLES)
def test_a_table_tells_the_bounds(heading: str) -> None:
    for (key, info), row in zip(keys(TABLES[heading]), page(heading).table(heading), strict=True):
        missing = set(bounds(info)) - numbers(row[1])
        if re.search(r"\b(prose|line)\b", row[1]):
            missing -= WORDS
        assert not missing, f"{key}: {missing}"


def test_the_words_that_text_is_made_of() -> None:
    rows = {row[0]: row[1] for row in LANGUAGE.table("Words")}
    for word, kind in (("line", model.Issuer), ("prose", model.Service)):
        field = {"line": "audience", "prose": "description"}[word]
        longest = max(bounds(kind.model_fields[field]))
        assert longest in numbers(rows[word])


def test_what_the_versions_call_otherwise() -> None:
    text = " ".join(LANGUAGE.section("Versions").split())
    for each in RENAMES:
        assert f"Version {each.since} " in text
        assert f"`{each.old}` to `{each.new}`" in text
    assert code_of(LANGUAGE.table("The spec")[0][1]) == [str(NEWEST)]


def test_what_is_not_built_is_named() -> None:
    text = LANGUAGE.section("Not built yet")
    assert {path[-1] for path in UNBUILT} == set(code_of(text))


TYPES: dict[str, type[model.CommonField]] = {
    get_args(each.model_fields["type"].annotation)[0]: each for each in get_args(get_args(Field)[0])
}
COMMON = {info.alias or name for name, info in model.CommonField.model_fields.items()}


def test_the_keys_of_every_type() -> None:
    rows = FIELDS.table("Keys of every type")
    listed = [code_of(row[0])[0] for row in rows]
    assert listed == [info.alias or name for name, info in model.CommonField.model_fields.items()]
    for row in rows:
        if row[0] == "`class`":
            assert code_of(row[1]) == list(get_args(model.FieldClass))


def test_the_types() -> None:
    assert [code_of(row[0])[0] for row in FIELDS.table("Types")] == list(TYPES)


@pytest.mark.parametrize("row", FIELDS.table("Types"), ids=lambda row: row[0].strip("`"))
def test_a_type(row: list[str]) -> None:
    kind = TYPES[code_of(row[0])[0]]
    own = {info.alias or name: info for name, info in kind.model_fields.items()}
    mine = {key: info for key, info in own.items() if key not in COMMON}
    assert mine.keys() <= set(code_of(row[1]))
    for key, info in mine.items():
        assert set(bounds(info)) - {10 * 365 * 86_400} <= numbers(row[1]), key
        assert not info.is_required() or "required" in row[1], key
        if isinstance(info.default, bool):
            assert f"`{key}` {str(info.default).lower()}" in row[1]
    assert code_of(row[3]) == list(kind.FILTERS)
    assert (row[4] == "yes") is kind.SORTS
