# ruff: noqa: S608 - statements are put together from names of this service only
"""Brings a database to this release, while the release before it serves.

Run as `python -m invoicing.store.migrate` with OWNER_DATABASE_URL, the URL of the role that
owns the tables; over a network with verified TLS, unless ENVIRONMENT is development. The roles of a
database have one prefix: `x_owner` migrates for `x_app`, as which the service connects, for
`x_worker` and `x_backup`. Three kinds of things are there to be done:

- migrations, which are history (`history.py`): each part is applied once, and the digest of the
  whole is kept, so that a change of its text is refused;
- what this release derives from the spec and holds no data: functions and views, in a schema of
  this release, and grants, rules and policies. All of it is applied by every run, as a whole;
- indexes, built while others write. One that an interrupted run left unfinished is built again.

What the release before needs stays until `--prune`. `--contract` goes further, once no process of
an older release is left: columns and tables that only those needed go, and what they did not keep
is required. Run again after it was interrupted anywhere, it ends where one run would have ended.
"""

import argparse
import asyncio
import re
import sys
import time
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import asynccontextmanager
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypeVar

import asyncpg

from invoicing.store import history
from invoicing.store.history import (
    DEFINITION,
    SCHEMA,
    MigrationError,
    Step,
    later,
    pending,
)
from invoicing.store.owner import Connection, Unreachable, as_owner, said
from invoicing.store.statements import RELEASE, TABLES

Result = TypeVar("Result")

HERE: Final = Path(__file__).parent
APP: Final = "invoicing_app"
WORKER: Final = "invoicing_worker"
BACKUP: Final = "invoicing_backup"
OWNER: Final = "invoicing_owner"
ROLE: Final = re.compile(
    r" (to|from) invoicing(_app|_backup|_owner|_worker)(?=;?$)", re.MULTILINE
)
"""A role where a grant or a policy names it: at the end of a line."""

LOCK: Final = 0x5CAF01D
LOCK_TIMEOUT: Final = "50ms"
"""How long a statement waits for a table, and others behind it, before it gives way."""
VACUUM_TIMEOUT: Final = "3s"
"""How long a vacuum is waited for, which holds up nobody else.

Longer than `deadlock_timeout`: PostgreSQL ends an automatic vacuum for who has waited so long.
"""
PATIENCE: Final = 600.0
"""Seconds for which it is tried again."""
PAUSE: Final = 0.3
"""Seconds between two attempts, times one to four."""
TOLD: Final = 20
"""Attempts after which it is said what is waited for."""

GRACE: Final = 10.0
"""Minutes after which a process of the release before is no longer expected to start."""
ASKED: Final = ("refuses", "loses")
"""The parts of a migration that a database does not need in which no release has served."""
Phase: TypeAlias = Literal["tables", "rest", "all"]
SIGHT: Final = "seen_by_migration_"
"""The policy by which the owner sees rows, while a migration looks at them."""

