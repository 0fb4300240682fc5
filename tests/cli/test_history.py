"""Tables are history: a change of them is a migration, and what was written stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.repositories import begin, commit, git

from .support import PACKAGE, REPLACE, edit, scaffold, tree, without_product

MIGRATIONS = f"{PACKAGE}/store/migrations"
INITIAL, SNAPSHOT = f"{MIGRATIONS}/0001_initial.sql", f"{MIGRATIONS}/snapshot.json"
GRANTED = "on: [order, product]}"
NAME = "      name: {type: string, min: 1, max: 80}\n"
PRICE = "      price: {type: money, optional: true}\n"

CHANGES = {
    "wider bounds": (
        NAME,
        NAME.replace("80", "90"),
        {"0002_product_name_has_other_bounds.sql": ["drop constraint", "not valid", "validate"]},
    ),
    "narrower bounds": (
        NAME,
        NAME.replace("80", "70"),
        {"0002_product_name_has_other_bounds.contract.sql": ["-- refuses product: ", "not valid"]},
    ),
    "another default": (
        "values: [open, shipped], default: open",
        "values: [open, shipped], default: shipped",
        {"0002_order_status_has_another_default.sql": ["set default 'shipped'"]},
    ),
    "a column more": (
        NAME,
        f"{NAME}{PRICE}",
        {"0002_product_gets_price.sql": ["add column price bigint"]},
    ),
    "a key": (
        NAME,
        f"{NAME}    unique: [[name]]\n",
        {
            "0002_product_name_is_there_once.contract.sql": [
                "-- refuses product: ",
                "create unique index concurrently if not exists product_name_key",
                "unique using index product_name_key",
            ]
        },
    ),
    "a reference": (
        NAME,
        f"{NAME}      origin: {{type: reference, to: order, optional: true}}\n",
        {"0002_product_gets_origin_id_and_1_more.sql": ["add column origin_id uuid", "validate"]},
    ),
    "a name": (
        NAME,
        "      title: {type: string, min: 1, max: 80, renamed_from: name}\n",
        {
            "0002_product_name_is_title_now_and_1_more.sql": ["rename column name to title"],
            "0002_product_name_is_title_now_and_1_more.contract.sql": ["rename constraint"],
        },
    ),
    "a name of the tenant": (
        "tenancy: {tenant: organization}\nidentity:\n",
        "tenancy: {tenant: company, renamed_from: organization}\n"
        "identity:\n  tenant_claim: organization_id\n",
        {
            "0002_organization_is_company_now_and_2_more.sql": [
                "with (security_invoker = true) as select * from organization",
                "-- renames: ",
                "alter table organization rename to company",
            ],
            "0002_organization_is_company_now_and_2_more.contract.sql": ["rename constraint"],
        },
    ),
}

REFUSED = {
    "a tenant that is called otherwise": (
        "{tenant: organization}",
        "{tenant: company}",
        "so that these are the same. Write in tenancy:\n    renamed_from: organization\n",
    ),
    "another type": (
        NAME,
        NAME.replace("string, min: 1, max: 80", "date"),
        "product.name would be date instead of text. ",
    ),
    "one for another": (
        NAME,
        "      label: {type: string, max: 80, backfill: none}\n",
        "renamed_from: name\nIf it is another field, say: --new product.label\n",
    ),
    "a required one without a value": (
        NAME,
        f"{NAME}{PRICE.replace(', optional: true', '')}",
        "    backfill_hook: true         what a function of yours makes of the row\n",
    ),
    "a renamed one that is another": (
        NAME,
        "      title: {type: string, min: 1, max: 90, renamed_from: name}\n",
        "Generate the rename alone first",
    ),
    "a column less": (
        f"    fields:\n{NAME}",
        f"    fields:\n{PRICE}",
        "  the values of product.name are lost\n",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_tables_is_a_migration(project: Path, name: str) -> None:
    old, new, expected = CHANGES[name]
    edit(project / "scaffold.yaml", old, new)
    before = tree(project)
    assert scaffold("generate", project, "--dry-run").exit_code == 0
    assert tree(project) == before
    found = scaffold("check", project)
    assert found.exit_code == 1
    for file in expected:
        assert f"migration   {MIGRATIONS}/{file} is to be written: " in found.stdout

    result = scaffold("generate", project, "--allow-destructive")
    assert result.exit_code == 0, result.stderr
    written = {each.split()[1] for each in result.stdout.splitlines() if "created" in each}
    assert {each for each in written if MIGRATIONS in each} == {
        f"{MIGRATIONS}/{file}" for file in expected
    }
    for file, texts in expected.items():
        content = (project / MIGRATIONS / file).read_text("utf-8")
        position = 0
        for text in texts:
            position = content.index(text, position)
    assert scaffold("check", project).exit_code == 0
    before = tree(project)
    assert "Nothing to do" in scaffold("generate", project).stdout
    assert tree(project) == before


def test_what_says_how_it_was_before_has_no_effect_afterwards(project: Path) -> None:
    old, new, _ = CHANGES["a name"]
    edit(project / "scaffold.yaml", old, new)
    assert scaffold("generate", project).exit_code == 0
    edit(project / "scaffold.yaml", ", renamed_from: name", "")
    result = scaffold("generate", project)
    assert result.exit_code == 0, result.stderr
    assert MIGRATIONS not in result.stdout


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_to_be_decided_is_asked(project: Path, name: str) -> None:
    old, new, said = REFUSED[name]
    edit(project / "scaffold.yaml", old, new)
    before = tree(project)
    result = scaffold("generate", project)
    assert result.exit_code == 2
    assert said in result.stderr
    assert tree(project) == before


def test_an_answer_is_taken(project: Path) -> None:
    old, new, _ = REFUSED["one for another"]
    edit(project / "scaffold.yaml", old, new)
    options = ("--new", "product.label", "--allow-destructive")
    result = scaffold("generate", project, *options)
    assert result.exit_code == 0, result.stderr
    assert "_and_1_more.contract.sql" in result.stdout


def test_while_nothing_is_deployed_the_migrations_begin_anew(project: Path) -> None:
    before = tree(project)
    old, new, expected = CHANGES["narrower bounds"]
    edit(project / "scaffold.yaml", old, new)
    assert scaffold("generate", project, "--allow-destructive").exit_code == 0
    result = scaffold("generate", project, REPLACE)
    assert result.exit_code == 0
    assert {f"changed  {INITIAL}", f"changed  {SNAPSHOT}"} <= set(result.stdout.splitlines())
    for file in expected:
        assert f"removed  {MIGRATIONS}/{file}" in result.stdout
    assert scaffold("check", project).exit_code == 0
    edit(project / "scaffold.yaml", new, old)
    assert scaffold("generate", project, REPLACE).exit_code == 0
    assert tree(project) == before


def test_a_table_less_is_consented_to(project: Path) -> None:
    without_product(project / "scaffold.yaml")
    result = scaffold("generate", project)
    assert result.exit_code == 2
    assert "  the rows of product are lost\n" in result.stderr
    assert scaffold("generate", project, "--allow-destructive").exit_code == 0


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
def test_what_is_no_change_of_the_tables_needs_none(project: Path, old: str, new: str) -> None:
    edit(project / "scaffold.yaml", old, new)
    result = scaffold("generate", project)
    assert result.exit_code == 0, result.stderr
    assert MIGRATIONS not in result.stdout
    assert f"changed  {PACKAGE}/store/guards/" in result.stdout
    assert scaffold("check", project).exit_code == 0


@pytest.mark.parametrize("gone", [True, False])
def test_a_migration_that_was_written_stays(project: Path, *, gone: bool) -> None:
    place = project / INITIAL
    if gone:
        place.unlink()
    else:
        edit(place, "-- Orders.\n", "-- Our orders.\n")
    before = tree(project)
    done = "is missing" if gone else "was changed"
    assert f"history     {INITIAL} {done}" in scaffold("check", project).stdout
    result = scaffold("generate", project)
    assert result.exit_code == 2
    assert f"{INITIAL} {done}. " in result.stderr
    assert tree(project) == before


def test_a_migration_by_another_hand_is_found(project: Path) -> None:
    (project / MIGRATIONS / "0002_mine.sql").write_text("select 1;\n")
    assert f"extra       {MIGRATIONS}/0002_mine.sql" in scaffold("check", project).stdout


@pytest.mark.parametrize(
    "snapshot",
    [
        None,
        b"",
        b"{}",
        b"[1]",
        b"[" * 100_000,
        b'[{"name": 1}]',
        b'{"tables": [], "migrations": []}',
    ],
)
def test_a_snapshot_is_input_from_outside(project: Path, snapshot: bytes | None) -> None:
    if snapshot is None:
        (project / SNAPSHOT).unlink()
    else:
        (project / SNAPSHOT).write_bytes(snapshot)
    for command in ("generate", "check"):
        result = scaffold(command, project)
        assert result.exit_code == 2
        assert "from version control" in result.stderr.replace("\n", " ")
    assert scaffold("generate", project, REPLACE).exit_code == 0


@pytest.mark.parametrize("key", ["columns", "unique", "foreign_keys", "primary_key", "name"])
@pytest.mark.parametrize("value", [None, 1, "x", {}, [1], [{}], [[]], "\u001b[2J", "a; drop"])
def test_so_is_every_part_of_it(project: Path, key: str, value: object) -> None:
    edit(project / "scaffold.yaml", NAME, NAME.replace("80", "90"))
    place = project / SNAPSHOT
    content = json.loads(place.read_text())
    for each in content["tables"]:
        each[key] = value
    place.write_text(json.dumps(content))
    result = scaffold("generate", project, "--dry-run")
    assert "\x1b" not in result.stderr
    assert "Traceback" not in result.stderr and "has a bug" not in result.stderr


@pytest.mark.parametrize(
    "name", ["../../x.sql", "/etc/passwd", "0001.sql", 7, None, "0002_\u001b.sql"]
)
def test_the_migrations_that_it_names_are_in_their_place(project: Path, name: object) -> None:
    place = project / SNAPSHOT
    content = json.loads(place.read_text())
    content["migrations"][0]["name"] = name
    place.write_text(json.dumps(content))
    result = scaffold("generate", project)
    assert result.exit_code == 2 and "version control" in result.stderr.replace("\n", " ")


def test_history_is_compared_with_a_revision(project: Path) -> None:
    begin(project)
    edit(project / "scaffold.yaml", NAME, f"{NAME}{PRICE}")
    assert scaffold("generate", project).exit_code == 0
    assert scaffold("check", project, "--base", "main").exit_code == 0
    commit(project, "a column more")

    # The one is written anew with all that says so: the tree itself is sound.
    edit(project / "scaffold.yaml", PRICE, "")
    assert scaffold("generate", project, REPLACE).exit_code == 0
    assert scaffold("check", project).exit_code == 0
    found = scaffold("check", project, "--base", "main", "--format", "json")
    assert found.exit_code == 1
    assert [
        (each["kind"], each["path"], each["message"].partition(":")[0])
        for each in json.loads(found.stdout)["findings"]
    ] == [("history", f"{MIGRATIONS}/0002_product_gets_price.sql", "is gone")]
    edit(project / "scaffold.yaml", NAME, NAME.replace("80", "90"))
    assert scaffold("generate", project, REPLACE).exit_code == 0
    said = scaffold("check", project, "--base", "HEAD").stdout
    assert f"{INITIAL} is another one: at HEAD it is written already" in said
    assert scaffold("check", project, "--base", "HEAD^").exit_code == 1

    for revision in ("--all", "nothing"):
        refused = scaffold("check", project, f"--base={revision}")
        assert refused.exit_code == 2, refused.output
        assert f"'{revision}' is no commit here" in refused.stderr


def test_a_revision_without_a_project_has_no_history(project: Path) -> None:
    git(project, "init", "-q", "-b", "main")
    git(project, "add", "scaffold.yaml")
    git(project, "commit", "-qm", "the spec alone")
    assert scaffold("check", project, "--base", "main").exit_code == 0
