"""The service under test, on a database of its own."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from notes import app
from notes.development.database import Database, drop, prepare
from notes.development.issuer import DevelopmentIssuer
from notes.development.serve import administrator
from notes.gate.limits import Limit
from tests.contract.harness import Service


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """A new database: on the server of DATABASE_URL, else on an embedded one."""
    with administrator() as admin:
        name = f"notes_test_{os.getpid()}"
        yield asyncio.run(prepare(admin, name))
        asyncio.run(drop(admin, name))


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentIssuer:
    """An issuer whose keys live as long as the tests."""
    return DevelopmentIssuer(tmp_path_factory.mktemp("issuer") / "keys")


@pytest.fixture(scope="session")
def service(database: Database, issuer: DevelopmentIssuer) -> Iterator[Service]:
    """The service. Bad tokens are many here, so that their limit is out of the way."""
    patch = pytest.MonkeyPatch()
    failures = Limit("failed_authentication", 1_000_000, 1)
    patch.setitem(app.LIMITS, "failed_authentication", failures)
    running = Service(database, issuer)
    patch.undo()
    yield running
    running.close()