PART: Final = re.compile(r"^-- (?:policy|index): (.+)\n", re.MULTILINE)
GONE: Final = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
)
"""What a lost connection raises."""
BUSY: Final = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
LEDGER: Final = f"""\
create table if not exists {SCHEMA}.schema_migration (
  name text primary key,
  digest text not null,
  applied_at timestamptz not null default now()
);
create table if not exists {SCHEMA}.migration_part_ (
  name text,
  part integer,
  digest text not null,
  primary key (name, part)
);
create table if not exists {SCHEMA}.release_ (
  name text primary key,
  since timestamptz not null default now(),
  applied_at timestamptz not null default now()
);
create table if not exists {SCHEMA}.release_policy_ (
  release text not null references {SCHEMA}.release_ (name) on delete cascade,
  relation text not null,
  known_as text not null,
  name text not null,
  definition text not null,
  primary key (release, relation, name)
);
create table if not exists {SCHEMA}.release_index_ (
  release text not null references {SCHEMA}.release_ (name) on delete cascade,
  name text not null,
  primary key (release, name)
);
grant select on {SCHEMA}.release_policy_ to {APP};
grant select on {SCHEMA}.release_policy_ to {WORKER};
"""
FORMER: Final = "%( SELECT (current_setting(''app.tenant_id''%"
"""How a policy of before asks for the tenant: the same rows, and a query more to prepare. It is replaced."""
POLICIES: Final = f"""
select c.relname as relation, p.polname as name,
       coalesce(bool_or(k.definition = {DEFINITION}
         and not (p.polname = 'tenant_isolation' and k.definition like '{FORMER}')), false) as sound
  from pg_policy p
  join pg_class c on c.oid = p.polrelid and c.relnamespace = $1::text::regnamespace
  left join {SCHEMA}.release_policy_ k on k.relation = c.relname and k.name = p.polname
 group by c.relname, p.polname
"""
INDEXES: Final = """
select c.relname as name, i.indisvalid as valid
  from pg_index i
  join pg_class c on c.oid = i.indexrelid and c.relnamespace = $1::text::regnamespace
"""
THEIR_INDEXES: Final = f"""
select distinct k.name from {SCHEMA}.release_index_ k
  join pg_class c on c.relname = k.name and c.relnamespace = $1::text::regnamespace
 where k.release <> $2 and k.name <> all ($3::text[]) order by k.name
"""
ALIVE: Final = f"""
select distinct r.name from {SCHEMA}.release_ r join pg_stat_activity a on a.application_name = r.name
 where a.datname = current_database() and r.name <> $1 order by 1
"""
"""The other releases of which a process is connected: each calls itself as its functions' schema."""
SINCE: Final = f"""
select extract(epoch from now() - since)::float8 / 60 from {SCHEMA}.release_ where name = $1
"""
SERVED: Final = f"select exists (select from {SCHEMA}.release_)"
OWN_TABLES: Final = """
select relname from pg_class where relnamespace = to_regnamespace($1) and relkind = 'r' order by relname
"""
SIGHTS: Final = """
select c.relname from pg_policy p join pg_class c on c.oid = p.polrelid
 where c.relnamespace = to_regnamespace($1) and p.polname = $2
"""
PLACE: Final = """
select current_user as role, current_database() as database,
       has_database_privilege(current_database(), 'create') as creates,
       (select pg_get_userbyid(nspowner) from pg_namespace where nspname = $1) as owner
"""
MISSING: Final = """
select name from unnest($1::text[]) as name where name not in (select rolname from pg_roles)
"""


async def migrate(
    connection: Connection,
    prune: bool = False,
    contract: bool = False,
    *,
    grace: float = GRACE,
    destructive: bool = False,
) -> list[str]:
    """Does what is missing; returns the titles of what was done.

    With `contract` also what takes away what only older releases need: refused while a process of
    one is connected, and for `grace` minutes after this one was first applied. Rows lose something
    only if `destructive` says so.

    Raises:
        MigrationError: it cannot be done, or not all of it; the message says why.
    """
    await _lock(connection)
    try:
        await _sight(
            connection, await connection.fetch(SIGHTS, SCHEMA, SIGHT), see=False
        )
        if contract:
            await _check_alone(connection, grace)
        done = []
        for which in (
            "tables",
            "rest",
        ):  # the rest depends on the names that tables have then
            for step in await steps(connection, which, prune=prune, contract=contract):
                work = partial(_run, connection, step, destructive=destructive)
                await _patiently(step.title, step.kind != "alone", work)
                done.append(step.title)
        return done
    finally:
        if not connection.is_closed():
            await connection.execute("select pg_advisory_unlock($1)", LOCK)


async def steps(
    connection: Connection,
    which: Phase = "all",
    *,
    prune: bool = False,
    contract: bool = False,
) -> list[Step]:
    """What there is to do, in order: to the tables, or the rest, or all of it.

    Raises:
        MigrationError: an applied migration was changed, one needs another that waits, this is not
            the owner's connection, or tables stayed in use.
    """

    async def read() -> list[Step]:
        async with _briefly(connection):
            return await _steps(connection, which, prune, contract)

    return await _patiently("reading the catalog", True, read)


