# ruff: noqa: S608 - statements are put together from names of this service only
"""The refusal to start on a database that would not hold the promises."""

import sys
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Final, NoReturn

import asyncpg
from pydantic import ValidationError

from invoicing.store.database import SETTINGS, Database
from invoicing.store.history import DEFINITION
from invoicing.store.statements import FUNCTIONS, RELEASE, TABLES, TRIGGERS

FINDINGS: Final = f"""
with held as (  -- what the service is, and whatever it can become with `set role`
  select r.* from pg_roles r where pg_has_role(current_user, r.oid, 'member')
), strange as (  -- schemas that hold neither PostgreSQL's own things nor those of an extension
  select n.oid, n.nspname as name, n.nspowner from pg_namespace n
   where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     and not exists (select 1 from pg_depend d where d.classid = 'pg_namespace'::regclass
                        and d.objid = n.oid and d.deptype = 'e')
), relation as (
  select c.oid, c.relowner, s.name as schema, c.relname as name, c.relkind as kind,
         s.name = $1 and (c.relname = any ($2) or c.relrowsecurity and c.relforcerowsecurity
           and c.relname in (select relation from invoicing.release_policy_)) as ours,
         c.relrowsecurity and c.relforcerowsecurity as bound,
         s.name in (select release from invoicing.release_policy_) and c.relkind = 'v'
           and coalesce('security_invoker=true' = any (c.reloptions), false) as borrows
    from pg_class c join strange s on s.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'f')
     and not exists (select 1 from pg_depend d where d.classid = 'pg_class'::regclass
                        and d.objid = c.oid and d.deptype = 'e')
), wanted as (  -- a later release may have renamed a table
  select t.name, coalesce((select min(k.relation) from invoicing.release_policy_ k
                            where k.release = $3 and k.known_as = t.name), t.name) as relation
    from unnest($2::text[]) as t(name)
), function as (
  select p.oid, p.proowner, p.prosecdef, s.name as schema, p.proname as name, md5(p.prosrc) as digest
    from pg_proc p join strange s on s.oid = p.pronamespace
   where not exists (select 1 from pg_depend d where d.classid = 'pg_proc'::regclass
                        and d.objid = p.oid and d.deptype = 'e')
)
select 'privileged' as finding, r.rolname::text as name from held r
 where r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolreplication or r.rolname ~ '^pg_'
union select 'owner', format('%I.%I', c.schema, c.name) from relation c join held r on r.oid = c.relowner
union select 'owner', format('%I.%I', f.schema, f.name) from function f join held r on r.oid = f.proowner
union select 'owner', format('%I', s.name) from strange s join held r on r.oid = s.nspowner
union select 'creates', format('%I', s.name) from strange s, held r
 where has_schema_privilege(r.oid, s.oid, 'create')
union select 'creates', current_database() from held r
 where has_database_privilege(r.oid, current_database(), 'create')
union select 'excess', format('%I.%I', c.schema, c.name) from relation c, held r
 where c.ours and has_table_privilege(r.oid, c.oid, 'truncate, references, trigger')
union select 'elsewhere', format('%I.%I', c.schema, c.name) from relation c, held r
 where not c.ours and not c.borrows and not (c.schema = $1 and c.name = 'release_policy_')
   and (has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate, references, trigger')
        or has_any_column_privilege(r.oid, c.oid, 'select, insert, update, references'))
union select 'lent', format('%I.%I', f.schema, f.name) from function f, held r
 where f.prosecdef and has_schema_privilege(r.oid, f.schema, 'usage')
   and has_function_privilege(r.oid, f.oid, 'execute')
union select 'unbound', t.name from wanted t
 where not exists (select 1 from relation c where c.ours and c.name = t.relation and c.bound and c.kind = 'r')
    or not exists (select 1 from pg_policy p join relation c on c.oid = p.polrelid
                    where c.ours and c.name = t.relation and p.polname = 'tenant_isolation' and not p.polpermissive)
union select 'policy', c.name from relation c join pg_policy p on p.polrelid = c.oid
 where c.ours and (0 = any (p.polroles) or exists (select 1 from held r where r.oid = any (p.polroles)))
   and not exists (
   select 1 from invoicing.release_policy_ k
    where k.relation = c.name and k.name = p.polname and k.definition = {DEFINITION})
union select 'policy', k.relation from invoicing.release_policy_ k
 where k.release = $3 and not exists (
   select 1 from pg_policy p join relation c on c.oid = p.polrelid
    where c.ours and c.name = k.relation and p.polname = k.name)
union select 'unmigrated', $3::text
 where not exists (select 1 from invoicing.release_policy_ k where k.release = $3)
union select 'function', e.name from unnest($4::text[], $5::text[]) as e(name, digest)
 where not exists (select 1 from function f
                    where f.schema = $3 and f.name = e.name and f.digest = e.digest and not f.prosecdef)
union select 'trigger', format('%s on %s', e.name, e.relation) from unnest($6::text[], $7::text[]) as e(relation, name)
 where not exists (select 1 from pg_trigger t join relation c on c.oid = t.tgrelid
                    where c.ours and c.name = e.relation and t.tgname = e.name and t.tgenabled in ('O', 'A'))
union select 'setting', e.name from unnest($8::text[], $9::text[]) as e(name, value)
 where not exists (select 1 from pg_settings s where s.name = e.name and s.setting = e.value)
order by 1, 2
"""
"""What the catalog holds that the design does not say, by kind and name.

Policies are compared as PostgreSQL prints them with what it printed when the migration had made
them, functions by the digest of their text. An older release may need what this one does not, so
its policies and views are known as well, until `--prune`.
"""

