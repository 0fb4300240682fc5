"""`scaffold check --database-url` along the path of a database from one spec to the next."""

from pathlib import Path

import pytest

from tests.database.live import findings
from tests.database.releases import Databases, Release, Urls, execute

from .shop import CONTRACT, edited, generate, migrations
from .test_changes import CASES


@pytest.mark.parametrize("name", CASES)
def test_what_a_migration_has_still_to_do_is_told(
    name: str, shop: Release, used: Urls, databases: Databases, tmp_path: Path
) -> None:
    case = CASES[name]
    following = edited(shop, tmp_path / "next", case.edits)
    assert generate(following, "--allow-destructive").exit_code == 0
    new = [f"migration {each}" for each in migrations(following)[1:]]
    new.sort(key=lambda each: each.endswith(".contract.sql"))
    waiting = [each for each in new if each.endswith(".contract.sql")]
    database = databases.new(used)
    told = [*new, f"release {following.name}"]
    assert [path for path, _ in findings(following, database.backup)] == told

    assert following.migrate(database).returncode == 0
    found = dict(findings(following, database.backup))
    assert [*found] == waiting
    assert all("--contract" in each for each in found.values())
    applied = [each for each in new if each not in waiting]
    assert [path for path, _ in findings(shop, database.backup)] == applied

    execute(database.admin, case.repair or "select")
    done = following.migrate(database, *CONTRACT)
    assert done.returncode == 0, done.stderr
    assert findings(following, database.backup) == []


def test_what_moves_hides_nothing_that_is_wider(
    shop: Release, used: Urls, databases: Databases, tmp_path: Path
) -> None:
    """While a migration waits for its contract phase."""
    following = edited(shop, tmp_path / "next", CASES["a resource less"].edits)
    assert generate(following, "--allow-destructive").exit_code == 0
    database = databases.new(used)
    assert following.migrate(database).returncode == 0
    before = findings(following, database.backup)
    changes = (
        "alter table invoicing.review no force row level security",
        "create policy everybody on invoicing.review to invoicing_app using (true)",
        "grant truncate on invoicing.review to invoicing_app",
        "grant select on invoicing.review to public",
    )
    for each in changes:
        execute(database.admin, each)
    found = [each for each in findings(following, database.backup) if each not in before]
    assert [path for path, _ in found] == [
        "policy everybody on review",
        "privileges of invoicing_app on table review",
        "privileges of public on table review",
        "table review",
    ]


def test_organizations_of_providers_are_compared(
    shop: Release, used: Urls, databases: Databases
) -> None:
    """The table that says which tenant they are is the owner's to write."""
    database = databases.new(used)
    assert findings(shop, database.backup) == []
    changes = (
        "alter table invoicing.tenant_organization disable row level security",
        "create policy everybody on invoicing.tenant_organization to invoicing_app using (true)",
        "grant insert on invoicing.tenant_organization to invoicing_app",
        "alter table invoicing.tenant_organization drop constraint tenant_organization_pkey",
    )
    for each in changes:
        execute(database.admin, each)
    assert [path for path, _ in findings(shop, database.backup)] == [
        "constraint tenant_organization_pkey on tenant_organization",
        "policy everybody on tenant_organization",
        "privileges of invoicing_app on table tenant_organization",
        "table tenant_organization",
    ]
