"""`scaffold check --database-url`: what differs is named, and nothing is changed or held up."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import pytest
from typer.testing import CliRunner

from scaffold.cli import app
from scaffold.live.address import LiveError

from .catalog import catalog
from .live import findings
from .reach import World
from .releases import Databases, Release, Urls, execute, on
from .test_backup import program, without_parentheses
from .test_two_releases import DEPLOYMENTS


@dataclass(frozen=True, slots=True)
class Case:
    """A change of a database, and the one finding: what it is about, and words of its message.

    The placeholder {release} is the schema of the release's functions. `repaired` says by which
    run of the migrations it goes.
    """

    sql: str
    path: str
    words: tuple[str, ...]
    repaired: tuple[str, ...] | None = None


REACH: Final = """
do $$ declare p text; begin
  select polname into p from pg_policy where polrelid = 'invoicing.invoice'::regclass
     and polname like 'reach_select_%';
  execute format({}, p);
end $$
"""
CASES: Final = {
    "row-level security is off": Case(
        "alter table invoicing.invoice disable row level security",
        "table invoice",
        ("row-level security off", "yields on"),
    ),
    "row-level security is not forced": Case(
        "alter table invoicing.invoice no force row level security",
        "table invoice",
        ("for its owner not forced", "yields forced"),
    ),
    "a policy is missing": Case(
        REACH.format("'drop policy %I on invoicing.invoice'"),
        "policy reach_select_* on invoice",
        ("is missing",),
        (),
    ),
    "the isolation of tenants is missing": Case(
        "drop policy tenant_isolation on invoicing.payment",
        "policy tenant_isolation on payment",
        ("is missing",),
        (),
    ),
    "a policy lets everything through": Case(
        REACH.format("'alter policy %I on invoicing.invoice using (true)'"),
        "policy reach_select_* on invoice",
        ("is USING (true), and the spec yields USING (",),
        (),
    ),
    "a policy lets everything be written": Case(
        "alter policy tenant_isolation on invoicing.invoice with check (true)",
        "policy tenant_isolation on invoice",
        ("is WITH CHECK (true), and the spec yields WITH CHECK (",),
        (),
    ),
    "a policy for another role": Case(
        "alter policy tenant_isolation on invoicing.invoice to public",
        "policy tenant_isolation on invoice",
        ("has roles public, and the spec yields invoicing_app",),
        (),
    ),
    "a policy more": Case(
        "create policy everybody on invoicing.invoice for select to invoicing_app using (true)",
        "policy everybody on invoice",
        ("of no release", "permissive for select to invoicing_app USING (true)"),
        ("--prune",),
    ),
    "a privilege more": Case(
        "grant truncate on invoicing.invoice to invoicing_app",
        "privileges of invoicing_app on table invoice",
        ("include truncate,",),
        ("--prune",),
    ),
    "a privilege for everybody": Case(
        "grant select on invoicing.customer to public",
        "privileges of public on table customer",
        ("include select,",),
    ),
    "a privilege less": Case(
        "revoke insert on invoicing.invoice from invoicing_app",
        "privileges of invoicing_app on table invoice",
        ("lack insert,",),
        (),
    ),
    "a privilege on a column": Case(
        "grant update (tenant_id) on invoicing.invoice to invoicing_app",
        "privileges of invoicing_app on table invoice",
        ("include update (tenant_id),",),
        ("--prune",),
    ),
    "privileges outside": Case(
        "create table public.other (); grant select on public.other to invoicing_app",
        "role invoicing_app",
        ("may use or change table public.other",),
    ),
    "privileges outside, for everybody": Case(
        "create view public.other as table invoicing.invoice; "
        "grant select on public.other to public",
        "role invoicing_app",
        ("may use or change view public.other",),
    ),
    "the rights of somebody else": Case(
        "create function public.other() returns int language sql security definer as 'select 1'",
        "role invoicing_app",
        ("may use or change function public.other()",),
    ),
    "a schema to create in": Case(
        "grant create on schema public to invoicing_app",
        "role invoicing_app",
        ("may create objects in schema public",),
    ),
    "a function for everybody": Case(
        "grant execute on function {release}.page_ to public",
        "privileges of public on function page_",
        ("include execute,",),
        (),
    ),
    "another text of a function": Case(
        "create or replace function {release}.outside_() returns text language plpgsql "
        "as $$ begin return null; end $$",
        "function outside_",
        ("has another text",),
        (),
    ),
    "a function with the rights of its owner": Case(
        "alter function {release}.page_ security definer",
        "function page_",
        ("has rights those of its owner (security definer)",),
        (),
    ),
    "a function more": Case(
        "create function {release}.mine() returns int language sql as 'select 1'; "
        "revoke all on function {release}.mine() from public; "
        "alter function {release}.mine() owner to invoicing_owner",
        "function mine",
        ("not what the spec yields",),
    ),
    "another view": Case(
        "alter view {release}.invoice_row_ set (security_invoker = false)",
        "view invoice_row_",
        ("options security_invoker=false",),
        (),
    ),
    "a bound is missing": Case(
        "alter table invoicing.invoice drop constraint invoice_total_check",
        "constraint invoice_total_check on invoice",
        ("is missing",),
    ),
    "a bound is not valid": Case(
        "alter table invoicing.member drop constraint member_kind_check; "
        "alter table invoicing.member add constraint member_kind_check "
        "check (kind in ('human', 'service')) not valid",
        "constraint member_kind_check on member",
        ("NOT VALID, and the spec yields CHECK",),
    ),
    "another bound": Case(
        "alter table invoicing.member drop constraint member_kind_check; "
        "alter table invoicing.member add constraint member_kind_check "
        "check (kind in ('human', 'service', 'machine'))",
        "constraint member_kind_check on member",
        ("'machine'", "and the spec yields CHECK"),
    ),
    "a reference is missing": Case(
        "alter table invoicing.payment drop constraint payment_invoice_id_fkey",
        "constraint payment_invoice_id_fkey on payment",
        ("is missing",),
    ),
    "a reference is not held": Case(
        "alter table invoicing.member drop constraint member_tenant_id_fkey; "
        "alter table invoicing.member add constraint member_tenant_id_fkey "
        "foreign key (tenant_id) references invoicing.organization (id) on delete cascade",
        "constraint member_tenant_id_fkey on member",
        ("ON DELETE CASCADE, and the spec yields FOREIGN KEY",),
    ),
    "an index is missing": Case(
        "drop index invoicing.invoice_newest_idx",
        "index invoice_newest_idx on invoice",
        ("is missing",),
        (),
    ),
    "an index is invalid": Case(
        "update pg_index set indisvalid = false "
        "where indexrelid = 'invoicing.invoice_newest_idx'::regclass",
        "index invoice_newest_idx on invoice",
        ("has state invalid, and the spec yields valid",),
        (),
    ),
    "an index more": Case(
        "create index by_hand on invoicing.invoice (title)",
        "index by_hand on invoice",
        ("not what the spec yields: btree (title)",),
    ),
    "a column more": Case(
        "alter table invoicing.invoice add column secret text check (secret <> ''); "
        "grant select (secret) on invoicing.invoice to public",
        "column invoice.secret",
        ("not what the spec yields",),
    ),
    "a column less": Case(
        "alter table invoicing.audit_event drop column request_id",
        "column audit_event.request_id",
        ("is missing",),
    ),
    "another default": Case(
        "alter table invoicing.member alter column active set default false",
        "column member.active",
        ("has default false, and the spec yields true",),
    ),
    "null is allowed": Case(
        "alter table invoicing.invoice alter column title drop not null",
        "column invoice.title",
        ("has null values allowed, and the spec yields refused",),
    ),
    "another type": Case(
        "alter table invoicing.idempotency_key alter column fingerprint type varchar(200)",
        "column idempotency_key.fingerprint",
        ("has type character varying(200), and the spec yields text",),
    ),
    "a table more": Case(
        "create table invoicing.copied as table invoicing.invoice with no data; "
        "grant select on invoicing.copied to invoicing_app",
        "table copied",
        ("not what the spec yields",),
    ),
    "a trigger is disabled": Case(
        "alter table invoicing.member disable trigger roles_are_known",
        "trigger roles_are_known on member",
        ("has state disabled, and the spec yields enabled",),
        (),
    ),
    "a trigger more": Case(
        "create trigger mine before insert on invoicing.invoice "
        "for each row execute function suppress_redundant_updates_trigger()",
        "trigger mine on invoice",
        ("not what the spec yields",),
    ),
    "a rule": Case(
        "create rule mine as on delete to invoicing.invoice do instead nothing",
        "rule mine on invoice",
        ("not what the spec yields",),
    ),
    "another owner": Case(
        "alter table invoicing.invoice owner to postgres",
        "table invoice",
        ("has owner postgres, and the spec yields invoicing_owner",),
    ),
    "a role of members more": Case(
        "insert into invoicing.member_role values ('emperor', 'human')",
        "role of members emperor, human",
        ("not what the spec yields",),
        ("--prune",),
    ),
    "a migration of another text": Case(
        "update invoicing.schema_migration set digest = 'x'",
        "migration 0001_initial.sql",
        ("another text than the one that was applied",),
    ),
}
ROLES: Final = {
    "bypasses row-level security": (
        "alter role invoicing_app bypassrls",
        "alter role invoicing_app nobypassrls",
        "is bypassrls, and roles.sql makes it nobypassrls",
    ),
    "is a member of the owner": (
        "grant invoicing_owner to invoicing_app",
        "revoke invoicing_owner from invoicing_app",
        "is a member of invoicing_owner",
    ),
    "has another timeout": (
        "alter role invoicing_app set statement_timeout = 0",
        "alter role invoicing_app set statement_timeout = 10000",
        "has statement_timeout 0, and roles.sql sets 10000",
    ),
}


@pytest.mark.parametrize("role", ["backup", "owner", "admin"])
def test_a_sound_database_has_no_findings(
    role: str, first: Release, deployed: tuple[Urls, World]
) -> None:
    assert findings(first, getattr(deployed[0], role)) == []


@pytest.mark.parametrize("name", CASES)
def test_a_change_is_named(name: str, first: Release, database: Urls, databases: Databases) -> None:
    case = CASES[name]
    execute(database.admin, case.sql.replace("{release}", first.name))
    before = on(database.admin, catalog)
    ((path, message),) = findings(first, database.backup)
    wanted, star, rest = case.path.partition("*")
    assert path.startswith(wanted) and path.endswith(rest) if star else path == wanted
    for each in case.words:
        assert each in message, message
    assert on(database.admin, catalog) == before
    assert findings(first, database.backup) == [(path, message)]
    if case.repaired is not None:
        assert first.migrate(database, *case.repaired).returncode == 0
        assert findings(first, database.backup) == []
    databases.drop(database)


def test_findings_are_printed_for_people_and_for_programs(first: Release, database: Urls) -> None:
    """In an order that is always the same."""
    for statement in (
        "alter table invoicing.payment disable row level security",
        "alter policy tenant_isolation on invoicing.invoice using (true)",
        "drop index invoicing.invoice_newest_idx",
    ):
        execute(database.admin, statement)
    arguments = ["check", str(first.project), "--database-url", database.backup]
    text = CliRunner().invoke(app, arguments)
    lines = [each for each in text.stdout.splitlines() if each.startswith("database ")]
    assert [each.partition(" is ")[0].partition(" has ")[0] for each in lines] == [
        "database    index invoice_newest_idx on invoice",
        "database    policy tenant_isolation on invoice",
        "database    table payment",
    ]
    assert text.stdout.count("critical SCF530 live-database-differs") == 3
    listed = CliRunner().invoke(app, [*arguments, "--format", "json"])
    assert text.exit_code == listed.exit_code == 1
    report = json.loads(listed.stdout)
    told = [f"{each['kind']:<11} {each['path']} {each['message']}" for each in report["findings"]]
    assert told == lines and report["ok"] is False


@pytest.mark.parametrize("name", ROLES)
def test_a_role_that_may_more_is_named(
    name: str, first: Release, deployed: tuple[Urls, World]
) -> None:
    changed, back, words = ROLES[name]
    execute(deployed[0].admin, changed)
    try:
        ((path, message),) = findings(first, deployed[0].backup)
    finally:
        execute(deployed[0].admin, back)
    assert path == "role invoicing_app" and words in message
    assert findings(first, deployed[0].backup) == []


def test_roles_of_another_prefix(first: Release, databases: Databases) -> None:
    database = databases.new()
    text = (first.project / "invoicing" / "store" / "roles.sql").read_text("utf-8")
    execute(database.admin, "drop schema invoicing")
    execute(database.admin, text.replace("invoicing_", "billing_"))
    renamed = Urls(*(each.replace("invoicing_", "billing_") for each in database))
    assert first.migrate(renamed).returncode == 0
    assert findings(first, renamed.backup) == []
    execute(database.admin, "grant truncate on invoicing.invoice to billing_app")
    ((path, _),) = findings(first, renamed.owner)
    assert path == "privileges of billing_app on table invoice"


def test_a_database_that_was_never_migrated(first: Release, databases: Databases) -> None:
    empty = databases.new()
    ((path, message),) = findings(first, empty.backup)
    assert path == "schema invoicing" and "python -m invoicing.store.migrate" in message
    execute(empty.admin, "drop schema invoicing")
    ((path, message),) = findings(first, empty.backup)
    assert path == "schema invoicing" and "roles.sql" in message


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_second_release_is_left_aside(
    name: str, first: Release, releases: Callable[..., Release], database: Urls
) -> None:
    second = releases(DEPLOYMENTS[name].changes)
    ((path, message),) = findings(second, database.backup)
    assert path == f"release {second.name}" and "is not applied" in message
    assert second.migrate(database).returncode == 0
    assert findings(second, database.backup) == []
    assert findings(first, database.backup) == []
    assert second.migrate(database, "--prune").returncode == 0
    assert findings(second, database.backup) == []


def test_what_is_wider_than_both_releases_is_named(
    first: Release, releases: Callable[..., Release], database: Urls
) -> None:
    second = releases(DEPLOYMENTS["another condition"].changes)
    assert second.migrate(database).returncode == 0
    of_first = on(
        database.admin,
        lambda connection: connection.fetchval(
            "select name from invoicing.release_policy_ where release = $1 and relation = 'invoice'"
            " and name like 'reach_select_%' and name not in"
            " (select name from invoicing.release_policy_ where release = $2)",
            first.name,
            second.name,
        ),
    )
    changes = (
        f"alter policy {of_first} on invoicing.invoice using (true)",
        "create policy everybody on invoicing.invoice to invoicing_app using (true)",
        "grant truncate, delete on invoicing.customer to invoicing_app",
        "grant delete on invoicing.payment to invoicing_app",
        f"alter function {first.name}.page_ security definer",
        f"alter view {first.name}.invoice_row_ reset (security_invoker)",
        f"grant usage on schema {first.name} to public",
    )
    for each in changes:
        execute(database.admin, each)
    found = dict(findings(second, database.backup))
    assert [*found] == [
        "policy everybody on invoice",
        f"policy {of_first} on invoice",
        "privileges of invoicing_app on table customer",
        "privileges of invoicing_app on table payment",
        f"function page_ of {first.name}",
        f"privileges of public on schema {first.name} of {first.name}",
        f"view invoice_row_ of {first.name}",
    ]
    assert "USING (true)" in found[f"policy {of_first} on invoice"]


def test_a_restored_backup_is_the_same(
    first: Release, database: Urls, databases: Databases, tmp_path: Path
) -> None:
    """PostgreSQL prints some expressions with other parentheses then."""
    dump = str(tmp_path / "dump")
    assert program("pg_dump", "--format=custom", f"--file={dump}", database.backup).returncode == 0
    restored = databases.new()
    options = ("--clean", "--if-exists", "--exit-on-error", f"--dbname={restored.admin}")
    assert program("pg_restore", *options, dump).returncode == 0
    facts = [on(each.admin, catalog) for each in (database, restored)]
    assert facts[0] != facts[1]
    assert without_parentheses(facts[0]) == without_parentheses(facts[1])
    assert findings(first, restored.backup) == []


def test_no_role_needs_to_write(first: Release, database: Urls) -> None:
    """The role of backups may be set to read alone; the service's own role may not look."""
    with pytest.raises(LiveError, match="ends in _backup"):
        findings(first, database.app)
    name = urlsplit(database.admin).path[1:]
    read_only = "set default_transaction_read_only = on"
    execute(database.admin, f'alter role invoicing_backup in database "{name}" {read_only}')
    assert findings(first, database.backup) == []
    execute(database.admin, f'revoke temporary on database "{name}" from public')
    with pytest.raises(LiveError, match="grant temporary on database"):
        findings(first, database.backup)