SENTENCES: Final[Mapping[str, str]] = {
    "privileged": "The database role is, or can become, one that row-level security or the rights "
    "of others do not bind: {}.",
    "owner": "The database role owns, or can become the owner of: {}.",
    "creates": "The database role may create objects in: {}.",
    "excess": "The database role may truncate, refer to or put triggers on: {}.",
    "elsewhere": "The database role may reach relations that hold no tenant's rows apart: {}.",
    "lent": "The database role may execute functions that have the rights of their owner: {}.",
    "setting": "The database role has other values than roles.sql sets for: {}.",
    "unbound": "Tables without forced row-level security and the policy tenant_isolation: {}.",
    "policy": "Tables with other policies than the migrations made: {}.",
    "unmigrated": "The release {} is not applied.",
    "function": "Stored functions are missing, or have another text: {}.",
    "trigger": "Triggers are missing or disabled: {}.",
}
ROLE: Final = frozenset(
    {"privileged", "owner", "creates", "excess", "elsewhere", "lent", "setting"}
)
"""What is about the role; the rest is about the tables and functions."""
NAMED: Final = 5
"""How many names a sentence has."""


class UnsafeConfiguration(RuntimeError):
    """The service will not start like this; the message says what to change."""


def refuse_start(error: ValidationError | UnsafeConfiguration) -> NoReturn:
    """Ends the process for what is missing or unsafe in its environment, with a line for each and
    status 3."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_url=False)
        lines = [
            f"{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}."
            for each in faults
        ]
    else:
        lines = [str(error)]
    print(*lines, sep="\n", file=sys.stderr)
    sys.exit(3)


async def check_database(database: Database, role: str = "invoicing_app") -> None:
    """Compares what the database holds and allows with what this release expects of it.

    Raises:
        UnsafeConfiguration: they differ; each difference is named.
    """
    relations, triggers = zip(*TRIGGERS, strict=True)
    try:
        rows = await database.fetch(
            FINDINGS,
            "invoicing",
            list(TABLES),
            RELEASE,
            list(FUNCTIONS),
            list(FUNCTIONS.values()),
            list(relations),
            list(triggers),
            list(SETTINGS),
            list(SETTINGS.values()),
        )
    except (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError) as error:
        raise UnsafeConfiguration(
            "The database is not migrated, or this role may not use it: run the migrations, and "
            f"connect as {role}."
        ) from error
    found = {
        kind: [str(row["name"]) for row in group]
        for kind, group in groupby(rows, lambda row: str(row["finding"]))
    }
    if "privileged" in found:  # it may do all of the rest as well
        found = {"privileged": found["privileged"]}
    if found:
        said = [SENTENCES[kind].format(_listed(names)) for kind, names in found.items()]
        if ROLE & found.keys():
            said.append(
                f"Connect as {role}, and have an administrator take back what roles.sql does not give it, or run it again."
            )
        if found.keys() - ROLE:
            said.append("Run the migrations.")
        raise UnsafeConfiguration(" ".join(said))


def _listed(names: Iterable[str]) -> str:
    """The first few names."""
    found = list(names)
    more = [f"{len(found) - NAMED} more"] if len(found) > NAMED else []
    return ", ".join(found[:NAMED] + more)