async def _steps(
    connection: Connection, which: Phase, prune: bool, contract: bool
) -> list[Step]:
    owner = await _check_place(connection)
    known = await _known(connection)
    found = [] if known else [Step("ledger", LEDGER)]
    applied = await _applied(connection) if known else {}
    if later(applied) and await connection.fetchval(SINCE, RELEASE) is not None:
        return []  # what this release needs is there, in the words of a later one
    served = bool(known and await connection.fetchval(SERVED))
    if which != "rest":
        migrations = await _migrations(connection, applied, contract, served)
        # Where the next thing to do is to ask, nothing moves before the answers.
        asked = list(takewhile(lambda each: each.kind in ASKED, migrations))
        found += asked
        found += await _others(connection, known) if contract else []
        found += migrations[len(asked) :]
    if which != "tables":
        found.append(
            Step(f"release {RELEASE}", await _release(connection, bool(known)))
        )
        found += await _indexes(connection, empty=not served)
        if served and (prune or contract):
            found += await _others(connection, known) if not contract else []
            found += await _strangers(connection, bool(known))
    return [each._replace(sql=_addressed(each.sql, owner)) for each in found]


async def _migrations(
    connection: Connection, applied: dict[str, str], contract: bool, served: bool
) -> list[Step]:
    """The parts of the migrations that are to be done: all of them where no release has served."""
    begun = await _begun(connection) if applied else {}
    everything = contract or not served
    found = []
    for each in pending(applied):
        if each.contracts and not everything:
            continue
        waiting = [name for name in each.needs if name not in applied]
        if waiting and not everything:
            raise MigrationError(
                f"{each.name} needs what {waiting[0]} does, which waits for --contract. Deploy the "
                "release that it came with, and run its migrations with --contract; or end every "
                "process of the service, and run this with --contract."
            )
        parts = begun.get(each.name, {})
        if any(chain != each.chain for chain in parts.values()):
            raise MigrationError(
                f"The migration {each.name} was changed after a part of it had been applied here. "
                "Take the change back."
            )
        found += [
            step
            for step in history.steps(each, parts)
            if served or step.kind not in ASKED
        ]
    return found


async def _begun(connection: Connection) -> dict[str, dict[int, str]]:
    """The parts of migrations that are not done as a whole, with their digests."""
    found: dict[str, dict[int, str]] = {}
    for row in await connection.fetch(
        f"select name, part, digest from {SCHEMA}.migration_part_"
    ):
        found.setdefault(row["name"], {})[row["part"]] = row["digest"]
    return found


async def _check_alone(connection: Connection, grace: float) -> None:
    """Refuses to take away what a process of an older release needs, or may need soon."""
    if not await _known(connection):
        return
    alive = await connection.fetch(ALIVE, RELEASE)
    if alive:
        raise MigrationError(
            f"Processes of another release are connected: {', '.join(row['name'] for row in alive)}. "
            "End them, and run this again."
        )
    since = await connection.fetchval(SINCE, RELEASE)
    if (
        since is None
        and await connection.fetchval(f"select count(*) from {SCHEMA}.release_") == 0
    ):
        return
    if grace and (since is None or since < grace):
        raise MigrationError(
            f"This release is applied for {since or 0:.0f} minutes, and processes of the one before "
            f"may start again: wait until it is {grace:g}, or say --grace 0 if none can."
        )


@asynccontextmanager
async def _briefly(connection: Connection, sql: str = "") -> AsyncIterator[None]:
    """A transaction that gives way to who uses the tables.

    Who waits for a vacuum with any other lock holds up everybody who comes after it. So the tables
    that `sql` names are first locked against vacuums alone, and the vacuums end.
    """
    async with connection.transaction():
        if sql:
            rows = await connection.fetch(OWN_TABLES, SCHEMA)
            named = [
                row["relname"]
                for row in rows
                if re.search(rf"\b{row['relname']}\b", sql)
            ]
            await connection.execute(f"set local lock_timeout = '{VACUUM_TIMEOUT}'")
            for table in named:
                await connection.execute(
                    f'lock table {SCHEMA}."{table}" in share update exclusive mode'
                )
        await connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
        yield


