"""A project that has left scaffold runs, is tested and migrates, with nothing of it left."""

import shutil
from pathlib import Path
from typing import Final

from scaffold.project.eject import eject, mentions, prepare
from tests.database.catalog import catalog
from tests.database.releases import Release, Urls, on
from tests.emitted import PACKAGE

from .shop import CONTRACT, Edit, edited, generate, outcome_of

EDIT: Final[Edit] = ("max: 500", "max: 600")
PRICE: Final = "      price: {type: money"
FILLED: Final[Edit] = (PRICE, f"      sold: {{type: boolean, backfill_hook: true}}\n{PRICE}")
HOOK: Final = """

async def backfill_sold(rows: list[object]) -> list[bool]:
    return [True for _ in rows]
"""
BY_HAND: Final = "-- after: 0001_initial.sql\nalter table review add column by_hand text;\n"


def test_it_serves_and_migrates_without_scaffold(
    shop: Release, database: Urls, tmp_path: Path
) -> None:
    left = Release(Path(shutil.copytree(shop.project, tmp_path / "left")))
    found = prepare(left.project)
    eject(left.project, found)
    assert not found.left
    assert not [*mentions(left.project)]
    before = on(database.admin, catalog)
    assert left.migrate(database).returncode == 0
    assert on(database.admin, catalog) == before
    outcome = outcome_of(left, database)
    assert outcome.passed, outcome.output
    migration = left.project / PACKAGE / "store" / "migrations" / "0002_by_hand.sql"
    migration.write_text(BY_HAND, "utf-8")
    done = left.migrate(database)
    assert done.returncode == 0, done.stderr
    new = {*on(database.admin, catalog)} - {*before}
    assert any("by_hand" in each for each in new)
    assert outcome_of(left, database, ["test_records.py"]).passed


def test_what_was_not_migrated_yet_is_so_without_scaffold(
    shop: Release, database: Urls, tmp_path: Path
) -> None:
    release = edited(shop, tmp_path / "next", [EDIT, FILLED])
    assert generate(release).exit_code == 0
    with (release.project / "hooks" / "product.py").open("a", encoding="utf-8") as module:
        module.write(HOOK)
    eject(release.project, prepare(release.project))
    for options in ((), CONTRACT):
        done = release.migrate(database, *options)
        assert done.returncode == 0, done.stderr
    assert not [*mentions(release.project)]
    assert outcome_of(release, database, ["test_records.py", "test_backfills.py"]).passed
