"""Histories of two branches become one, and a database may have either first."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from scaffold.database.schema import Column, ForeignKey, Table, Unique
from scaffold.history.merge import Apart, merged
from scaffold.history.past import Migration, Past
from tests.database.releases import Databases, Release, Urls
from tests.emitted import PACKAGE
from tests.repositories import begin, commit, git

from .shop import CONTRACT, Edit, edit, facts, generate, migrations, new_of, outcome_of, project

LABEL: Final = "      label: {type: string, max: 20, optional: true}\n"
BRANCHES: Final[dict[str, tuple[Edit, ...]]] = {
    "one": (
        (LABEL, f"{LABEL}      weight: {{type: integer, min: 1, max: 50, backfill: 7}}\n"),
        ("stock: {type: integer, min: 0, max: 1000}", "stock: {type: integer, min: 0, max: 500}"),
    ),
    "other": (
        ("      words: {type: text, max: 500, optional: true}\n", ""),
        ("    unique: [[name]]\n", ""),
        (LABEL, f"{LABEL}      note: {{type: string, max: 40, optional: true}}\n"),
    ),
}


def test_a_database_may_have_either_branch_first(
    shop: Release, databases: Databases, database: Urls, tmp_path: Path
) -> None:
    repository = begin(Path(shutil.copytree(shop.project, tmp_path / "repository")))
    found: dict[str, Release] = {}
    for name, edits in BRANCHES.items():
        git(repository, "switch", "-qc", name, "main")
        edit(repository, edits)
        assert generate(Release(repository), "--allow-destructive").exit_code == 0
        commit(repository, name)
        found[name] = Release(Path(shutil.copytree(repository, tmp_path / name)))
    git(repository, "merge", "-q", "one")
    git(repository, "checkout", "--theirs", "scaffold.yaml")
    edit(repository, BRANCHES["other"])
    spec = (repository / "scaffold.yaml").read_text("utf-8")
    both = Release(repository)
    done = both.run("-m", "scaffold", "merge", url=None)
    assert done.returncode == 0, done.stdout + done.stderr
    # Nothing is written but what the branches had.
    assert migrations(both) == sorted({*migrations(found["one"]), *migrations(found["other"])})

    wanted = facts(new_of(project(tmp_path / "fresh", spec), databases, *CONTRACT))
    assert facts(new_of(both, databases, *CONTRACT)) == wanted
    for release, place in ((found["one"], database), (found["other"], databases.new(database))):
        done = release.migrate(place)
        assert done.returncode == 0, done.stderr
        done = both.migrate(place)
        assert done.returncode == 0, done.stderr
        for each in (release, both):
            outcome = outcome_of(each, place)
            assert outcome.passed, outcome.output
        done = both.migrate(place, *CONTRACT)
        assert done.returncode == 0, done.stderr
        assert both.migrate(place, "--status").returncode == 0
        assert facts(place) == wanted

    # One of them changed afterwards is seen, and the other is still believed.
    name = next(each for each in migrations(found["one"]) if each.startswith("0002"))
    path = repository / PACKAGE / "store" / "migrations" / name
    path.write_text(f"{path.read_text('utf-8')}-- more\n", "utf-8")
    done = both.migrate(database)
    assert done.returncode == 1
    assert f"{name} was changed after it had been applied here" in done.stderr


ID: Final = Column("id", "uuid")
A: Final = Table("a", "", (ID, Column("x", "text"), Column("y", "text")), ("id",))
B: Final = Table("b", "", (ID, Column("z", "text")), ("id",))
BASE: Final = Past((A, B), (Migration("0001_initial.sql", "1"),))
MORE: Final = Column("m", "text")


def branch(name: str, *changes: str, tables: tuple[Table, ...]) -> Past:
    migration = Migration(name, name, changes, ("0001_initial.sql",))
    return Past(tables, (*BASE.migrations, migration))


def with_columns(table: Table, *columns: Column) -> Table:
    return replace(table, columns=(*table.columns, *columns))


def test_what_only_one_branch_changes_is_taken_from_it() -> None:
    key = ForeignKey("b_a_fkey", ("z",), "a", ("id",))
    ours = branch(
        "0002_o.sql", "a.m", "b.z", tables=(with_columns(A, MORE), replace(B, foreign_keys=(key,)))
    )
    theirs = branch(
        "0002_t.sql",
        "a.x",
        "a.y",
        tables=(replace(A, columns=A.columns[:2], unique=(Unique("a_x_key", ("x",)),)), B),
    )
    for one, other in ((ours, theirs), (theirs, ours)):
        found = merged(BASE, one, other)
        assert {each.name: {*each.columns} for each in found.tables} == {
            "a": {ID, Column("x", "text"), MORE},
            "b": {*B.columns},
        }
        assert found.tables[0].unique and found.tables[1].foreign_keys == (key,)
        assert [each.name for each in found.migrations] == [
            "0001_initial.sql",
            "0002_o.sql",
            "0002_t.sql",
        ]
        assert found.heads == ("0002_o.sql", "0002_t.sql")


def test_a_migration_that_both_have_is_one() -> None:
    ours = branch("0002_o.sql", "a.m", tables=(with_columns(A, MORE), B))
    assert merged(BASE, ours, ours) == ours


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (
            branch("0002_s.sql", "a.m", tables=BASE.tables),
            branch("0002_s.sql", "b.m", tables=()),
            None,
        ),
        (
            branch("0002_o.sql", "a.m", tables=(with_columns(A, MORE), B)),
            branch("0002_t.sql", "a", tables=(B,)),
            "Both branches change the same: a.m",
        ),
        (
            branch("0002_o.sql", "b.z", tables=BASE.tables),
            branch("0002_t.sql", "b.z", tables=BASE.tables),
            "Both branches change the same: b.z",
        ),
        (
            branch("0002_o.sql", "c", tables=(replace(A, name="c"), B)),
            branch(
                "0002_t.sql",
                "b.k",
                tables=(A, replace(B, foreign_keys=(ForeignKey("k", ("z",), "a", ("id",)),))),
            ),
            "b of one branch refers to what a was",
        ),
        (Past(BASE.tables, (Migration("0001_initial.sql", "2"),)), BASE, "began with"),
    ],
)
def test_what_does_not_go_together_is_said(ours: Past, theirs: Past, said: str | None) -> None:
    if said is None:
        # The same migration of the same content is one; of another content it is not.
        theirs = replace(
            theirs, migrations=(*BASE.migrations, replace(theirs.migrations[-1], digest="x"))
        )
        said = "a migration 0002_s.sql, of different content"
    with pytest.raises(Apart, match=said):
        merged(BASE, ours, theirs)