async def _sight(connection: Connection, tables: Iterable[Any], *, see: bool) -> None:
    """Lets the owner see the rows of tables, or no longer: row-level security binds it, too."""
    for (table,) in tables:
        async with _briefly(connection, table):
            await connection.execute(
                f'drop policy if exists {SIGHT} on {SCHEMA}."{table}"'
            )
            if see:
                await connection.execute(
                    f'create policy {SIGHT} on {SCHEMA}."{table}" for all to current_user '
                    "using (true) with check (true)"
                )


def _addressed(sql: str, owner: str) -> str:
    """Statements that grant to the roles beside this owner."""
    if owner == OWNER:
        return sql
    prefix = _prefix(owner).replace('"', '""')
    return ROLE.sub(lambda found: f' {found[1]} "{prefix}{found[2]}"', sql)


def _prefix(owner: str) -> str:
    """What the names of the roles of a database begin with."""
    return owner.removesuffix("_owner")


async def _check_place(connection: Connection) -> str:
    """The owner. Refuses a database that is not prepared, and a role that does not own it."""
    (place,) = await connection.fetch(PLACE, SCHEMA.strip('"'))
    database, role, owner = place["database"], str(place["role"]), place["owner"]
    if owner is None:
        raise MigrationError(
            f"The database {database} has no schema {SCHEMA}. "
            f"Have an administrator run {HERE / 'roles.sql'} in it."
        )
    if role != owner:
        raise MigrationError(
            f"OWNER_DATABASE_URL connects as {role}, and {owner} owns the schema {SCHEMA}. "
            f"Connect as {owner}."
        )
    if not place["creates"]:
        raise MigrationError(
            f"The role {role} may not create schemas in the database {database}. "
            f"Have an administrator run {HERE / 'roles.sql'} in it."
        )
    beside = [
        f"{_prefix(role)}_app",
        f"{_prefix(role)}_worker",
        f"{_prefix(role)}_backup",
    ]
    for row in await connection.fetch(MISSING, beside):
        raise MigrationError(
            f"There is no role {row['name']} beside {role}. "
            f"Have an administrator run {HERE / 'roles.sql'} in the database {database}."
        )
    return role


async def _known(connection: Connection) -> bool:
    """Was this database migrated before?"""
    ledger = f"{SCHEMA}.release_index_"
    return await connection.fetchval("select to_regclass($1)", ledger) is not None


async def _applied(connection: Connection) -> dict[str, str]:
    rows = await connection.fetch(f"select name, digest from {SCHEMA}.schema_migration")
    return {row["name"]: row["digest"] for row in rows}


async def _release(connection: Connection, known: bool) -> str:
    """The functions, views, rules and policies of this release."""
    functions = (
        path.read_text("utf-8") for path in sorted((HERE / "functions").glob("*.sql"))
    )
    rules = (HERE / "guards" / "rules.sql").read_text("utf-8")
    sound = await _sound(connection) if known else {}
    policies = []
    for (relation, policy), statement in _policies().items():
        if sound.get((relation, policy)):
            continue
        if known:  # somebody changed it, or the table has another name by then
            policies.append(f'drop policy if exists {policy} on "{relation}";\n')
        policies.append(statement)
    own = (f"('{relation}', '{policy}')" for relation, policy in _policies())
    return f"""\
create schema if not exists {RELEASE};
set local search_path = {RELEASE}, {SCHEMA}, pg_temp;
{"".join(functions)}
grant usage on schema {RELEASE} to {APP};
revoke all on all functions in schema {RELEASE} from public;
grant execute on all functions in schema {RELEASE} to {APP};
grant select, insert, update, delete on all tables in schema {RELEASE}
  to {APP};

set local search_path = {SCHEMA}, pg_temp;
{rules}
grant select on schema_migration, migration_part_, release_, release_policy_, release_index_
  to {BACKUP};
revoke all on all functions in schema {SCHEMA} from public;
{"".join(policies)}
-- Names are printed with their schemas from here on, as they are when a service starts.
set local search_path = pg_catalog;
insert into {SCHEMA}.release_ (name) values ('{RELEASE}')
on conflict (name) do update set applied_at = now();
insert into {SCHEMA}.release_policy_ (release, relation, known_as, name, definition)
select '{RELEASE}', c.relname, c.relname, p.polname,
  {DEFINITION}
  from pg_policy p join pg_class c on c.oid = p.polrelid
 where c.relnamespace = '{SCHEMA}'::regnamespace
   and (c.relname, p.polname) in (
    {_lines(own)})
on conflict (release, relation, name) do update set definition = excluded.definition;
insert into {SCHEMA}.release_index_ (release, name)
select '{RELEASE}', i.name from unnest(array[
    {_lines(f"'{name}'" for name, _ in _parts("indexes.sql"))}]::text[]) as i (name)
on conflict do nothing;
"""


