"""A release of the shop that serves, and databases for it."""

import pytest

from tests.database.releases import Databases, Release, Urls
from tests.emitted import PACKAGE

from .shop import project


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The first release. It is shared: copy it before you change it."""
    return project(tmp_path_factory.mktemp("shop") / PACKAGE)


@pytest.fixture(scope="session")
def databases(deployment_server: str, shop: Release) -> Databases:
    """Databases of the shared server."""
    return Databases(deployment_server, shop.project / PACKAGE / "store" / "roles.sql")


@pytest.fixture(scope="session")
def used(databases: Databases, shop: Release) -> Urls:
    """A database of the first release, with the rows that its tests leave. Copy it."""
    from .shop import outcome_of

    found = databases.new()
    assert shop.migrate(found).returncode == 0
    outcome = outcome_of(shop, found, ["test_records.py", "test_access.py"])
    assert outcome.passed, outcome.output
    return found


@pytest.fixture
def database(databases: Databases, used: Urls) -> Urls:
    """A copy of it to do things to."""
    return databases.new(used)
