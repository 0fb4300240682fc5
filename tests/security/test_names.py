"""Names that mean something in Python, SQL or JavaScript hide nothing in the emitted service.

Each word is tried as the name of everything that a spec can name. What the language refuses it
refuses at a position; with all that it accepts the emitted tests of the service pass.
"""

import ast
import builtins
import json
import keyword
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from scaffold.project.create import create
from scaffold.spec.load import loads
from scaffold.spec.model import FilterOperator
from scaffold.spec.problems import SpecError
from tests.emitted import ask

NAMES = """
user order group table select where limit offset returning check default primary references column
grant session_user row rows begin end array cast desc asc only using window current_timestamp
timestamp interval public pg_catalog information_schema
int str bool list dict object bytes float date datetime decimal uuid print self cls super id
annotated literal field typed_dict text line email url closed stored whole between distinct
true false none null undefined nan constructor prototype proto
p_tenant p_caller p_id v_roles v_member v t r p q k outcome body version key roles attributes
slug name connection resource number member organization tenant
audit_event idempotency_key schema_migration
call record hook hooks statements models handlers action answer arguments page
found changed created done work begun data query request response
connection transaction service database
test tests conftest pytest app settings types operations store gate development resources asgi os
"""
GENERATED = Path(__file__).resolve().parent.parent.parent / "examples" / "invoicing" / "invoicing"


@cache
def used() -> tuple[str, ...]:
    """The names that an emitted service uses, in Python without those that it defines itself."""
    found: set[str] = set()
    for path in GENERATED.rglob("*.py"):
        for each in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(each, ast.Name):
                found.add(each.id)
            elif isinstance(each, ast.alias):
                found.add((each.asname or each.name).partition(".")[0])
    for path in GENERATED.rglob("*.sql"):
        found |= set(re.findall(r"\b[a-z][a-z0-9_]*\b", path.read_text("utf-8")))
    return tuple(sorted(found | set(keyword.kwlist)))


Spec = dict[str, Any]
TEXT = {"type": "string", "max": 20}
KINDS = (
    TEXT,
    {"type": "integer", "min": 0, "max": 9, "filter": ["eq", "gte"], "sort": True},
    {"type": "date", "optional": True, "filter": ["lt"]},
    {"type": "uuid", "filter": ["eq", "in"]},
    {"type": "decimal", "digits": 5, "places": 2, "min": 1, "optional": True},
    {"type": "boolean", "default": False, "filter": ["eq"]},
    {"type": "list", "of": TEXT, "max_items": 3, "unique_items": True, "optional": True},
    {"type": "enum", "values": ["a", "b"], "default": "a", "filter": ["in"], "sort": True},
)
"""Fields of different types: each hides something else if its name is a bad one."""
FIELDS = 50
"""Of a resource."""
USUAL = ["list", "read", "create", "update", "delete"]


def plain() -> Spec:
    """A spec without any of the words."""
    return {
        "scaffold": 2,
        "service": {"name": "shop", "title": "Shop"},
        "tenancy": {"tenant": "company"},
        "identity": {
            "issuers": [{"issuer": "https://x.example/", "audience": "x", "algorithms": ["ES256"]}]
        },
        "roles": {"clerk": {"can": [{"do": USUAL, "on": "thing"}]}},
        "resources": {"thing": {"fields": {"note": TEXT}}},
    }


def fields(words: Iterable[str]) -> Spec:
    """A resource with fields of these names, and actions with inputs of these names.

    A name that is also that of a filter, as `expires_in` is beside `expires`, is left out: the
    language refuses the two beside each other.
    """
    spec, taken = plain(), set(words)
    filters = {f"{word}_{operator}" for word in taken for operator in get_args(FilterOperator)}
    for number, word in enumerate(sorted(taken - filters)):
        name = f"thing{number // FIELDS}"
        if name not in spec["resources"]:
            move: Spec = {"on": "item", "input": {}}
            spec["resources"][name] = {"fields": {"note": TEXT}, "actions": {"move": move}}
            spec["roles"]["clerk"]["can"].append({"do": [*USUAL, "move"], "on": name})
        field = KINDS[number % len(KINDS)]
        asked = {key: each for key, each in field.items() if key not in ("filter", "sort")}
        spec["resources"][name]["fields"][word] = field
        spec["resources"][name]["actions"]["move"]["input"][word] = asked
    return spec