def _policies() -> dict[tuple[str, str], str]:
    """The statements of this release's policies by table and name."""
    found = {}
    for title, statement in _parts("policies.sql"):
        relation, name = title.split(" ")
        found[relation.strip('"'), name] = statement
    return found


async def _sound(connection: Connection) -> dict[tuple[str, str], bool]:
    """The policies of the database by table and name: are they as a release made them?"""
    rows = await connection.fetch(POLICIES, SCHEMA)
    return {(row["relation"], row["name"]): row["sound"] for row in rows}


def _lines(values: Iterable[str]) -> str:
    """Values between commas, one a line."""
    return ",\n    ".join(values)


def _parts(file: str) -> Iterator[tuple[str, str]]:
    """The statements of a file by the names above them."""
    text = (HERE / "guards" / file).read_text(encoding="utf-8")
    pieces = PART.split(text)[1:]
    yield from zip(pieces[::2], pieces[1::2], strict=True)


async def _indexes(connection: Connection, *, empty: bool) -> list[Step]:
    """The indexes that are not there, or that were not finished."""
    rows = await connection.fetch(INDEXES, SCHEMA)
    valid = {row["name"]: row["valid"] for row in rows}
    found = []
    for name, statement in _parts("indexes.sql"):
        if valid.get(name):
            continue
        if name in valid:
            drop = f"drop index concurrently if exists {SCHEMA}.{name};"
            found.append(Step(f"unfinished index {name}", drop, "alone"))
        found.append(
            Step(f"index {name}", f"set search_path = {SCHEMA};\n{statement}", "alone")
        )
    if empty and found:  # nobody writes yet
        text = "".join(step.sql for step in found).replace(
            "set search_path", "set local search_path"
        )
        return [Step("indexes", text.replace(" concurrently", ""))]
    return found


async def _others(connection: Connection, known: bool) -> list[Step]:
    """The functions and views of the other releases."""
    if not known:
        return []
    rows = await connection.fetch(
        f"select name from {SCHEMA}.release_ where name <> $1 order by name", RELEASE
    )
    return [
        Step(
            f"drop release {row['name']}",
            f"drop schema if exists {row['name']} cascade;",
        )
        for row in rows
    ]


async def _strangers(connection: Connection, known: bool) -> list[Step]:
    """What only older releases need."""
    if not known:
        return []
    wanted = [name for name, _ in _parts("indexes.sql")]
    indexes = await connection.fetch(THEIR_INDEXES, SCHEMA, RELEASE, wanted)
    found = [
        Step(
            f"drop index {row['name']}",
            f"drop index concurrently if exists {SCHEMA}.{row['name']};",
            "alone",
        )
        for row in indexes
    ]
    own = _policies()
    unwanted = [each for each in await _sound(connection) if each not in own]
    taken = "".join(
        f'drop policy "{name}" on "{relation}";\n' for relation, name in unwanted
    )
    rules = (HERE / "guards" / "rules.sql").read_text("utf-8")
    grants = "".join(f'revoke all on "{table}" from {APP};\n' for table in TABLES)
    text = f"set local search_path = {SCHEMA}, pg_temp;\n{taken}{grants}delete from member_role;\n"
    text += f"{rules}delete from release_ where name <> '{RELEASE}';\n"
    # The last step, because what an interrupted run has to drop is found by these rows.
    found.append(Step("drop what older releases needed", text))
    return found


