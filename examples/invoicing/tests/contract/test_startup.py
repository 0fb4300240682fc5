"""The refusal to start on what would not hold the promises (OPS-1, ID-4)."""

import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncpg
import pytest
from pydantic import SecretStr, ValidationError

from invoicing.app import CONTRACT, check_table, create_app, issuers
from invoicing.development.database import Database
from invoicing.development.issuer import DevelopmentIssuer
from invoicing.settings import Settings
from invoicing.store.database import Database as Pool
from invoicing.store.startup import UnsafeConfiguration, check_database
from invoicing.store.statements import RELEASE, TABLES
from invoicing.store.transport import protected
from tests.contract.harness import APP, BACKUP, OWNER, Service
from tests.contract.tls import Authority, in_front


def settings(database: Database, **changed: object) -> Settings:
    """Settings of a production that would start, were it not for `changed`."""
    safe: dict[str, object] = {
        "environment": "production",
        "database_url": SecretStr(database.app),
        "allowed_hosts": "api.example.com",
        "pseudonym_key": SecretStr("k" * 32),
        "payments_webhook_secret": SecretStr(
            "d2l0aCB3aGljaCBvdXIgdGVzdHMgc2lnbiBldmVudHM="
        ),
        "stripe_webhook_secret": SecretStr(
            "d2l0aCB3aGljaCBvdXIgdGVzdHMgc2lnbiBldmVudHM="
        ),
        "webhook_keys": SecretStr("w" * 32),
    }
    return Settings(**(safe | changed))  # type: ignore[arg-type]


