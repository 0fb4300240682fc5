# ruff: noqa: S608 - statements are put together from names of this service only
"""Brings a database to this release, while the release before it serves.

Run as `python -m notes.store.migrate` with OWNER_DATABASE_URL, the URL of the role that
owns the tables; over a network with verified TLS, unless ENVIRONMENT is development. The roles of a
database have one prefix: `x_owner` migrates for `x_app`, as which the service connects, and for
`x_backup`. Three kinds of things are there to be done:

- migrations, which are history: each is applied once, in a transaction of its own, and its digest
  is kept, so that a change of its text is refused;
- what this release derives from the spec and holds no data: functions and views, in a schema of
  this release, and grants, rules and policies. All of it is applied by every run, as a whole;
- indexes, built while others write. One that an interrupted run left unfinished is built again.

What the release before needs stays until `--prune`. Run again after it was interrupted anywhere,
it ends where one run would have ended.
"""

import argparse
import asyncio
import hashlib
import os
import re
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import asyncpg

from notes.settings import DEVELOPMENT
from notes.store.statements import RELEASE, TABLES
from notes.store.transport import protected

Connection: TypeAlias = "asyncpg.Connection[Any]"
Result = TypeVar("Result")

HERE: Final = Path(__file__).parent
SCHEMA: Final = "notes"
APP: Final = "notes_app"
BACKUP: Final = "notes_backup"
OWNER: Final = "notes_owner"
ROLE: Final = re.compile(r" (to|from) notes(_app|_backup)(?=;?$)", re.MULTILINE)
"""A role where a grant or a policy names it: at the end of a line."""

LOCK: Final = 0x5CAF01D
LOCK_TIMEOUT: Final = "500ms"
"""How long a statement waits for a table, and others behind it, before it gives way.

Shorter than PostgreSQL's `deadlock_timeout`, so that this gives way and not the service.
"""
ATTEMPTS: Final = 30
PAUSE: Final = 0.5
"""Seconds between two attempts."""

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
create table if not exists {SCHEMA}.release_ (
  name text primary key,
  applied_at timestamptz not null default now()
);
create table if not exists {SCHEMA}.release_policy_ (
  release text not null references {SCHEMA}.release_ (name) on delete cascade,
  relation text not null,
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
"""
DEFINITION: Final = """\
concat_ws(' ', p.polcmd, p.polpermissive, p.polroles::regrole[],
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))"""
"""What PostgreSQL says of a policy: kept when it was made, so that another one is seen."""
POLICIES: Final = f"""
select c.relname as relation, p.polname as name,
       coalesce(bool_or(k.definition = {DEFINITION}), false) as sound
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
PLACE: Final = """
select current_user as role, current_database() as database,
       has_database_privilege(current_database(), 'create') as creates,
       (select pg_get_userbyid(nspowner) from pg_namespace where nspname = $1) as owner
"""
MISSING: Final = """
select name from unnest($1::text[]) as name where name not in (select rolname from pg_roles)
"""


class MigrationError(RuntimeError):
    """The migration cannot be done; the message says why, and what to do."""


class Step(NamedTuple):
    """Something to be done: what it is called, and its statements.

    `together` says that they are one transaction; an index is built outside of one.
    """

    title: str
    sql: str
    together: bool = True


async def migrate(connection: Connection, prune: bool = False) -> list[str]:
    """Does what is missing; returns the titles of what was done.

    Raises:
        MigrationError: it cannot be done, or not all of it; the message says why.
    """
    await _lock(connection)
    try:
        done = []
        for step in await steps(connection, prune=prune):
            await _patiently(step.title, step.together, partial(_run, connection, step))
            done.append(step.title)
        return done
    finally:
        if not connection.is_closed():
            await connection.execute("select pg_advisory_unlock($1)", LOCK)


async def steps(connection: Connection, *, prune: bool = False) -> list[Step]:
    """What there is to do, in order.

    Raises:
        MigrationError: an applied migration was changed, this is not the owner's connection, or
            tables stayed in use.
    """

    async def read() -> list[Step]:
        async with connection.transaction():
            await connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
            return await _steps(connection, prune)

    return await _patiently("reading the catalog", True, read)


