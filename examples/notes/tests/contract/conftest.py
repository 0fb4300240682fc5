"""The service under test, on a database of its own."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from notes.development.database import Database, drop, prepare
from notes.development.issuer import DevelopmentIssuer
from notes.development.serve import administrator
from notes.development.world import Connection
from notes.gate.admission import LIMITS
from notes.gate.limits import Limit
from tests.contract.harness import DATABASE, Service


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """A new database: on the server of DEVELOPMENT_POSTGRES_URL, else on an embedded one."""
    with administrator() as admin:
        try:
            yield asyncio.run(prepare(admin, DATABASE))
        finally:
            asyncio.run(drop(admin, DATABASE))


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentIssuer:
    """An issuer whose keys live as long as the tests."""
    return DevelopmentIssuer(tmp_path_factory.mktemp("issuer") / "keys")


@pytest.fixture
def runtime(service: Service) -> Iterator[Connection]:
    """A fresh connection of the service's own role."""
    connection: Connection = service.run(asyncpg.connect(service.database.app))
    yield connection
    service.run(connection.close())


@pytest.fixture(scope="session")
def service(database: Database, issuer: DevelopmentIssuer) -> Iterator[Service]:
    """The service."""
    running = started(database, issuer)
    yield running
    running.close()


@pytest.fixture(scope="session")
def small(database: Database, issuer: DevelopmentIssuer) -> Iterator[Service]:
    """The service with few connections to the database."""
    running = started(database, issuer, database_pool=4)
    yield running
    running.close()


def started(
    database: Database, issuer: DevelopmentIssuer, **settings: object
) -> Service:
    """A service that runs."""
    patch = pytest.MonkeyPatch()
    # One caller sends many bad requests here, so that the limits are out of the way.
    for scope in LIMITS:
        patch.setitem(LIMITS, scope, Limit(scope, 1_000_000, 1))
    running = Service(database, issuer, **settings)
    patch.undo()
    return running
