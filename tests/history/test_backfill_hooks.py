"""A required field whose values a hook works out for the rows that are there, in batches."""

import re
import signal
from pathlib import Path
from typing import Any, Final

import pytest

from scaffold.design.resolve import resolve
from scaffold.history import difference
from scaffold.project.hooks import hooks
from scaffold.spec.load import load
from scaffold.tree.history import past_of
from tests.database.releases import Databases, Release, Urls, execute, killing, on
from tests.emitted import PACKAGE

from .shop import (
    CONTRACT,
    TESTS,
    edited,
    facts,
    generate,
    migrations,
    new_of,
    outcome_of,
    project,
)
from .test_changes import lint

MODULE: Final = "hooks/product.py"
FILLS: Final = f"{PACKAGE}/store/fills.py"
HOOKED: Final = "test_backfills.py"
KEY: Final = ", backfill_hook: true"
PRICE: Final = "      price: {type: money"
ADDED: Final = (
    (
        PRICE,
        f"      sku: {{type: string, min: 3, max: 20{KEY}}}\n"
        f"      rate: {{type: decimal, digits: 8, places: 2{KEY}}}\n"
        f"      seen: {{type: datetime{KEY}}}\n"
        f"      tags: {{type: list, of: {{type: string, max: 20}}, max_items: 3{KEY}}}\n{PRICE}",
    ),
    ("made_on: {type: date, optional: true}", f"made_on: {{type: date{KEY}}}"),
)
WRITTEN: Final = """
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any


async def backfill_sku(rows: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    return ["sku " + row["code"] for row in rows]


async def backfill_rate(rows: Sequence[Mapping[str, Any]]) -> Sequence[Decimal]:
    return [Decimal(row["price"]) / 100 for row in rows]


async def backfill_seen(rows: Sequence[Mapping[str, Any]]) -> Sequence[datetime]:
    return [row["created_at"] for row in rows]


async def backfill_tags(rows: Sequence[Mapping[str, Any]]) -> Sequence[list[Any]]:
    return [[row["status"], str(row["rate"])] for row in rows]


async def backfill_made_on(rows: Sequence[Mapping[str, Any]]) -> Sequence[date]:
    return [row["seen"].date() for row in rows]
"""
RIGHT: Final = """
select bool_and(sku = 'sku ' || code and rate = price / 100.0 and seen = created_at
    and tags = jsonb_build_array(status, rate::text)
    and made_on is not null)
  from invoicing.product
"""
FILLED: Final = "select count(*) from invoicing.product where sku is not null"
EMPTY: Final = "select count(*) from invoicing.product where sku is null"
STRIDE: Final = 19
"""Statements from one kill to the next."""
SMALL: Final = 7
"""Rows of a batch, so that there are several."""


def asked(database: Urls, query: str) -> Any:
    """What the administrator finds."""
    return on(database.admin, lambda connection: connection.fetchval(query))


def write(release: Release, text: str) -> None:
    """Adds to the module of hooks."""
    module = release.project / MODULE
    module.write_text(f"{module.read_text('utf-8')}\n\n{text}", "utf-8")