@pytest.fixture
def locked(database: Urls) -> Iterator[Urls]:
    """A database of which a session holds a table, and lets nobody else read it."""
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(database.admin))
    loop.run_until_complete(connection.execute("begin; lock table invoicing.invoice"))
    yield database
    loop.run_until_complete(connection.close())
    loop.close()


def test_a_held_table_does_not_hold_it_up(locked: Urls, first: Release) -> None:
    begun = time.monotonic()
    with pytest.raises(LiveError, match="Another session holds a lock"):
        findings(first, locked.backup)
    assert time.monotonic() - begun < 10


LOCKS: Final = """
select coalesce(c.relname, l.locktype) || ' ' || l.mode from pg_locks l
  join pg_stat_activity a using (pid)
  left join pg_class c on c.oid = l.relation and c.relnamespace = 'invoicing'::regnamespace
 where a.usename = 'invoicing_backup' and a.pid <> pg_backend_pid()
   and (c.oid is not null
        or l.locktype not in ('relation', 'virtualxid', 'transactionid', 'object'))
"""


def test_it_locks_no_table_but_as_a_reader(
    first: Release, database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it makes what is expected, it has no lock on a table; then those of a reader."""
    held: dict[str, list[str]] = {}
    execute_ = asyncpg.Connection.execute

    async def watched(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
        if query == "rollback":
            other = await asyncpg.connect(database.admin)
            name = "twin" if not held else "live"
            held[name] = [row[0] for row in await other.fetch(LOCKS)]
            await other.close()
        return await execute_(self, query, *arguments, **options)

    monkeypatch.setattr(asyncpg.Connection, "execute", watched)
    assert findings(first, database.backup) == []
    assert held["twin"] == []
    assert held["live"] and all(each.endswith(" AccessShareLock") for each in held["live"])


def test_a_killed_check_changes_nothing(first: Release, database: Urls) -> None:
    before = on(database.admin, catalog)
    schemas = "select array_agg(nspname::text order by 1) from pg_namespace"
    code = (
        "import asyncpg, os, signal, sys\n"
        "from scaffold.cli import main\n"
        "execute = asyncpg.Connection.execute\n"
        "count = 0\n"
        "async def dying(self, query, *rest, **options):\n"
        "    global count\n"
        "    count += 1\n"
        "    done = await execute(self, query, *rest, **options)\n"
        "    if count == int(os.environ['DIES']): os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return done\n"
        "asyncpg.Connection.execute = dying\n"
        "sys.argv = ['scaffold', 'check', '--database-url', os.environ['URL']]\n"
        "main()\n"
    )
    there = on(database.admin, lambda connection: connection.fetchval(schemas))
    ends = []
    for number in range(1, 10):
        done = subprocess.run(  # noqa: S603 - this Python
            [sys.executable, "-c", code],
            cwd=first.project,
            env={**os.environ, "DIES": str(number), "URL": database.backup},
            check=False,
            timeout=60,
            capture_output=True,
        )
        ends.append(done.returncode)
        assert on(database.admin, catalog) == before
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert len(ends) > 5 and ends[-1] == 0
    now = on(database.admin, lambda connection: connection.fetchval(schemas))
    assert {*now} - {*there} <= {each for each in now if each.startswith("pg_t")}
