"""Tables are history: a change of them is named, and written only when somebody says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scaffold.tree.digest import digest

from .support import PACKAGE, REPLACE, edit, scaffold, tree, without_product

MIGRATIONS = f"{PACKAGE}/store/migrations"
MIGRATION, SNAPSHOT = f"{MIGRATIONS}/0001_initial.sql", f"{MIGRATIONS}/snapshot.json"
GRANTED = "on: [order, product]}"
NAME = "      name: {type: string, min: 1, max: 80}\n"

CHANGES = {
    "another type": (
        NAME,
        NAME.replace("string, min: 1, max: 80", "date"),
        ["column product.name: "],
    ),
    "another bound": (
        NAME,
        NAME.replace("80", "90"),
        ["column product.name: check was char_length(name) between 1 and 80"],
    ),
    "another default": (
        "values: [open, shipped], default: open",
        "values: [open, shipped], default: shipped",
        ["column \"order\".status: default was 'open', is 'shipped'"],
    ),
    "a column more": (
        NAME,
        f"{NAME}      price: {{type: money}}\n",
        ["column product.price: is new"],
    ),
    "a column less": (
        "fields:\n      name: {type: string, min: 1, max: 80}\n",
        "fields:\n      price: {type: money}\n",
        ["column product.name: is gone", "column product.price: is new"],
    ),
    "a key": (
        NAME,
        f"{NAME}    unique: [[name]]\n",
        ["unique key product.product_name_key: is new"],
    ),
    "a reference": (
        NAME,
        f"{NAME}      origin: {{type: reference, to: order}}\n",
        [
            "column product.origin_id: is new",
            "foreign key product.product_origin_id_fkey: is new",
            "foreign key product.product_tenant_id_fkey: is gone",
        ],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_tables_is_refused_and_named(project: Path, name: str) -> None:
    old, new, expected = CHANGES[name]
    edit(project / "scaffold.yaml", old, new)
    before = tree(project)
    for options in ([], ["--dry-run"]):
        result = scaffold("generate", project, *options)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "needs a migration" in result.stderr
        assert "Nothing was written" in result.stderr
        named = [line[2:] for line in result.stderr.splitlines() if line.startswith("  ")][:-1]
        assert len(named) == len(expected)
        assert all(line.startswith(each) for line, each in zip(named, expected, strict=True)), named
        assert f"  scaffold generate {REPLACE}\n" in result.stderr
    assert tree(project) == before


@pytest.mark.parametrize("name", CHANGES)
def test_while_nothing_is_deployed_the_migration_is_replaced(project: Path, name: str) -> None:
    old, new, _ = CHANGES[name]
    before = tree(project)
    edit(project / "scaffold.yaml", old, new)
    result = scaffold("generate", project, REPLACE)
    assert result.exit_code == 0
    assert {f"changed  {MIGRATION}", f"changed  {SNAPSHOT}"} <= set(result.stdout.splitlines())
    assert scaffold("check", project).exit_code == 0
    edit(project / "scaffold.yaml", new, old)
    assert scaffold("generate", project).exit_code == 2
    assert scaffold("generate", project, REPLACE).exit_code == 0
    assert tree(project) == before


def test_a_table_less_is_named(project: Path) -> None:
    without_product(project / "scaffold.yaml")
    result = scaffold("generate", project)
    assert result.exit_code == 2
    assert "  table product: is gone\n" in result.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (GRANTED, f"{GRANTED}\n      - {{do: delete, on: product}}"),
        (
            "on: [order, product]}",
            "on: [order, product], when: {$service.environment: production}}",
        ),
        (NAME, NAME.replace("max: 80", "max: 80, filter: [eq]")),
    ],
)
def test_what_is_no_change_of_the_tables_is_written(project: Path, old: str, new: str) -> None:
    edit(project / "scaffold.yaml", old, new)
    result = scaffold("generate", project)
    assert result.exit_code == 0, result.stderr
    assert MIGRATIONS not in result.stdout
    assert f"changed  {PACKAGE}/store/guards/" in result.stdout
    assert scaffold("check", project).exit_code == 0


def test_check_says_that_a_migration_is_needed(project: Path) -> None:
    without_product(project / "scaffold.yaml")
    result = scaffold("check", project)
    assert result.exit_code == 1
    what = "is of other tables than those of the spec: table product: is gone"
    assert f"migration   {MIGRATION} {what}\n" in result.stdout
    assert f"migration   {SNAPSHOT} {what}\n" in result.stdout
    assert "cannot write a migration yet" in result.stdout.splitlines()[-1]
    found = json.loads(scaffold("check", project, "--format", "json").stdout)["findings"]
    kinds = {each["path"]: each["kind"] for each in found}
    assert (kinds[MIGRATION], kinds[SNAPSHOT]) == ("migration", "migration")
    assert set(kinds.values()) == {"stale", "migration"}


def test_an_edit_of_the_migration_is_undone(project: Path) -> None:
    before = tree(project)
    edit(project / MIGRATION, "-- Orders.\n", "-- Our orders.\n")
    assert f"changed     {MIGRATION} " in scaffold("check", project).stdout
    assert scaffold("generate", project).exit_code == 0
    assert tree(project) == before


def test_the_same_tables_written_in_another_way_are_history_too(project: Path) -> None:
    """As by another version of scaffold: a database that has them would refuse the new text."""
    lock = project / "scaffold.lock"
    edit(project / MIGRATION, "-- Orders.\n", "-- The orders.\n")
    content = json.loads(lock.read_text())
    content["generator"] = "0"
    content["files"][MIGRATION] = digest((project / MIGRATION).read_bytes())
    lock.write_text(json.dumps(content, indent=2) + "\n")
    result = scaffold("generate", project)
    assert result.exit_code == 2
    assert "writes the same tables in another way" in result.stderr
    assert f"migration   {MIGRATION} " in scaffold("check", project).stdout
    assert scaffold("generate", project, REPLACE).exit_code == 0


@pytest.mark.parametrize(
    "snapshot",
    [None, b"", b"{}", b"[1]", b"[" * 100_000, b'[{"name": 1}]', b'[{"name": "\\u001b[2J"}]'],
)
def test_a_snapshot_is_input_from_outside(project: Path, snapshot: bytes | None) -> None:
    edit(project / "scaffold.yaml", NAME, NAME.replace("80", "90"))
    if snapshot is None:
        (project / SNAPSHOT).unlink()
    else:
        (project / SNAPSHOT).write_bytes(snapshot)
    result = scaffold("generate", project)
    assert result.exit_code == 2
    assert "needs a migration" in result.stderr
    assert "\x1b" not in result.stderr
    assert scaffold("generate", project, REPLACE).exit_code == 0


@pytest.mark.parametrize("key", ["columns", "unique", "foreign_keys", "primary_key"])
@pytest.mark.parametrize("value", [None, 1, "x", {}, [1], [{}], [[]]])
def test_so_is_every_part_of_it(project: Path, key: str, value: object) -> None:
    edit(project / "scaffold.yaml", NAME, NAME.replace("80", "90"))
    place = project / SNAPSHOT
    tables = json.loads(place.read_text())
    for each in tables:
        each[key] = value
    place.write_text(json.dumps(tables))
    result = scaffold("generate", project)
    assert result.exit_code == 2
    assert "table product: has " in result.stderr or "product." in result.stderr
