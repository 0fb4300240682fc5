"""The names of what is emitted: from the names of the spec, and never two from one module."""

import ast
import json
import keyword
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeGuard

import pydantic
import pytest

from scaffold import naming
from scaffold.database.tables import tables
from scaffold.design.resolve import resolve
from scaffold.plan.files import Plan, unformatted
from scaffold.plan.python import imports
from scaffold.project.create import create
from scaffold.spec import names
from scaffold.spec.load import load
from tests.design.samples import SPECS, design, whole

RESOURCES = ["order", "self", "action", "data", "found", "hooks", "text", "date", "u_u_i_d"]


@pytest.mark.parametrize(
    ("name", "many"),
    [
        ("invoice", "invoices"),
        ("invoice_line", "invoice_lines"),
        ("entry", "entries"),
        ("query", "queries"),
        ("soliloquy", "soliloquies"),
        ("day", "days"),
        ("y", "ys"),
        ("axis_y", "axis_ys"),
        ("address", "addresses"),
        ("box", "boxes"),
        ("branch", "branches"),
        ("wish", "wishes"),
    ],
)
def test_a_plural_is_the_regular_one(name: str, many: str) -> None:
    assert naming.plural(name) == many


@pytest.mark.parametrize(
    "noun",
    [
        *("invoice", "order", "item", "entry", "account", "issue", "onerous task"),
        *("upload", "update", "unpaid invoice", "unidentified person", "uninvited guest"),
        *("urgent call", "usher", "hour", "hour rate", "honorary member", "heir", "sms", "x"),
    ],
)
def test_words_that_are_spoken_with_a_vowel_have_an(noun: str) -> None:
    assert naming.article(noun) == f"an {noun}"


@pytest.mark.parametrize(
    "noun",
    [
        *("note", "host", "row", "house", "crm", "hotel room"),
        *("user", "usage", "unit", "union", "unique key", "university", "utility", "uri", "url"),
        *("one time", "one time code", "euro", "european", "uuid", "u"),
    ],
)
def test_words_that_are_spoken_with_a_consonant_have_a(noun: str) -> None:
    assert naming.article(noun) == f"a {noun}"


def test_names_take_the_shape_of_their_place() -> None:
    assert naming.camel("invoice_line") == "InvoiceLine"
    assert naming.segment("invoice_lines") == "invoice-lines"


def test_a_field_that_python_cannot_have_has_another_name_there() -> None:
    hidden = [each for each in dir(pydantic.BaseModel) if not each.startswith("_")]
    assert {each for each in keyword.kwlist if each.islower()} == naming.KEYWORDS
    for each in ("class", "from", "list", "date", *keyword.softkwlist, *hidden):
        assert each == "_" or names.field(each) == each
    for each in (*naming.KEYWORDS, *hidden, "model_dump_at", "list"):
        assert naming.attribute(each) == f"{each}_"
    for each in ("type", "match", "model_year", "klass"):
        assert naming.attribute(each) == each


OF_SOME = {
    "invitation",
    "sign_up",
    "subscription",
    "subscription_change",
    "usage_closing",
    "webhook_endpoint",
    "webhook_delivery",
    "outbox_message",
    "webhook_event",
    "webhook_account",
    "webhook_order",
    "billing_request",
    "billing_event",
}
"""The tables of features that a service has where it uses them."""


def test_the_tables_of_the_service_are_reserved() -> None:
    found = design()
    found = replace(found, issuers=tuple(replace(each, mapped=True) for each in found.issuers))
    ours = {each.name.strip('"') for each in tables(found)}
    ours -= {found.tenant, *(each.name for each in found.entities)}
    runner = unformatted(found)["shop/store/migrate.py"]
    ours |= set(re.findall(r"create table if not exists \S+\.(\w+)", runner))
    assert {each for each in ours if not each.endswith("_")} == names.BUILT_IN_TABLES - OF_SOME
    for each in ours:
        with pytest.raises(names.Refusal):
            names.resource(each)
        with pytest.raises(names.Refusal):
            names.tenant(each)