async def _lock(connection: Connection) -> None:
    """Waits for another migration of this database.

    It is asked again and again: a session that waited inside PostgreSQL would hold up the index that the
    other one builds.
    """
    waits = False
    while not await connection.fetchval("select pg_try_advisory_lock($1)", LOCK):
        if not waits:
            print(
                "Another migration of this database is running: waiting for it.",
                file=sys.stderr,
            )
        waits = True
        await asyncio.sleep(PAUSE)


async def _patiently(
    title: str, again: bool, work: Callable[[], Awaitable[Result]]
) -> Result:
    """Gives way to who uses the tables, and tries again where that can be done."""
    ends = time.monotonic() + PATIENCE
    attempt = 0
    while time.monotonic() < ends:
        attempt += 1
        if attempt == TOLD:
            print(
                f"The tables of the step '{title}' are in use: it is tried again and again.",
                file=sys.stderr,
            )
        try:
            return await work()
        except BUSY as error:
            if not again:  # it has left an unfinished index, which the next run builds
                raise MigrationError(
                    f"The step '{title}' was interrupted: {said(error)}. Run this again."
                ) from error
            await asyncio.sleep(PAUSE * (1 + attempt % 4))
        except GONE as error:
            raise MigrationError(
                f"The connection was lost in the step '{title}': {said(error)}. Run this again."
            ) from error
        except asyncpg.PostgresError as error:
            raise MigrationError(
                f"PostgreSQL refused a statement of the step '{title}': {said(error)}. "
                "The steps before it are done. Remove the cause, and run this again."
            ) from error
    raise MigrationError(
        f"The tables of the step '{title}' stayed in use for {PATIENCE:.0f} seconds. The steps "
        "before it are done. End what uses them (see pg_stat_activity), and run this again."
    )


async def _run(connection: Connection, step: Step, *, destructive: bool) -> None:
    """Runs the statements of a step.

    Raises:
        MigrationError: its question has an answer with which nothing may be done.
    """
    if step.kind == "step":
        async with _briefly(connection, step.sql):
            await connection.execute(step.sql)
        return
    seen = [(table,) for table in step.tables]
    await _sight(connection, seen, see=True)
    try:
        await connection.execute(f"set search_path = {SCHEMA}")
        if step.kind == "alone":
            for statement in _statements(step.sql):
                await connection.execute(statement)
        else:
            _judge(step, await connection.fetchval(step.sql), destructive)
    finally:
        if not connection.is_closed():
            await _sight(connection, seen, see=False)
    if step.record:
        async with connection.transaction():
            await connection.execute(step.record)


def _statements(sql: str) -> list[str]:
    """Statements that are run one by one: a block that commits by itself is one of them."""
    if sql.startswith("do "):
        return [sql]
    return [each for each in map(str.strip, sql.split(";\n")) if each]


def _judge(step: Step, count: int, destructive: bool) -> None:
    """Refuses what would be refused, and what would lose something that nobody consented to."""
    if not count or (step.kind == "loses" and destructive):
        return
    if step.kind == "loses":
        raise MigrationError(
            f"{step.title}: {count} would be lost. Nothing of this was done. Keep them elsewhere, "
            "and run this with --allow-destructive."
        )
    raise MigrationError(
        f"{step.title}: there are {count}, and the tables would refuse them. Nothing of this was "
        "done. Change these rows, and run this again."
    )


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m invoicing.store.migrate",
        description=__doc__,
        epilog="Exit codes: 0 done, 1 not done or something is missing, 2 wrong usage or no connection.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--prune", action="store_true", help="also drop what only older releases need"
    )
    parser.add_argument(
        "--contract",
        action="store_true",
        help="also change the tables in ways that no older release bears; it prunes, too",
    )
    parser.add_argument(
        "--grace",
        type=float,
        default=GRACE,
        metavar="MINUTES",
        help="for --contract: how long this release has to be applied (default %(default)g)",
    )
    parser.add_argument(
        "--allow-destructive",
        action="store_true",
        help="for --contract: rows may lose values, or be lost",
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--status",
        action="store_true",
        help="say what is applied; exits with 1 if something is not",
    )
    only.add_argument("--dry-run", action="store_true", help="say what would be done")
    only.add_argument(
        "--sql",
        action="store_true",
        help="print the statements instead of running them",
    )
    return parser.parse_args(arguments)


