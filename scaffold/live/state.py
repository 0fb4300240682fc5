"""What a live database holds, and what its ledger says of the releases that made it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from scaffold.live import catalog
from scaffold.live.address import rolled_back
from scaffold.live.facts import Fact, Key
from scaffold.live.release import Release
from scaffold.live.twin import prefix_of

if TYPE_CHECKING:
    import asyncpg

BEGIN: Final = """
begin isolation level repeatable read read only;
set local statement_timeout = '10s';
set local lock_timeout = '1s';
set local idle_in_transaction_session_timeout = '30s';
"""
OWNER: Final = """
select pg_get_userbyid(n.nspowner) from pg_namespace n where n.nspname = $1
"""
SCHEMAS: Final = "select nspname as name, oid from pg_namespace where nspname = any ($1::text[])"
KNOWN: Final = """
select k.release, k.relation, k.name
  from {schema}.release_policy_ k
  join pg_class c on c.relname = k.relation and c.relnamespace = quote_ident($1)::regnamespace
  join pg_policy p on p.polrelid = c.oid and p.polname = k.name
 where k.definition = {definition}
"""
"""The policies that are as a release made them."""
ROLES: Final = """
select r.rolname as name,
       array[
         case when r.rolsuper then 'superuser' else 'nosuperuser' end,
         case when r.rolcreatedb then 'createdb' else 'nocreatedb' end,
         case when r.rolcreaterole then 'createrole' else 'nocreaterole' end,
         case when r.rolreplication then 'replication' else 'noreplication' end,
         case when r.rolbypassrls then 'bypassrls' else 'nobypassrls' end,
         case when r.rolinherit then 'inherit' else 'noinherit' end] as words,
       array(select m.roleid::regrole::text from pg_auth_members m where m.member = r.oid
              order by 1) as joined,
       array(select c.text from pg_db_role_setting s cross join unnest(s.setconfig) as c (text)
              where s.setrole = r.oid
                and s.setdatabase in (
                  0, (select oid from pg_database where datname = current_database()))
              order by s.setdatabase) as settings
  from pg_roles r where r.rolname = any ($1::text[])
"""
"""The last word of several that say the same is that of this database."""
ELSEWHERE: Final = """
with other as (
  select n.oid, n.nspname from pg_namespace n
   where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and not n.oid = any ($2::oid[])
), relation as (
  select 'pg_class'::regclass as class, c.oid from pg_class c join other o on o.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'f')
     and (has_table_privilege($1::text, c.oid,
            'select, insert, update, delete, truncate, references, trigger')
          or has_any_column_privilege($1::text, c.oid, 'select, insert, update, references'))
), function as (
  select 'pg_proc'::regclass, p.oid from pg_proc p join other o on o.oid = p.pronamespace
   where p.prosecdef and has_schema_privilege($1::text, o.oid, 'usage')
     and has_function_privilege($1::text, p.oid, 'execute')
), given as (
  select d.classid, d.objid from pg_shdepend d
    left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid
    left join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
    left join pg_namespace n on d.classid = 'pg_namespace'::regclass and n.oid = d.objid
    left join pg_type t on d.classid = 'pg_type'::regclass and t.oid = d.objid
   where d.refclassid = 'pg_authid'::regclass and d.refobjid = quote_ident($1)::regrole
     and d.dbid = (select oid from pg_database where datname = current_database())
     and d.deptype in ('a', 'o')
     and not coalesce(c.relnamespace, p.pronamespace, n.oid, t.typnamespace, 0) = any ($2::oid[])
     and (n.oid is null or not has_schema_privilege($1::text, n.oid, 'create'))
)
select 'may use or change' as what, pg_describe_object(f.class, f.oid, 0) as object
  from (table relation union table function union table given) as f
 where not exists (select from pg_depend d
                    where d.classid = f.class and d.objid = f.oid and d.deptype = 'e')
 union all
select 'may create objects in', 'schema ' || o.nspname from other o
 where has_schema_privilege($1::text, o.oid, 'create')
 union all
select 'may create schemas in', 'database ' || current_database()
 where has_database_privilege($1::text, current_database(), 'create')
 order by 1, 2