def test_the_columns_of_tenants_are_reserved() -> None:
    found = design()
    table = next(each for each in tables(found) if each.name == found.tenant)
    attributes = {each.name for each in found.tenant_attributes}
    assert {each.name for each in table.columns} - attributes == names.TENANT_COLUMNS


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    """What the reference specs yield."""
    return {path.stem: unformatted(resolve(load(path))) for path in SPECS.glob("*.yaml")}


def modules(plans: dict[str, Plan], name: str) -> Iterator[ast.Module]:
    """The modules of one name of every resource."""
    for plan in plans.values():
        for path, text in plan.items():
            if "/resources/" in path and path.endswith(f"/{name}"):
                yield ast.parse(text)


def imported(module: ast.Module) -> set[str]:
    """The names that a module imports, those of its own models and rows left out."""
    return {
        alias.name.partition(".")[0]
        for each in ast.walk(module)
        if isinstance(each, ast.Import | ast.ImportFrom)
        and not (
            isinstance(each, ast.ImportFrom) and str(each.module).endswith((".models", ".rows"))
        )
        for alias in each.names
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("models.py", naming.imported(naming.models_imports())),
        ("handlers.py", naming.imported(naming.HANDLERS)),
        ("hooks.py", naming.imported(naming.HOOKS) | {"hooks"}),
    ],
)
def test_what_is_reserved_is_what_is_imported(
    plans: dict[str, Plan], name: str, expected: frozenset[str]
) -> None:
    assert set[str]().union(*map(imported, modules(plans, name))) == expected


def test_a_name_that_is_not_reserved_cannot_be_imported() -> None:
    with pytest.raises(KeyError, match="Decimal"):
        imports("shop", "order", naming.models_imports(), {"Closed", "Decimal"})


@pytest.mark.parametrize("name", ["models.py", "handlers.py", "hooks.py"])
def test_a_module_defines_no_name_twice(plans: dict[str, Plan], name: str) -> None:
    for module in modules(plans, name):
        defined = Counter(
            each.name
            for each in module.body
            if isinstance(each, ast.ClassDef | ast.AsyncFunctionDef)
        )
        assert max(defined.values()) == 1
        assert not set(defined) & imported(module)


def test_no_field_hides_what_an_annotation_uses(plans: dict[str, Plan]) -> None:
    """Neither of the reference specs, nor one that is called as anything that they use."""
    used = {"date", "datetime"}
    for module in modules(plans, "models.py"):
        used |= {each.id for each in ast.walk(module) if _is_used(each)}
    fields = {each: {"type": "date"} for each in sorted(used) if each.islower()}
    found = design(f"""
roles: {{clerk: {{can: [{{do: [create, update, read, move], on: order}}]}}}}
resources:
  order:
    fields: {json.dumps(fields)}
    actions: {{move: {{on: item, input: {json.dumps(fields)}}}}}
""")
    assert {"list", "whole", "str"} <= fields.keys()
    made = {"shop": unformatted(found), **plans}
    for model in (each for tree in modules(made, "models.py") for each in tree.body):
        if isinstance(model, ast.ClassDef):
            lines = [each for each in model.body if isinstance(each, ast.AnnAssign)]
            called = {ast.unparse(each.target) for each in lines}
            assert not called & {n.id for n in ast.walk(model) if _is_used(n)}, model.name


def _is_used(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


@pytest.mark.parametrize("name", RESOURCES)
def test_a_hook_has_the_parameters_of_its_protocol(tmp_path: Path, name: str) -> None:
    project = tmp_path / "shop"
    spec = whole(f"""
roles: {{clerk: {{can: [{{do: [create, move], on: {name}}}]}}}}
resources:
  {name}:
    fields: {{title: {{type: string, max: 9}}}}
    actions: {{move: {{on: item, input: {{why: {{type: string, max: 9}}}}}}}}
""")
    create("shop", project, spec.encode(), "shop.yaml")
    protocol = _parameters(project / "shop" / "resources" / name / "hooks.py")
    assert _parameters(project / "hooks" / f"{name}.py") == protocol[1:]
    assert len(set(protocol)) == len(protocol) == 4


def _parameters(path: Path) -> list[str]:
    """The parameters of the only asynchronous function of a module."""
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    (found,) = (each for each in tree if isinstance(each, ast.AsyncFunctionDef))
    return [each.arg for each in (*found.args.posonlyargs, *found.args.args)]
