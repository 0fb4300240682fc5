"""The service under test, on a database of its own."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from invoicing.development.database import Database, drop, prepare
from invoicing.development.issuer import DevelopmentIssuer
from invoicing.development.serve import administrator
from invoicing.development.world import Connection
from invoicing.gate.admission import LIMITS
from invoicing.gate.limits import Limit
from invoicing.gate.plans import RATES
from invoicing.resources.invoice import hooks as invoice_hooks
from invoicing.resources.invoice_line import hooks as invoice_line_hooks
from invoicing.resources.payment import hooks as payment_hooks
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
    for plan in RATES:
        patch.setitem(RATES, plan, Limit("tenant", 1_000_000, 1))
    running = Service(database, issuer, **settings)
    patch.undo()
    return running


async def _nothing(*_: object) -> dict[str, object]:
    """A hook that changes nothing: these tests are about the guard, not about what it guards."""
    return {}


@pytest.fixture(autouse=True, scope="module")
def quiet_hooks() -> Iterator[None]:
    """Puts the stand-in where your hooks are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(invoice_hooks, "send", _nothing)
        patch.setattr(invoice_hooks, "settle", _nothing)
        patch.setattr(invoice_hooks, "void", _nothing)
        patch.setattr(invoice_hooks, "transmit", _nothing)
        patch.setattr(invoice_hooks, "remind", _nothing)
        patch.setattr(invoice_line_hooks, "lock", _nothing)
        patch.setattr(payment_hooks, "refund", _nothing)
        yield
