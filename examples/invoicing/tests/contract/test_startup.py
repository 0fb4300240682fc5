"""The refusal to start on what would not hold the promises (OPS-1, ID-4)."""

import asyncpg
import pytest
from pydantic import SecretStr, ValidationError

from invoicing.app import CONTRACT, check_table, create_app, issuers
from invoicing.development.database import Database
from invoicing.development.issuer import DevelopmentIssuer
from invoicing.settings import Settings
from invoicing.store.database import Database as Pool
from invoicing.store.startup import UnsafeConfiguration, check_database
from invoicing.store.statements import RELEASE
from tests.contract.harness import Service


def settings(database: Database, **changed: object) -> Settings:
    """Settings of a production that would start, were it not for `changed`."""
    safe: dict[str, object] = {
        "environment": "production",
        "database_url": SecretStr(database.app),
        "allowed_hosts": "api.example.com",
    }
    return Settings(**(safe | changed))  # type: ignore[arg-type]


async def check(url: str) -> None:
    """The checks of the start on one database role."""
    pool = await Pool.connect(url, "development", size=1)
    try:
        await check_database(pool)
    finally:
        await pool.close()


def test_the_services_own_role_is_accepted(service: Service) -> None:
    service.run(check(service.database.app))


def test_a_superuser_is_refused(service: Service) -> None:
    with pytest.raises(UnsafeConfiguration, match="superuser"):
        service.run(check(service.database.admin))


def test_the_owner_is_refused(service: Service) -> None:
    with pytest.raises(UnsafeConfiguration, match="owns"):
        service.run(check(service.database.owner))


@pytest.mark.parametrize(
    ("breakage", "repair"),
    [
        (
            "alter table invoicing.member disable row level security",
            "alter table invoicing.member enable row level security",
        ),
        (
            "alter table invoicing.member no force row level security",
            "alter table invoicing.member force row level security",
        ),
        (
            "alter policy tenant_isolation on invoicing.member rename to other",
            "alter policy other on invoicing.member rename to tenant_isolation",
        ),
        (
            "alter policy tenant_isolation on invoicing.member using (true)",
            "alter policy tenant_isolation on invoicing.member"
            " using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))",
        ),
        (
            "create policy open on invoicing.member using (true)",
            "drop policy open on invoicing.member",
        ),
        (
            "alter role invoicing_app bypassrls",
            "alter role invoicing_app nobypassrls",
        ),
    ],
)
def test_a_database_that_was_loosened_is_refused(
    service: Service, breakage: str, repair: str
) -> None:
    service.run(service.admin.execute(breakage))
    try:
        with pytest.raises(UnsafeConfiguration):
            service.run(check(service.database.app))
    finally:
        service.run(service.admin.execute(repair))


def test_a_database_without_the_functions_is_refused(service: Service) -> None:
    function = service.run(
        service.admin.fetchval(
            "select p.oid::regprocedure::text from pg_proc p"
            " where p.pronamespace = $1::text::regnamespace and p.proname = 'enter_'",
            RELEASE,
        )
    )

    async def gone() -> None:
        await service.admin.execute(f"alter function {function} rename to gone")
        try:
            await check(service.database.app)
        finally:
            back = function.partition("(")[0].partition(".")[2]
            moved = function.replace(back, "gone")
            await service.admin.execute(f"alter function {moved} rename to {back}")

    with pytest.raises(UnsafeConfiguration, match="missing"):
        service.run(gone())


def test_the_development_issuer_is_refused_outside_development(
    database: Database, issuer: DevelopmentIssuer
) -> None:
    chosen = settings(database, development_jwks=str(issuer.public))
    if chosen.development:
        pytest.fail("the spec has no environment but development")
    with pytest.raises(UnsafeConfiguration, match="DEVELOPMENT_JWKS"):
        create_app(chosen)


@pytest.mark.parametrize("hosts", ["", "*", " , "])
def test_hosts_are_named(database: Database, hosts: str) -> None:
    with pytest.raises(UnsafeConfiguration, match="ALLOWED_HOSTS"):
        create_app(settings(database, allowed_hosts=hosts))


def test_issuers_are_pinned(database: Database) -> None:
    found = issuers(settings(database))
    assert {each.url: (each.audience, each.algorithms) for each in found.values()} == {
        "https://login.example.com/": ("invoicing", ("ES256", "RS256")),
    }


def test_the_service_looks_at_its_database_before_it_answers(
    database: Database, issuer: DevelopmentIssuer
) -> None:
    with pytest.raises(RuntimeError, match="did not start"):
        Service(database._replace(app=database.owner), issuer)


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/metrics"])
def test_production_has_no_tools(
    database: Database, issuer: DevelopmentIssuer, path: str
) -> None:
    chosen = settings(database)
    running = Service(
        database, issuer, environment=chosen.environment, development_jwks=""
    )
    try:
        assert running.client.get(path).status_code == (
            200 if chosen.development and path != "/metrics" else 404
        )
    finally:
        running.close()


def test_an_environment_is_named(database: Database) -> None:
    with pytest.raises(ValidationError):
        settings(database, environment="somewhere")


def test_the_contract_and_the_table_agree(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    check_table()
    other = tmp_path_factory.mktemp("contract") / "openapi.json"
    other.write_text(
        CONTRACT.read_text("utf-8").replace('"get": {', '"put": {', 1), "utf-8"
    )
    monkeypatch.setattr("invoicing.app.CONTRACT", other)
    with pytest.raises(UnsafeConfiguration, match="differ"):
        check_table()


def test_an_applied_migration_is_history(service: Service) -> None:
    from invoicing.store import migrate

    async def tampered() -> None:
        connection = await asyncpg.connect(service.database.owner)
        try:
            async with connection.transaction():
                await connection.execute(
                    "update invoicing.schema_migration set digest = 'x'"
                )
                await migrate.migrate(connection)
        finally:
            await connection.close()

    with pytest.raises(migrate.MigrationError):
        service.run(tampered())
