"""roles.sql: who may run it, and that development leaves the roles of a deployment alone."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from tests import emitted
from tests.emitted import PACKAGE

from .catalog import catalog
from .releases import Databases, Release, Urls, execute, on, urls

ROLES = """
select array_agg(a::text order by a.oid) from pg_authid a
 where rolname in ('invoicing_owner', 'invoicing_app', 'invoicing_worker', 'invoicing_backup')
"""
SETTINGS = """
select array_agg(s::text order by s::text) from pg_db_role_setting s
 where setrole = 0
    or setrole::regrole::text in
       ('invoicing_owner', 'invoicing_app', 'invoicing_worker', 'invoicing_backup')
"""


def test_development_leaves_a_deployment_alone(
    first: Release, emitted_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the server of production, and with the environment of production."""
    with emitted.postgres(emitted_project) as server:
        name = PACKAGE
        execute(server, f"create database {name}")
        production = urls(server, name)
        roles = (emitted_project / PACKAGE / "store" / "roles.sql").read_text("utf-8")
        execute(production.admin, roles)
        for role in ("owner", "app", "backup"):
            execute(server, f"alter role {PACKAGE}_{role} password 'of production'")
        assert first.migrate(production).returncode == 0

        def facts() -> object:
            async def found(connection: "asyncpg.Connection[Any]") -> list[Any]:
                return [await connection.fetchval(each) for each in (ROLES, SETTINGS)]

            return on(production.admin, found), on(production.admin, catalog)

        before = facts()
        monkeypatch.setenv("DATABASE_URL", production.app)
        monkeypatch.setenv("DEVELOPMENT_POSTGRES_URL", server)
        for arguments in (
            ("-m", "invoicing.development.serve", "--reset"),
            ("-m", "invoicing.development.serve", "--reset"),
            ("-m", "pytest", "-q", "-n", "0", "tests/contract/test_grants.py"),
        ):
            done = first.run(*arguments, url=None)
            assert done.returncode == 0, done.stdout + done.stderr
            assert facts() == before
        kept = "select array_agg(datname::text order by datname) from pg_database"
        assert on(server, lambda connection: connection.fetchval(kept)) == [
            PACKAGE,
            f"{PACKAGE}_development",
            "postgres",
            "template0",
            "template1",
        ]


@pytest.mark.parametrize("bypasses", [True, False])
def test_an_administrator_who_is_no_superuser_prepares(
    bypasses: bool, first: Release, emitted_project: Path
) -> None:
    """As on a managed PostgreSQL: a role that may create roles, and owns the database."""
    with emitted.postgres(emitted_project) as server:
        rights = "createrole " + ("bypassrls" if bypasses else "nobypassrls")
        execute(server, f"create role administrator login {rights}")
        execute(server, "create database managed owner administrator")
        found = urls(server, "managed")
        parts = urlsplit(found.admin)
        where = parts.netloc.rpartition("@")[2]
        roles = (emitted_project / PACKAGE / "store" / "roles.sql").read_text("utf-8")
        for _ in range(2):
            execute(urlunsplit(parts._replace(netloc=f"administrator@{where}")), roles)
        done = first.migrate(found)
        assert done.returncode == 0, done.stderr
        bound = "select not rolbypassrls from pg_roles where rolname = 'invoicing_backup'"
        assert on(server, lambda connection: connection.fetchval(bound)) is not bypasses
        joined = "select count(*) from pg_auth_members where inherit_option or set_option"
        assert on(server, lambda connection: connection.fetchval(joined)) == 3  # of PostgreSQL
        with first.serving(found):
            pass


def test_a_prefix_of_another_name(databases: Databases, first: Release) -> None:
    """The runner addresses the roles that are called like the owner."""
    database = databases.new()
    execute(database.admin, "drop schema invoicing")
    text = (first.project / PACKAGE / "store" / "roles.sql").read_text("utf-8")
    execute(database.admin, text.replace(f"{PACKAGE}_", "billing_"))
    renamed = Urls(*(each.replace(f"{PACKAGE}_", "billing_") for each in database))
    done = first.migrate(renamed, "--sql")
    assert f"{PACKAGE}_app" not in done.stdout and '"billing_app"' in done.stdout
    assert first.migrate(renamed).returncode == 0
    asked = (
        "select array_agg(distinct grantee::text order by grantee::text)"
        " from information_schema.table_privileges where table_schema like 'invoicing%'"
    )
    assert on(database.admin, lambda connection: connection.fetchval(asked)) == [
        "billing_app",
        "billing_backup",
        "billing_owner",
        "billing_worker",
    ]
    with first.serving(renamed):
        pass


def test_a_role_that_is_missing_is_named(databases: Databases, first: Release) -> None:
    database = databases.new()
    execute(database.admin, f"alter role {PACKAGE}_backup rename to away")
    try:
        done = first.migrate(database)
        assert done.returncode == 1
        assert f"no role {PACKAGE}_backup beside {PACKAGE}_owner" in done.stderr
        assert "roles.sql" in done.stderr
    finally:
        execute(database.admin, f"alter role away rename to {PACKAGE}_backup")
