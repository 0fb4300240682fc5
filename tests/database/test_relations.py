"""The names of relations: tables, keys and indexes share one space of names in PostgreSQL."""

from collections import Counter
from pathlib import Path

from scaffold.database.guards import guards
from scaffold.database.tables import relations, tables
from scaffold.project.create import create
from tests.design.samples import design, whole
from tests.emitted import ask

SPEC = """
roles: {clerk: {can: [{do: [list, read, create], on: [order, order_line, order_line_number_key]}]}}
resources:
  order:
    fields: {line_number: {type: integer, min: 1, max: 999, filter: [eq, in]}}
    unique: [[line_number]]
  order_line:
    fields: {number: {type: integer, min: 1, max: 999, filter: eq}}
    unique: [[number]]
  order_line_number_key:
    fields: {title: {type: string, max: 9}}
"""


def test_no_two_relations_have_one_name() -> None:
    found = tables(design(SPEC))
    indexes = guards(design(SPEC), found).indexes
    names = Counter((*relations(found), *(each.name for each in indexes)))
    assert max(names.values()) == 1
    assert max(map(len, names)) <= 63
    assert {"order", "order_line", "order_line_number_key", "order_newest_idx"} <= set(names)


def test_the_migration_applies(tmp_path: Path, postgres_server: str) -> None:
    project = tmp_path / "shop"
    create("shop", project, whole(SPEC).encode(), "shop.yaml")
    outcome = ask(project, ["test_access.py::test_a_granted_role_is_allowed"])
    assert outcome.passed, outcome.output
