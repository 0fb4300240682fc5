"""Names: the grammar, the reserved words and suggestions."""

import keyword

import pytest

from scaffold.database.sql import SYSTEM_COLUMNS
from scaffold.spec import names
from scaffold.spec.problems import Refusal

from .samples import check_refused, field, spec


@pytest.mark.parametrize("name", ["a", "invoice", "invoice_line", "a1", "iso_3166_code", "x" * 28])
def test_identifiers(name: str) -> None:
    assert names.identifier(name, "a thing") == name


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "A",
            "1a",
            "_a",
            "a_",
            "a__b",
            "a-b",
            "a b",
            "a.b",
            "ä",
            "a\n",
            "x" * 29,
            "$a",
            "a;b",
        ),
        *("*", "all", "any", "everything", "_"),
        *(word for word in keyword.kwlist if word.islower()),
    ],
)
def test_no_identifiers(name: str) -> None:
    with pytest.raises(Refusal):
        names.identifier(name, "a thing")


@pytest.mark.parametrize(
    ("check", "name"),
    [
        (names.service, "json"),
        (names.service, "starlette"),
        (names.service, "hooks"),
        (names.service, "x" * 31),
        (names.resource, "tenant"),
        (names.resource, "audit_event"),
        (names.resource, "healthz"),
        (names.field, "id"),
        (names.field, "tenant_id"),
        (names.field, "updated_at"),
        (names.field, "cursor"),
        *((names.field, name) for name in sorted(SYSTEM_COLUMNS)),
        (names.action, "list"),
        (names.action, "delete"),
        (names.action, "x" * 21),
        (names.attribute, "id"),
        (names.plural_name, "members"),
    ],
)
def test_reserved_words(check: object, name: str) -> None:
    assert callable(check)
    with pytest.raises(Refusal) as caught:
        check(name)
    assert caught.value.hint


def test_words_reserved_for_columns_are_free_inside_objects() -> None:
    assert names.nested("version") == "version"


@pytest.mark.parametrize(
    ("word", "known", "nearest"),
    [
        ("invioce", ["invoice", "customer"], "invoice"),
        ("titel", ["title", "total"], "title"),
        ("zzz", ["title", "total"], None),
        ("title", [], None),
    ],
)
def test_the_nearest_word(word: str, known: list[str], nearest: str | None) -> None:
    assert names.nearest(word, known) == nearest


def test_a_suggestion_names_the_nearest_word_or_all() -> None:
    assert names.suggestion("reed", ["read", "list"]) == "Did you mean read?"
    assert names.suggestion("x", ["read", "list"]) == "Known: list and read."
    assert "no wildcards" in names.suggestion("all", ["read", "list"])
    assert names.suggestion("x", []) == ""


@pytest.mark.parametrize(
    ("sample", "code", "says"),
    [
        (spec(service="{name: ▸json, title: J}"), "E-RESERVED", "standard library"),
        (spec(service="{name: ▸My-Shop, title: J}"), "E-NAME", 'such as "my_shop"'),
        (spec(tenancy="{tenant: ▸all}"), "E-WILDCARD", "no wildcards"),
        (field("{type: object, fields: {▸fooBar: {type: boolean}}}"), "E-NAME", '"foo_bar"'),
        (spec(resources="{order: {fields: {▸id: {type: boolean}}}}"), "E-RESERVED", "built in"),
    ],
)
def test_names_are_refused_where_they_stand(sample: str, code: str, says: str) -> None:
    check_refused(sample, code, says)


def test_a_list_that_is_cut_begins_with_the_nearest_words() -> None:
    known = [f"field_{number}" for number in range(20)] + ["zone_of_the_customer"]
    hint = names.suggestion("customer", known)
    assert hint.startswith("Known: zone_of_the_customer, ")
    assert hint.endswith(", ….")