async def check(url: str) -> None:
    """The checks of the start on one database role."""
    pool = await Pool.connect(url, size=1)
    try:
        await check_database(pool)
    finally:
        await pool.close()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ENVIRONMENT": ""}, "ENVIRONMENT: Input should be"),
        ({"DATABASE_URL": None}, "DATABASE_URL: Field required."),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must list host names"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}, "cannot be used"),
        (
            {"DATABASE_URL": "postgresql://nobody@db.example.com/nothing"},
            "without verified TLS",
        ),
        ({"DATABASE_URL": "admin"}, "do not bind"),
    ],
)
def test_what_keeps_it_from_starting_is_a_line(
    database: Database, changed: dict[str, str | None], said: str
) -> None:
    safe = settings(database)
    environment = {
        **os.environ,
        "ENVIRONMENT": safe.environment,
        "DATABASE_URL": safe.database_url.get_secret_value(),
        "ALLOWED_HOSTS": safe.allowed_hosts,
        "PSEUDONYM_KEY": safe.pseudonym_key.get_secret_value(),
        "PAYMENTS_WEBHOOK_SECRET": "d2l0aCB3aGljaCBvdXIgdGVzdHMgc2lnbiBldmVudHM=",
        "STRIPE_WEBHOOK_SECRET": "d2l0aCB3aGljaCBvdXIgdGVzdHMgc2lnbiBldmVudHM=",
        "WEBHOOK_KEYS": "w" * 32,
    }
    for name, value in changed.items():
        environment[name] = database.admin if value == "admin" else value or ""
        if value is None:
            del environment[name]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "invoicing.app:configured",
        "--factory",
        "--port",
        "0",
    ]
    done = subprocess.run(  # noqa: S603 - this Python, and our own module
        command,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 3, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert (
        len([line for line in done.stderr.splitlines() if not line.startswith("INFO")])
        <= 2
    )


PROTECTED: Final = {
    "postgresql://app@db.example.com/app": False,
    "postgresql://app@db.example.com/app?sslmode=require": False,
    "postgresql://app@db.example.com/app?sslmode=verify-ca": False,
    "postgresql://app@db.example.com/app?sslmode=verify-full": True,
    "postgresql://app@db.example.com/app?sslmode=verify-full&sslmode=disable": False,
    "postgresql://app@db.example.com/app?host=/run/postgresql": False,
    "postgresql://app@localhost.example.com/app": False,
    "postgresql:///app?host=/run/postgresql,db.example.com": False,
    "postgresql:///app?host=db.example.com": False,
    "postgresql:///app": False,
    "postgresql:///app?host=/run/postgresql": True,
    "postgresql://app:secret@%2Frun%2Fpostgresql/app": True,
    "postgresql://app@localhost,127.0.0.1:6432,[::1]:5432/app": True,
    "postgresql://app@127.0.0.1,db.example.com/app": False,
}


@pytest.mark.parametrize("url", PROTECTED)
def test_the_network_reads_and_changes_nothing(database: Database, url: str) -> None:
    assert protected(url) is PROTECTED[url]
    chosen = settings(database, database_url=SecretStr(url))
    if PROTECTED[url]:
        create_app(chosen)
    else:
        with pytest.raises(
            UnsafeConfiguration, match="DATABASE_URL leads over a network"
        ):
            create_app(chosen)


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("host", ["localhost", "elsewhere.example.com"])
def test_the_certificate_of_the_database_is_verified(
    service: Service, tmp_path: Path, trusted: bool, host: str
) -> None:
    """PostgreSQL's own protocol within TLS from the first byte, as `sslnegotiation=direct` asks."""
    authority, other = Authority(tmp_path, host), tmp_path / "other"
    other.mkdir()
    file = authority.file if trusted else Authority(other).file
    parts = urlsplit(service.database.app)
    who = parts.netloc.rpartition("@")[0]
    kept = [each for each in parse_qsl(parts.query) if each[0] not in ("host", "port")]
    tls = {
        "sslmode": "verify-full",
        "sslrootcert": str(file),
        "sslnegotiation": "direct",
    }

    async def ask() -> None:
        async with in_front(service.database.app, authority.context) as port:
            options = urlencode([*kept, *tls.items()])
            url = f"postgresql://{who}@localhost:{port}{parts.path}?{options}"
            assert protected(url)
            await check(url)

    if trusted and host == "localhost":
        service.run(ask())
    else:
        with pytest.raises(ssl.SSLCertVerificationError):
            service.run(ask())


@pytest.mark.parametrize("development", [True, False])
def test_migrations_are_sent_through_no_open_network(development: bool) -> None:
    """What is not refused is tried, and cannot be reached: the name is of no host (RFC 6761)."""
    environment = {
        **os.environ,
        "OWNER_DATABASE_URL": "postgresql://nobody@db.invalid/nothing",
        "ENVIRONMENT": "development" if development else "",
    }
    command = [sys.executable, "-m", "invoicing.store.migrate"]
    done = subprocess.run(  # noqa: S603 - this Python, and our own module
        command,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert ("without verified TLS" in done.stderr) is not development
    assert ("cannot be reached" in done.stderr) is development


def test_the_services_own_role_is_accepted(service: Service) -> None:
    service.run(check(service.database.app))


def test_a_superuser_is_refused(service: Service) -> None:
    with pytest.raises(
        UnsafeConfiguration, match="can become, one that row-level security"
    ):
        service.run(check(service.database.admin))


def test_the_owner_is_refused(service: Service) -> None:
    with pytest.raises(UnsafeConfiguration, match="can become the owner of"):
        service.run(check(service.database.owner))


def test_a_database_without_migrations_is_refused(service: Service) -> None:
    rename = "alter table invoicing.{} rename to {}"
    service.run(service.admin.execute(rename.format("release_policy_", "gone_")))
    try:
        with pytest.raises(UnsafeConfiguration, match="run the migrations"):
            service.run(check(service.database.app))
    finally:
        service.run(service.admin.execute(rename.format("gone_", "release_policy_")))


SCHEMA = "invoicing"
ANOTHER = f"{APP}_another"
FORGED = f"""
update pg_proc set prosrc = prosrc || ' ' where proname = 'enter_'
  and pronamespace = '{RELEASE}'::regnamespace
"""
VIEW = (
    "do $$ declare v text := (select min(relname) from pg_class where relkind = 'v'"
    f" and relnamespace = '{RELEASE}'::regnamespace);"
    f" begin execute format('alter view {RELEASE}.%I CHANGE', v); end $$"
)

LOOSENED: dict[str, tuple[str, str, str]] = {
    "member without row-level security": (
        f"alter table {SCHEMA}.member disable row level security",
        f"alter table {SCHEMA}.member enable row level security",
        "row-level security.*member",
    ),
    "the owner of member is not bound": (
        f"alter table {SCHEMA}.member no force row level security",
        f"alter table {SCHEMA}.member force row level security",
        "row-level security.*member",
    ),
    "the role is not bound": (
        f"alter role {APP} bypassrls",
        f"alter role {APP} nobypassrls",
        f"do not bind: {APP}",
    ),
    "a member of a role that is not bound": (
        f"create role {ANOTHER} bypassrls; grant {ANOTHER} to {APP}",
        f"drop role {ANOTHER}",
        f"do not bind: {ANOTHER}",
    ),
    "a member of the role of backups": (
        f"grant {BACKUP} to {APP}",
        f"revoke {BACKUP} from {APP}",
        f"do not bind: {BACKUP}",
    ),
    "a member of a superuser": (
        f"create role {ANOTHER} superuser; grant {ANOTHER} to {APP}",
        f"drop role {ANOTHER}",
        f"do not bind: {ANOTHER}",
    ),
    "a member of a role that runs programs": (
        f"grant pg_execute_server_program to {APP}",
        f"revoke pg_execute_server_program from {APP}",
        "do not bind: pg_execute_server_program",
    ),
    "a member of the owner": (
        f"grant {OWNER} to {APP}",
        f"revoke {OWNER} from {APP}",
        "the owner of: ",
    ),
    "the owner of a function": (
        f"create function {SCHEMA}.own_() returns int language sql as 'select 1';"
        f" alter function {SCHEMA}.own_ owner to {APP}",
        f"drop function {SCHEMA}.own_",
        rf"the owner of: {SCHEMA}\.own_",
    ),
    "new things in the schema": (
        f"grant create on schema {SCHEMA} to {APP}",
        f"revoke create on schema {SCHEMA} from {APP}",
        f"create objects in: {SCHEMA}",
    ),
    "a table that can be emptied": (
        f"grant truncate on {SCHEMA}.member to {APP}",
        f"revoke truncate on {SCHEMA}.member from {APP}",
        f"truncate.*: {SCHEMA}.member",
    ),
    "a materialized view": (
        f"create materialized view {SCHEMA}.everybody as select * from {SCHEMA}.member;"
        f" grant select on {SCHEMA}.everybody to {APP}",
        f"drop materialized view {SCHEMA}.everybody",
        f"apart: {SCHEMA}.everybody",
    ),
    "a table beside": (
        f"create table {SCHEMA}.plain (x int); grant select (x) on {SCHEMA}.plain to public",
        f"drop table {SCHEMA}.plain",
        f"apart: {SCHEMA}.plain",
    ),
    "a function with the rights of its owner": (
        f"create function {SCHEMA}.lent_() returns int language sql security definer as 'select 1'",
        f"drop function {SCHEMA}.lent_",
        f"rights of their owner: {SCHEMA}.lent_",
    ),
    "a function with another text": (
        FORGED,
        FORGED.replace("prosrc || ' '", "left(prosrc, -1)"),
        "another text: enter_",
    ),
    "our function with the rights of its owner": (
        f"alter function {RELEASE}.enter_ security definer",
        f"alter function {RELEASE}.enter_ security invoker",
        "another text: enter_",
    ),
    "a missing function": (
        f"alter function {RELEASE}.enter_ rename to gone_",
        f"alter function {RELEASE}.gone_ rename to enter_",
        "missing, or have another text: enter_",
    ),
    "a view with the rights of its owner": (
        VIEW.replace("CHANGE", "reset (security_invoker)"),
        VIEW.replace("CHANGE", "set (security_invoker = true)"),
        f"apart: {RELEASE}",
    ),
    "statements that never end": (
        f"alter role {APP} set statement_timeout = 0",
        f"alter role {APP} set statement_timeout = 10000",
        "other values.*statement_timeout",
    ),
    "a disabled trigger": (
        f"alter table {SCHEMA}.member disable trigger roles_are_known",
        f"alter table {SCHEMA}.member enable trigger roles_are_known",
        "roles_are_known on member",
    ),
}


@pytest.mark.parametrize("name", LOOSENED)
def test_a_database_that_was_loosened_is_refused(service: Service, name: str) -> None:
    breakage, repair, said = LOOSENED[name]
    service.run(service.admin.execute(breakage))
    try:
        with pytest.raises(UnsafeConfiguration, match=said):
            service.run(check(service.database.app))
    finally:
        service.run(service.admin.execute(repair))
    service.run(check(service.database.app))


@pytest.mark.parametrize("table", TABLES)
def test_other_policies_are_refused(service: Service, table: str) -> None:
    """Each policy open, or gone; and one more."""
    relation = f'{SCHEMA}."{table}"'
    rows = service.run(
        service.admin.fetch(
            "select policyname as name, permissive, cmd, qual, with_check from pg_policies"
            " where schemaname = $1 and tablename = $2 and $3 = any (roles)",
            "invoicing",
            table,
            APP,
        )
    )
    changes = [
        (
            f"create policy open_ on {relation} using (true)",
            f"drop policy open_ on {relation}",
        )
    ]
    for row in rows:
        head = f"create policy {row['name']} on {relation} as {row['permissive']} for {row['cmd']} to {APP}"
        tests = {"using": row["qual"], "with check": row["with_check"]}
        asked = {word: test for word, test in tests.items() if test is not None}
        again = head + "".join(f" {word} ({test})" for word, test in asked.items())
        opened = head + "".join(f" {word} (true)" for word in asked)
        drop = f"drop policy {row['name']} on {relation}"
        changes.append((drop, again))
        if set(asked.values()) != {"true"}:
            changes.append((f"{drop}; {opened}", f"{drop}; {again}"))
    for breakage, repair in changes:
        service.run(service.admin.execute(breakage))
        try:
            with pytest.raises(UnsafeConfiguration, match=table):
                service.run(check(service.database.app))
        finally:
            service.run(service.admin.execute(repair))
    service.run(check(service.database.app))


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


@pytest.mark.parametrize("key", ["", "k" * 31])
def test_pseudonyms_have_a_key(database: Database, key: str) -> None:
    with pytest.raises(UnsafeConfiguration, match="PSEUDONYM_KEY"):
        create_app(settings(database, pseudonym_key=SecretStr(key)))


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
    from invoicing.store.history import MigrationError

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

    with pytest.raises(MigrationError, match="was changed after"):
        service.run(tampered())