"""
"""What the service's role may do outside of the service's schemas, but to what extensions bring."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the server: its attributes in words, the roles that it is in, its settings."""

    words: frozenset[str]
    joined: tuple[str, ...]
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was applied: migrations with their digests, and releases, the last one at the end.

    `begun` are migrations of which only a part is done. `policies` are those that are as a release
    made them, by release, relation and name, and `indexes` are those that a release asked for.
    """

    applied: Mapping[str, str]
    begun: frozenset[str]
    releases: tuple[str, ...]
    policies: frozenset[tuple[str, str, str]]
    indexes: frozenset[tuple[str, str]]

    @property
    def known(self) -> frozenset[tuple[str, str]]:
        """The policies of any release, by relation and name."""
        return frozenset(each[1:] for each in self.policies)


@dataclass(frozen=True, slots=True)
class State:
    """A live database. `others` are the facts in the schemas of other releases."""

    owner: str
    ledger: Ledger
    facts: Mapping[Key, Fact]
    others: tuple[Fact, ...]
    roles: Mapping[str, Role]
    elsewhere: tuple[tuple[str, str], ...]


async def owner_of(connection: asyncpg.Connection[Any], release: Release) -> str | None:
    """Who owns the schema of the service; None where there is none."""
    found: str | None = await connection.fetchval(OWNER, release.package)
    return found


async def roles_of(
    connection: asyncpg.Connection[Any], release: Release, owner: str
) -> dict[str, Role]:
    """The roles of the service that there are, by the last word of their names."""
    prefix = prefix_of(owner)
    names = {last: f"{prefix}_{last}" for last in release.beside} | {"owner": owner}
    found = {row["name"]: row for row in await connection.fetch(ROLES, list(names.values()))}
    return {last: _role(found[name]) for last, name in names.items() if name in found}


def _role(row: Any) -> Role:
    settings = dict(each.split("=", 1) for each in row["settings"])
    return Role(frozenset(row["words"]), tuple(row["joined"]), settings)


async def is_migrated(connection: asyncpg.Connection[Any], release: Release) -> bool:
    """Was the database ever migrated?"""
    name = f"{release.schema}.release_index_"
    return await connection.fetchval("select to_regclass($1)", name) is not None


async def state_of(
    connection: asyncpg.Connection[Any], release: Release, owner: str, roles: Mapping[str, Role]
) -> State:
    """What the database holds now, read in one transaction that cannot change it."""
    async with rolled_back(connection, BEGIN):
        # What the ledger keeps was printed with the schemas of all names.
        await connection.execute("set local search_path = pg_catalog")
        ledger = await _ledger(connection, release)
        schemas = await _schemas(connection, release, ledger)
        ours = [schemas[each] for each in (release.package, release.name) if each in schemas]
        app = f"{prefix_of(owner)}_app"
        rows = await connection.fetch(ELSEWHERE, app, [*schemas.values()])
        path = f"{release.name}, {release.schema}, pg_temp"
        await connection.execute(f"set local search_path = {path}")
        facts = await catalog.read(connection, ours)
        facts += await catalog.member_roles(connection, release.package)
        others = [each for each in schemas.values() if each not in ours]
        beside = await catalog.read(connection, others) if others else []
    elsewhere = tuple((row["what"], row["object"]) for row in rows)
    return State(owner, ledger, {each.key: each for each in facts}, tuple(beside), roles, elsewhere)


async def _schemas(
    connection: asyncpg.Connection[Any], release: Release, ledger: Ledger
) -> dict[str, int]:
    names = [release.package, release.name, *ledger.releases]
    return {row["name"]: row["oid"] for row in await connection.fetch(SCHEMAS, names)}


async def _ledger(connection: asyncpg.Connection[Any], release: Release) -> Ledger:
    async def rows(what: str, table: str) -> list[Any]:
        query = f"select {what} from {release.schema}.{table}"  # noqa: S608 - names of our own
        return list(await connection.fetch(query))

    name = rf"{re.escape(release.package)}_[0-9a-f]{{8}}"
    question = KNOWN.format(schema=release.schema, definition=release.definition)
    applied = await rows("name, digest", "schema_migration")
    begun = await rows("distinct name", "migration_part_")
    releases = await rows("name", "release_ order by applied_at, name")
    indexes = await rows("release, name", "release_index_")
    policies = await connection.fetch(question, release.package)
    return Ledger(
        {row["name"]: row["digest"] for row in applied},
        frozenset(row["name"] for row in begun),
        tuple(row["name"] for row in releases if re.fullmatch(name, row["name"])),
        frozenset((row["release"], row["relation"], row["name"]) for row in policies),
        frozenset((row["release"], row["name"]) for row in indexes),
    )