async def _steps(connection: Connection, prune: bool) -> list[Step]:
    owner = await _check_place(connection)
    known = await _known(connection)
    found = [] if known else [Step("ledger", LEDGER)]
    applied = await _applied(connection) if known else {}
    found += pending(applied)
    found.append(Step(f"release {RELEASE}", await _release(connection, bool(known))))
    found += await _indexes(connection, empty=not applied)
    if prune:
        found += await _strangers(connection, bool(known))
    return [each._replace(sql=_addressed(each.sql, owner)) for each in found]


def _addressed(sql: str, owner: str) -> str:
    """Statements that grant to the roles beside this owner."""
    if owner == OWNER:
        return sql
    prefix = _prefix(owner).replace('"', '""')
    return ROLE.sub(lambda found: f' {found[1]} "{prefix}{found[2]}"', sql)


def _prefix(owner: str) -> str:
    """What the names of the roles of a database begin with."""
    return owner.removesuffix("_owner")


def pending(applied: dict[str, str]) -> Iterator[Step]:
    """The migrations that are not among those applied, by name and chained digest."""
    chain = ""
    for path in sorted((HERE / "migrations").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        chain = hashlib.sha256(f"{chain}{text}".encode()).hexdigest()
        if path.name not in applied:
            values = f"('{path.name}', '{chain}')"
            insert = f"insert into {SCHEMA}.schema_migration (name, digest)\nvalues {values};"
            yield Step(
                path.name, f"set local search_path = {SCHEMA};\n{text}\n{insert}\n"
            )
        elif applied[path.name] != chain:
            raise MigrationError(
                f"The migration {path.name} was changed after it had been applied here. "
                "Take the change back, or use a new database if nothing is deployed yet."
            )


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
    beside = [f"{_prefix(role)}_app", f"{_prefix(role)}_backup"]
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
        if (relation, policy) in sound:  # somebody changed it
            policies.append(f'drop policy {policy} on "{relation}";\n')
        policies.append(statement)
    own = (f"('{relation}', '{policy}')" for relation, policy in _policies())
    return f"""\
create schema if not exists {RELEASE};
set local search_path = {RELEASE}, {SCHEMA}, pg_temp;
{"".join(functions)}
grant usage on schema {RELEASE} to {APP};
revoke all on all functions in schema {RELEASE} from public;
grant execute on all functions in schema {RELEASE} to {APP};
grant select, insert, update, delete on all tables in schema {RELEASE} to {APP};

set local search_path = {SCHEMA}, pg_temp;
{rules}
grant select on schema_migration, release_, release_policy_, release_index_ to {BACKUP};
revoke all on all functions in schema {SCHEMA} from public;
{"".join(policies)}
-- Names are printed with their schemas from here on, as they are when a service starts.
set local search_path = pg_catalog;
insert into {SCHEMA}.release_ (name) values ('{RELEASE}')
on conflict (name) do update set applied_at = now();
insert into {SCHEMA}.release_policy_ (release, relation, name, definition)
select '{RELEASE}', c.relname, p.polname, {DEFINITION}
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
            found.append(Step(f"unfinished index {name}", drop, False))
        found.append(
            Step(f"index {name}", f"set search_path = {SCHEMA};\n{statement}", False)
        )
    if empty and found:  # nobody writes yet
        text = "".join(step.sql for step in found).replace(
            "set search_path", "set local search_path"
        )
        return [Step("indexes", text.replace(" concurrently", ""))]
    return found


async def _strangers(connection: Connection, known: bool) -> list[Step]:
    """What only older releases need."""
    if not known:
        return []
    rows = await connection.fetch(
        f"select name from {SCHEMA}.release_ where name <> $1 order by name", RELEASE
    )
    wanted = [name for name, _ in _parts("indexes.sql")]
    indexes = await connection.fetch(THEIR_INDEXES, SCHEMA, RELEASE, wanted)
    found = [
        Step(
            f"drop index {row['name']}",
            f"drop index concurrently if exists {SCHEMA}.{row['name']};",
            False,
        )
        for row in indexes
    ]
    found += [
        Step(
            f"drop release {row['name']}",
            f"drop schema if exists {row['name']} cascade;",
        )
        for row in rows
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
    for attempt in range(ATTEMPTS):
        try:
            return await work()
        except BUSY as error:
            if not again:  # it has left an unfinished index, which the next run builds
                raise MigrationError(
                    f"The step '{title}' was interrupted: {_said(error)}. Run this again."
                ) from error
            await asyncio.sleep(PAUSE * (1 + attempt % 4))
        except GONE as error:
            raise MigrationError(
                f"The connection was lost in the step '{title}': {_said(error)}. Run this again."
            ) from error
        except asyncpg.PostgresError as error:
            raise MigrationError(
                f"PostgreSQL refused a statement of the step '{title}': {_said(error)}. "
                "The steps before it are done. Remove the cause, and run this again."
            ) from error
    raise MigrationError(
        f"The tables of the step '{title}' stayed in use for {ATTEMPTS} attempts. The steps "
        "before it are done. End what uses them (see pg_stat_activity), and run this again."
    )


def _said(error: Exception) -> str:
    """What an error says, as a part of a sentence."""
    return " ".join(str(error).split()).rstrip(".")


async def _run(connection: Connection, step: Step) -> None:
    """Runs the statements of a step."""
    if step.together:
        async with connection.transaction():
            await connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
            await connection.execute(step.sql)
        return
    for statement in filter(None, map(str.strip, step.sql.split(";\n"))):
        await connection.execute(statement)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m notes.store.migrate",
        description=__doc__,
        epilog="Exit codes: 0 done, 1 not done or something is missing, 2 wrong usage or no connection.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--prune", action="store_true", help="also drop what only older releases need"
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
    url = os.environ.get("OWNER_DATABASE_URL")
    if not url:
        print(
            "OWNER_DATABASE_URL is not set. Set it to the URL of the database, as notes_owner.",
            file=sys.stderr,
        )
        return 2
    if os.environ.get("ENVIRONMENT") != DEVELOPMENT and not protected(url):
        print(
            "OWNER_DATABASE_URL leads over a network without verified TLS. Add sslmode=verify-full and "
            "sslrootcert, the file of your authority; or name a Unix socket or a loopback address.",
            file=sys.stderr,
        )
        return 2
    try:
        connection = await asyncpg.connect(url)
    except (
        OSError,
        ValueError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
    ) as error:
        print(
            f"The database that OWNER_DATABASE_URL names cannot be reached: {_said(error)}. "
            "Check the host, the database, the role and its password.",
            file=sys.stderr,
        )
        return 2
    try:
        if options.status:
            return await _status(connection)
        if options.dry_run or options.sql:
            for step in await steps(connection, prune=options.prune):
                print(_script(step) if options.sql else step.title)
            return 0
        for title in await migrate(connection, options.prune):
            print(f"applied {title}")
    except (MigrationError, *GONE, asyncpg.PostgresError) as error:
        if _interrupted():
            raise asyncio.CancelledError from error
        said = str(error)
        if not isinstance(error, MigrationError):
            said = f"The database refused, or was lost: {_said(error)}. Run this again."
        print(said, file=sys.stderr)
        return 1
    finally:
        if _interrupted():
            connection.terminate()
        else:
            await connection.close()
    return 0


def _interrupted() -> bool:
    """Was this run told to end? What the database says of a statement is then a consequence."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _script(step: Step) -> str:
    """A step as somebody would run it by hand."""
    begin = f"begin;\nset local lock_timeout = '{LOCK_TIMEOUT}';\n"
    begin, end = (begin, "commit;\n") if step.together else ("", "")
    return f"-- {step.title}\n{begin}{step.sql.rstrip()}\n{end}"


async def _status(connection: Connection) -> int:
    """Prints what is applied and what is not; returns the exit code."""
    await _check_place(connection)
    known = await _known(connection)
    applied = await _applied(connection) if known else {}
    missing = [step.title for step in pending(applied)]
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