@pytest.fixture(scope="module")
def following(shop: Release, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The next release, whose hooks are written, with small batches. Copy it before a change."""
    found = edited(shop, tmp_path_factory.mktemp("hooked") / "next", ADDED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(difference, "BATCH", SMALL)
        written = generate(found)
    assert written.exit_code == 0, written.output
    assert f"yours    {MODULE}: backfill_sku is not there" in written.output
    write(found, WRITTEN)
    return found


def test_two_releases_serve_while_a_hook_fills_in_fields(
    following: Release, shop: Release, databases: Databases, database: Urls, tmp_path: Path
) -> None:
    lint(following, tmp_path / "parts")
    versions = (
        "select array_agg((id, version, updated_at)::text order by id) from invoicing.product"
    )
    execute(database.admin, "update invoicing.product set made_on = null")
    before, rows = (
        asked(database, versions),
        asked(database, "select count(*) from invoicing.product"),
    )
    assert rows > 2 * SMALL
    done = following.migrate(database)
    assert done.returncode == 0, done.stderr
    batches = re.findall(r"^hooks.product:backfill_sku: (\d+) of (\d+) rows$", done.stderr, re.M)
    assert batches[0] == (str(SMALL), str(rows)) and batches[-1] == (str(rows), str(rows))
    assert asked(database, RIGHT)
    assert asked(database, versions) == before

    for release, tests in ((shop, TESTS), (following, (*TESTS, HOOKED))):
        outcome = outcome_of(release, database, tests)
        assert outcome.passed, outcome.output
    assert asked(database, EMPTY) > SMALL
    assert shop.migrate(database).returncode == 0
    done = following.migrate(database, *CONTRACT)
    assert done.returncode == 0, done.stderr
    assert not asked(database, EMPTY)
    outcome = outcome_of(following, database, TESTS)
    assert outcome.passed, outcome.output
    fresh = project(tmp_path / "fresh", (following.project / "scaffold.yaml").read_text("utf-8"))
    for release in (fresh, following):
        assert facts(new_of(release, databases)) == facts(database)


@pytest.mark.parametrize("options", [(), CONTRACT], ids=["before", "after"])
def test_batches_that_are_killed_go_on_where_they_ended(
    options: tuple[str, ...], following: Release, databases: Databases, used: Urls
) -> None:
    begun = databases.new(used)
    if options:
        assert following.migrate(begun).returncode == 0
        execute(begun.admin, "update invoicing.product set sku = null")
    whole = databases.new(begun)
    assert following.migrate(whole, *options).returncode == 0
    expected, rows = facts(whole), asked(whole, FILLED)
    between = 0
    with killing(following, *options) as run:
        for number in range(1, 400, STRIDE):
            database = databases.new(begun)
            status = run(database, number)
            if status == 0:
                break
            assert status == -signal.SIGKILL
            filled = asked(database, FILLED) if has_sku(database) else 0
            assert filled % SMALL == 0 or filled == rows, f"killed at statement {number}"
            between += 0 < filled < rows
            assert run(database, 0) == 0, f"killed at statement {number}"
            assert facts(database) == expected, f"killed at statement {number}"
            assert not asked(database, EMPTY)
            databases.drop(database)
    assert between, "no run was killed between two batches"


def has_sku(database: Urls) -> bool:
    """Is there the column yet?"""
    query = "select count(*) from information_schema.columns where column_name = 'sku'"
    return bool(asked(database, query))


WRONG: Final = {
    "return ['abc'] * 6": "for 7 rows, from {id} on, it gave 6 values",
    "return ['abc'] * 8": "for 7 rows, from {id} on, it gave 8 values",
    "return ['abc', None, *(['abc'] * 5)]": "for the row {next} it gave None",
    "return ['abc', 5, *(['abc'] * 5)]": (
        "for the row {next} it gave a value of type int that the column cannot hold"
    ),
    "return ['abc', 'secret' * 9, *(['abc'] * 5)]": (
        "for the row {next} it gave a value that the constraint product_sku_check refuses"
    ),
    "return 'a' * 7": "for 7 rows, from {id} on, it gave 0 values",
    "return None": "for the rows from {id} on it raised TypeError",
    "raise OSError('no luck')": "for the rows from {id} on it raised OSError: no luck",
    "raise NotImplementedError": "for the rows from {id} on it raised NotImplementedError",
}


@pytest.mark.parametrize("body", WRONG)
def test_what_is_no_value_ends_the_migration_without_its_batch(
    body: str, following: Release, database: Urls, tmp_path: Path
) -> None:
    wrong = edited(following, tmp_path / "wrong", ())
    write(
        wrong,
        f"BATCH: list[Any] = []\n\n\nasync def backfill_sku(rows: Any) -> Any:\n"
        f"    BATCH.append(rows[0]['id'])\n    if len(BATCH) == 1:\n"
        f"        return ['sku ' + row['code'] for row in rows]\n    {body}\n",
    )
    done = wrong.migrate(database)
    said = " ".join(done.stderr.split())
    ids = "select array_agg(id::text order by tenant_id, id) from invoicing.product"
    ordered = asked(database, ids)
    expected = WRONG[body].format(id=ordered[SMALL], next=ordered[SMALL + 1])
    assert done.returncode == 1
    assert "the rows of product get sku, in Python, from hooks.product:backfill_sku: " in said
    assert expected in said and "Nothing of this batch was written" in said, said
    assert "secret" not in said and "Traceback" not in said
    assert asked(database, FILLED) == SMALL
    done = following.migrate(database)
    assert done.returncode == 0, done.stderr
    assert asked(database, RIGHT)


def test_a_hook_that_is_gone_is_missed_only_where_there_are_rows(
    following: Release, databases: Databases, database: Urls, tmp_path: Path
) -> None:
    later = edited(following, tmp_path / "later", ())
    (later.project / MODULE).unlink()
    new = databases.new()
    assert later.migrate(new).returncode == 0
    refused = later.migrate(database)
    assert refused.returncode == 1
    assert "there are rows without a value, and the function cannot be imported" in refused.stderr
    assert following.migrate(database).returncode == 0


def test_a_script_says_that_it_needs_python(
    following: Release, databases: Databases, database: Urls
) -> None:
    tried = following.migrate(database, "--dry-run")
    assert "the rows of product get sku, in Python, from hooks.product:backfill_sku" in tried.stdout
    part = following.migrate(database, "--sql").stdout.partition(":backfill_sku\n")[2]
    assert part.startswith("-- It needs Python: run this without --sql.")
    assert "select count(*) from product where sku is null;\ndrop policy" in part
    assert "for no key update" not in part
    # Where there is nothing to fill in, it is all that there is to do.
    new = databases.new()
    execute(new.owner, following.migrate(new, "--sql").stdout.partition("-- release ")[0])
    assert following.migrate(new).returncode == 0
    assert facts(new) == facts(new_of(following, databases))


def test_the_key_has_no_effect_afterwards(following: Release, tmp_path: Path) -> None:
    later = edited(following, tmp_path / "later", ())
    spec = later.project / "scaffold.yaml"
    before = migrations(later)
    assert states(later)["backfill_sku"] == "written"
    spec.write_text(spec.read_text("utf-8").replace(KEY, ""), "utf-8")
    written = generate(later)
    assert written.exit_code == 0, written.output
    assert "backfill" not in written.output.replace(f"tests/contract/{HOOKED}", "")
    assert migrations(later) == before
    assert "backfill_sku" not in states(later), "a migration names it"
    assert (later.project / FILLS).exists()

    assert generate(later, "--replace-initial-migration").exit_code == 0
    assert not (later.project / FILLS).exists()
    assert "fills" not in (later.project / PACKAGE / "store" / "migrate.py").read_text("utf-8")
    assert states(later)["backfill_sku"] == "dead"


def states(release: Release) -> dict[str, str]:
    """The states of the hooks, as a run of generate finds them."""
    design = resolve(load(release.project / "scaffold.yaml"))
    past = past_of(release.project, PACKAGE)
    assert past is not None
    return {each.name: each.state for each in hooks(release.project, design, past.hooks)}