async def _main(arguments: Sequence[str] | None = None) -> int:
    options = _arguments(arguments)
    try:
        connection = await as_owner()
    except Unreachable as error:
        print(error, file=sys.stderr)
        return 2
    try:
        if options.status:
            return await _status(connection)
        if options.dry_run or options.sql:
            for step in await steps(
                connection, prune=options.prune, contract=options.contract
            ):
                print(_script(step) if options.sql else step.title)
            return 0
        connection.add_log_listener(_tell)
        for title in await migrate(
            connection,
            options.prune,
            options.contract,
            grace=options.grace,
            destructive=options.allow_destructive,
        ):
            print(f"applied {title}")
    except (MigrationError, *GONE, asyncpg.PostgresError) as error:
        if _interrupted():
            raise asyncio.CancelledError from error
        told = str(error)
        if not isinstance(error, MigrationError):
            told = f"The database refused, or was lost: {said(error)}. Run this again."
        print(told, file=sys.stderr)
        return 1
    finally:
        if _interrupted():
            connection.terminate()
        else:
            await connection.close()
    return 0


def _tell(_: Any, message: asyncpg.PostgresLogMessage) -> None:
    """Prints how far a backfill is; other messages are about what was there already."""
    if message.severity == "INFO":
        print(message.message, file=sys.stderr)


def _interrupted() -> bool:
    """Was this run told to end? What the database says of a statement is then a consequence."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _script(step: Step) -> str:
    """A step as somebody would run it by hand."""
    if step.kind == "step":
        begin = f"begin;\nset local lock_timeout = '{LOCK_TIMEOUT}';\n"
        return f"-- {step.title}\n{begin}{step.sql.rstrip()}\ncommit;\n"
    see = "".join(
        f'create policy {SIGHT} on {SCHEMA}."{table}" for all to current_user using (true);\n'
        for table in step.tables
    )
    hide = "".join(
        f'drop policy {SIGHT} on {SCHEMA}."{table}";\n' for table in step.tables
    )
    told = {
        "refuses": "-- It has to be 0: change these rows first.\n",
        "loses": "-- So many rows lose something: go on if they may.\n",
    }.get(step.kind, "")
    path = f"set search_path = {SCHEMA};\n" if step.record else ""
    return f"-- {step.title}\n{told}{see}{path}{step.sql.rstrip()}\n{hide}{step.record}"


async def _status(connection: Connection) -> int:
    """Prints what is applied and what is not; returns the exit code."""
    await _check_place(connection)
    known = await _known(connection)
    applied = await _applied(connection) if known else {}
    waiting = pending(applied)
    served = bool(known and await connection.fetchval(SERVED))
    missing = [each.name for each in waiting if not each.contracts or not served]
    rows = (
        await connection.fetch(
            f"select name from {SCHEMA}.release_ order by applied_at"
        )
        if known
        else []
    )
    releases = [row["name"] for row in rows]
    sound = await _sound(connection) if known else {}
    if RELEASE not in releases or not all(sound.get(each) for each in _policies()):
        missing.append(f"release {RELEASE}")
    missing += [step.title for step in await _indexes(connection, empty=False)]
    for name in (*applied, *(f"release {name}" for name in releases)):
        if f"release {RELEASE}" != name or name not in missing:
            print(f"applied {name}")
    for name in missing:
        print(f"missing {name}")
    for each in waiting:
        if each.name not in missing:
            print(f"waiting {each.name}")
    return 1 if missing else 0


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(_main()))
    except KeyboardInterrupt:
        print(
            "Interrupted. Run this again, and it goes on where it ended.",
            file=sys.stderr,
        )
        sys.exit(130)
