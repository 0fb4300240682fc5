"""The columns that every resource has: a new one is one entry, and all that is emitted follows."""

import json
import re
from pathlib import Path

import pytest

from scaffold.columns import BUILT_IN, BuiltInColumn
from scaffold.database.tables import tables
from scaffold.design import resolve
from scaffold.design.surface import surface
from scaffold.history.plan import initial
from scaffold.plan.files import Plan, unformatted
from scaffold.spec import names
from scaffold.spec.problems import Refusal
from tests.emitted import ask, made

from .samples import design, whole

SEEN = BuiltInColumn("seen_at", "datetime", "now()", "now()")
"""A column that each change of a row renews, and that everybody sees who reads the row."""
SHARD = BuiltInColumn("shard", "integer", "7", shown_to="nobody", in_api=False)
"""A column of which only the database knows."""

ROLES = """
roles:
  clerk:
    can:
      - {do: [read, create, update, finish], on: order}
      - {do: list, on: order, only: [title]}
  packer: {can: [{do: [create, update], on: order}]}
"""
TESTS = (
    "test_contract.py::test_an_answer_is_as_promised",
    "test_fields.py::test_an_answer_has_the_fields_of_the_role",
    "test_grants.py::test_the_service_changes_no_column_that_is_fixed",
    "test_preconditions.py",
)


@pytest.fixture
def more_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two more columns that every resource has."""
    monkeypatch.setattr(resolve, "BUILT_IN", (*BUILT_IN, SEEN, SHARD))


@pytest.fixture
def plan(more_columns: None) -> Plan:
    """What is emitted with them."""
    return unformatted(design(ROLES))


def part(plan: Plan, path: str, begin: str, end: str) -> str:
    """The text between two marks of a file of the service."""
    return plan[f"shop/{path}"].partition(begin)[2].partition(end)[0]


def test_it_is_in_the_table(more_columns: None) -> None:
    text = initial("shop", tables(design(ROLES)))
    table = text.partition('create table "order" (')[2].partition(");\n")[0]
    found = [line.strip(" ,") for line in table.splitlines() if line][:8]
    assert found == [
        "tenant_id uuid not null",
        "id uuid not null default gen_random_uuid()",
        "version bigint not null default 1",
        "created_at timestamptz not null default now()",
        "updated_at timestamptz not null default now()",
        "seen_at timestamptz not null default now()",
        "shard bigint not null default 7",
        "owner_id uuid not null",
    ]


def test_it_is_in_the_json_of_a_row(plan: Plan) -> None:
    view = part(plan, "store/functions/order.sql", "create or replace view order_row_", ";\n")
    # Once for those who see every field, and once for those who do not.
    assert view.count("r.updated_at, r.seen_at, r.title") == 2
    assert "shard" not in view.partition("select row_to_json")[2]


def test_it_is_in_the_row_that_a_hook_is_given(plan: Plan) -> None:
    begin = part(plan, "store/functions/order.sql", "function order_begin_(", "$$;\n")
    assert "t.updated_at, t.seen_at, t.owner_id" in begin
    assert "shard" not in begin


@pytest.mark.parametrize("name", ["Order", "OrderRow"])
def test_it_is_in_the_models(plan: Plan, name: str) -> None:
    model = part(plan, "resources/order/models.py", f"class {name}(", "\nclass ")
    assert re.search(r"\n    seen_at: (NotRequired\[)?datetime\]?\n", model)
    assert "shard" not in model


def test_it_is_in_the_contract(plan: Plan) -> None:
    order = json.loads(plan["shop/openapi.json"])["components"]["schemas"]["Order"]
    assert order["properties"]["seen_at"] == {
        "type": "string",
        "format": "date-time",
        "maxLength": 35,
    }
    assert "shard" not in order["properties"]
    # A packer writes rows that they may not read: they are told which row, at which version.
    assert order["required"] == ["id", "version"]


def test_the_service_may_change_it_if_changes_renew_it(plan: Plan) -> None:
    rules = plan["shop/store/guards/rules.sql"]
    (granted,) = re.findall(r'grant select, insert, update \(([^)]*)\)\s+on "order"', rules)
    assert granted.endswith("version, updated_at, seen_at")


@pytest.mark.parametrize("function", ["update_order", "order_finish_"])
def test_every_change_renews_it(plan: Plan, function: str) -> None:
    body = part(plan, "store/functions/order.sql", f"function {function}(", "$$;\n")
    assert "set version = t.version + 1, updated_at = now(), seen_at = now()" in body


def test_it_changes_nothing_of_who_may_do_what(more_columns: None) -> None:
    with_them = surface(design(ROLES))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resolve, "BUILT_IN", BUILT_IN)
        assert surface(design(ROLES)) == with_them


def test_the_emitted_tests_know_it(
    more_columns: None, tmp_path: Path, postgres_server: str
) -> None:
    project = tmp_path / "shop"
    made("shop", project, whole(ROLES).encode())
    outcome = ask(project, TESTS)
    assert outcome.passed, outcome.output


@pytest.mark.parametrize("column", BUILT_IN, ids=lambda each: each.name)
def test_no_field_can_have_its_name(column: BuiltInColumn) -> None:
    with pytest.raises(Refusal, match="built in"):
        names.field(column.name)