def resources(words: Iterable[str]) -> Spec:
    """Resources of these names, each with an action and a reference to the one before."""
    spec, before = plain(), "thing"
    for word in words:
        spec["resources"][word] = {
            "fields": {
                "note": TEXT,
                "on_day": {"type": "date"},
                "other": {"type": "reference", "to": before},
            },
            "actions": {"move": {"on": "item", "input": {"why": TEXT}}},
        }
        spec["roles"]["clerk"]["can"].append({"do": ["read", "create", "move"], "on": word})
        before = word
    return spec


def actions(words: Iterable[str]) -> Spec:
    """A resource with actions of these names, on rows and on all of them."""
    spec, names = plain(), list(words)
    for place in ("item", "collection"):
        spec["resources"][f"{place}_thing"] = {
            "fields": {"note": TEXT},
            "actions": {name: {"on": place, "input": {"why": TEXT}} for name in names[:50]},
        }
        spec["roles"]["clerk"]["can"].append({"do": names[:50], "on": f"{place}_thing"})
    return spec


def roles(words: Iterable[str]) -> Spec:
    """Roles of these names."""
    spec = plain()
    for word in words:
        spec["roles"][word] = {"can": [{"do": "read", "on": "thing", "when": {"note": word}}]}
    return spec


def attributes(words: Iterable[str]) -> Spec:
    """Attributes of tenants and users, and conditions on them."""
    spec = plain()
    known = {word: {"type": "string", "max": 20} for word in words}
    spec["tenancy"]["attributes"] = spec["identity"]["attributes"] = known
    for number, word in enumerate(known):
        spec["roles"][f"role{number}"] = {
            "can": [
                {"do": "read", "on": "thing", "when": {"note": f"$user.{word}"}},
                {"do": "delete", "on": "thing", "when": {"note": f"$tenant.{word}"}},
            ]
        }
    return spec


BUILDERS: tuple[Callable[[Iterable[str]], Spec], ...] = (
    fields,
    resources,
    actions,
    roles,
    attributes,
)
TESTS = (
    "test_contract.py::test_an_operation_is_guarded_as_promised",
    "test_contract.py::test_a_body_is_as_promised",
    "test_contract.py::test_an_answer_is_as_promised",
    "test_access.py::test_a_granted_role_is_allowed",
    "test_access.py::test_outside_its_conditions_a_role_is_refused",
)


def accepted(build: Callable[[Iterable[str]], Spec], word: str) -> bool:
    """Does the language take the word there? If not, it says where the word stands."""
    try:
        loads(json.dumps(build([word])))
    except SpecError as error:
        assert all(problem.line >= 1 and problem.column >= 1 for problem in error.problems)
        return False
    return True


@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_names_hide_nothing(
    build: Callable[[Iterable[str]], Spec], tmp_path: Path, postgres_server: str
) -> None:
    hidden = (each for each in used() if hasattr(builtins, each))
    common = tuple(dict.fromkeys([*NAMES.split(), *hidden]))
    asked = common if build is not fields else tuple(dict.fromkeys([*common, *used()]))
    words = [word for word in asked if accepted(build, word)]
    assert len(words) > len(common) // 2
    project = tmp_path / "shop"
    create("shop", project, json.dumps(build(words)).encode(), "shop.json")
    outcome = ask(project, TESTS)
    assert outcome.passed, outcome.output


@pytest.mark.parametrize(
    ("section", "key", "word"),
    [
        *(
            ("service", "name", word)
            for word in ("public", "pg_shop", "information_schema", "order")
        ),
        *(("service", "name", word) for word in ("os", "tests", "hooks", "asyncpg")),
        *(("tenancy", "tenant", word) for word in ("member", "audit_event", "idempotency_key")),
        *(("tenancy", "attributes", word) for word in ("id", "slug", "name", "created_at", "xmin")),
    ],
)
def test_a_name_that_is_taken_is_refused(section: str, key: str, word: str) -> None:
    spec = plain()
    spec[section][key] = {word: {"type": "boolean"}} if key == "attributes" else word
    with pytest.raises(SpecError) as refusal:
        loads(json.dumps(spec))
    (problem,) = refusal.value.problems
    assert problem.code == "E-RESERVED"
    assert json.dumps(spec)[problem.column - 1 :].startswith(f'"{word}"')
