"""Both phases of a migration, killed anywhere, end where one run would have ended."""

import signal
from typing import Final

import pytest

from tests.database.releases import Databases, Release, Urls, killing

from .shop import CONTRACT, edited, facts, generate
from .test_changes import CASES

STRIDE: Final = 4
"""Statements from one kill to the next: all of them would take minutes."""


@pytest.fixture(scope="module")
def following(shop: Release, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release with a rename, backfills, new columns and another table."""
    found = edited(shop, tmp_path_factory.mktemp("killed") / "next", CASES["additions"].edits)
    assert generate(found, "--allow-destructive").exit_code == 0
    return found


@pytest.mark.parametrize("options", [(), CONTRACT], ids=["before", "after"])
def test_a_phase_that_is_killed_goes_on_where_it_ended(
    options: tuple[str, ...], following: Release, databases: Databases, used: Urls
) -> None:
    begun = used
    if options:
        begun = databases.new(used)
        assert following.migrate(begun).returncode == 0
    whole = databases.new(begun)
    assert following.migrate(whole, *options).returncode == 0
    expected = facts(whole)
    kills = 0
    with killing(following, *options) as run:
        for number in range(1, 400, STRIDE):
            database = databases.new(begun)
            status = run(database, number)
            if status == 0:
                break
            kills += 1
            assert status == -signal.SIGKILL
            assert run(database, 0) == 0, f"killed at statement {number}"
            assert facts(database) == expected, f"killed at statement {number}"
            databases.drop(database)
    assert kills * STRIDE > 12, "fewer statements than there are parts"
