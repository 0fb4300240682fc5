"""Questions to pg_catalog. Any role may ask them, and a table is locked only by the definition of a
view that reads it, as every reader locks it.

Each row has the columns of `facts.Fact`; names and expressions are printed as the search path has
them, so that those of a twin in another schema are the same. A schema that a role may not use is
in no search path of it: its name is taken out of the types of functions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from scaffold.live.facts import Fact

if TYPE_CHECKING:
    import asyncpg

RELATIONS = """
select case c.relkind when 'r' then 'table' when 'v' then 'view' when 'c' then 'type'
         when 'S' then 'sequence' when 'm' then 'materialized view' when 'f' then 'foreign table'
         else 'partitioned table' end as kind,
       n.nspname as schema, '' as relation, c.relname as name, '{}'::text[] as columns,
       jsonb_build_object(
         'owner', pg_get_userbyid(c.relowner),
         'row-level security', case when c.relrowsecurity then 'on' else 'off' end,
         'row-level security for its owner',
           case when c.relforcerowsecurity then 'forced' else 'not forced' end,
         'persistence', case c.relpersistence when 'u' then 'unlogged' else 'logged' end,
         'parents', (select string_agg(i.inhparent::regclass::text, ', ' order by i.inhseqno)
                       from pg_inherits i where i.inhrelid = c.oid),
         'options', case when c.relkind = 'v' then array_to_string(c.reloptions, ', ') end,
         'definition', case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end,
         'attributes', case when c.relkind = 'c' then
           (select string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod)), ', '
                              order by a.attnum)
              from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
           end) as about
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.oid = any ($1::oid[]) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
"""
COLUMNS = """
select 'column' as kind, n.nspname as schema, c.relname as relation, a.attname as name,
       array[a.attname]::text[] as columns,
       jsonb_build_object(
         'type', format_type(a.atttypid, a.atttypmod),
         'null values', case when a.attnotnull and not exists (
             select from pg_constraint k where k.conrelid = c.oid and k.contype = 'n'
                and a.attnum = any (k.conkey) and not k.convalidated)
           then 'refused' else 'allowed' end,
         'default', pg_get_expr(d.adbin, d.adrelid),
         'collation', case when a.attcollation <> t.typcollation
           then a.attcollation::regcollation::text end,
         'generation', nullif(concat(a.attidentity, a.attgenerated), '')) as about
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where n.oid = any ($1::oid[]) and c.relkind in ('r', 'p', 'f')
   and a.attnum > 0 and not a.attisdropped
"""
CONSTRAINTS = """
select 'constraint' as kind, n.nspname as schema, c.relname as relation, k.conname as name,
       array(select a.attname from pg_attribute a
              where a.attrelid = k.conrelid and a.attnum = any (k.conkey))::text[] as columns,
       jsonb_build_object(
         '', pg_get_constraintdef(k.oid),
         'enforcement', case when exists (select from pg_trigger t
             where t.tgconstraint = k.oid and t.tgisinternal and t.tgenabled not in ('O', 'A'))
           then 'disabled' else 'enabled' end,
         'index', case when k.contype in ('p', 'u', 'x') and not i.indisvalid
           then 'invalid' end) as about
  from pg_constraint k
  join pg_class c on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_index i on i.indexrelid = k.conindid
 where n.oid = any ($1::oid[]) and k.contype <> 'n'
"""
INDEXES = """
select 'index' as kind, n.nspname as schema, t.relname as relation, c.relname as name,
       array(select a.attname from pg_attribute a
              where a.attrelid = t.oid and a.attnum = any (i.indkey))::text[] as columns,
       jsonb_build_object(
         '', concat(case when i.indisunique then 'unique ' end,
                    substr(d.text, position(' USING ' in d.text) + 7)),
         'state', case when i.indisvalid and i.indisready and i.indislive
           then 'valid' else 'invalid' end) as about
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  join pg_class t on t.oid = i.indrelid
  join pg_namespace n on n.oid = c.relnamespace
 cross join pg_get_indexdef(i.indexrelid) as d (text)
 where n.oid = any ($1::oid[]) and not exists (
   select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
"""
POLICIES = """
select 'policy' as kind, n.nspname as schema, c.relname as relation, p.polname as name,
       '{}'::text[] as columns,
       jsonb_build_object(
         'mode', case when p.polpermissive then 'permissive' else 'restrictive' end,
         'command', case p.polcmd when 'r' then 'select' when 'a' then 'insert'
           when 'w' then 'update' when 'd' then 'delete' else 'all' end,
         'roles', (select string_agg(coalesce(r.rolname, 'public'), ', ' order by r.rolname)
                     from unnest(p.polroles) as o (oid) left join pg_roles r on r.oid = o.oid),
         'USING', '(' || pg_get_expr(p.polqual, p.polrelid) || ')',
         'WITH CHECK', '(' || pg_get_expr(p.polwithcheck, p.polrelid) || ')') as about
  from pg_policy p
  join pg_class c on c.oid = p.polrelid
  join pg_namespace n on n.oid = c.relnamespace
 where n.oid = any ($1::oid[])
"""
TRIGGERS = """
select 'trigger' as kind, n.nspname as schema, c.relname as relation, t.tgname as name,
       '{}'::text[] as columns,
       jsonb_build_object(
         '', replace(replace(pg_get_triggerdef(t.oid), quote_ident(n.nspname) || '.', ''),
                     'pg_temp.', ''),
         'state', case t.tgenabled when 'O' then 'enabled' when 'A' then 'always enabled'
           when 'R' then 'enabled for replicas alone' else 'disabled' end) as about
  from pg_trigger t
  join pg_class c on c.oid = t.tgrelid
  join pg_namespace n on n.oid = c.relnamespace
 where n.oid = any ($1::oid[]) and not t.tgisinternal
 union all
select 'rule', n.nspname, c.relname, r.rulename, '{}', '{}'
  from pg_rewrite r
  join pg_class c on c.oid = r.ev_class
  join pg_namespace n on n.oid = c.relnamespace
 where n.oid = any ($1::oid[]) and r.rulename <> '_RETURN'
"""
FUNCTIONS = """
select 'function' as kind, n.nspname as schema, '' as relation,
       replace(format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
               quote_ident(n.nspname) || '.', '') as name,
       '{}'::text[] as columns,
       jsonb_build_object(
         'owner', pg_get_userbyid(p.proowner),
         'text', coalesce(pg_get_function_sqlbody(p.oid), p.prosrc),
         'parameters', replace(pg_get_function_arguments(p.oid), quote_ident(n.nspname) || '.', ''),
         'result', replace(pg_get_function_result(p.oid), quote_ident(n.nspname) || '.', ''),
         'language', l.lanname,
         'volatility', case p.provolatile when 'i' then 'immutable' when 's' then 'stable'
           else 'volatile' end,
         'rights', case when p.prosecdef then 'those of its owner (security definer)'
           else 'those of its caller' end,
         'settings', array_to_string(p.proconfig, ', '),
         'strictness', case when p.proisstrict then 'strict' else 'not strict' end,
         'leaks', case when p.proleakproof then 'none (leakproof)' else 'possible' end,
         'parallel use', p.proparallel) as about
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  join pg_language l on l.oid = p.prolang
 where n.oid = any ($1::oid[])
 union all
select case t.typtype when 'd' then 'domain' else 'type' end, n.nspname, '', t.typname, '{}',
       jsonb_build_object('owner', pg_get_userbyid(t.typowner))
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
 where n.oid = any ($1::oid[]) and t.typtype in ('d', 'e', 'r')
"""
SCHEMAS = """
select 'schema' as kind, n.nspname as schema, '' as relation, n.nspname as name,
       '{}'::text[] as columns, jsonb_build_object('owner', pg_get_userbyid(n.nspowner)) as about
  from pg_namespace n where n.oid = any ($1::oid[])
"""
PRIVILEGES = """
with acl as (
  select case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
           when 'S' then 'sequence' else 'table' end as kind,
         c.relnamespace as schema, c.relname::text as name, c.relowner as owner,
         null::name as of, x.*
    from pg_class c
   cross join aclexplode(coalesce(c.relacl,
     acldefault((case c.relkind when 'S' then 's' else 'r' end)::"char", c.relowner))) x
   where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
   union all
  select case c.relkind when 'v' then 'view' else 'table' end, c.relnamespace, c.relname,
         c.relowner, a.attname, x.*
    from pg_attribute a join pg_class c on c.oid = a.attrelid cross join aclexplode(a.attacl) x
   union all
  select 'function', p.pronamespace,
         replace(format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
                 quote_ident(n.nspname) || '.', ''),
         p.proowner, null, x.*
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
   where p.pronamespace = any ($1::oid[])
   union all
  select 'schema', n.oid, n.nspname, n.nspowner, null, x.*
    from pg_namespace n cross join aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x
)
select 'privileges on ' || a.kind as kind, n.nspname as schema, a.name as relation,
       coalesce(r.rolname, 'public') as name,
       array_remove(array_agg(distinct a.of::text), null) as columns,
       jsonb_object_agg(concat(lower(a.privilege_type), ' (' || a.of || ')',
         case when a.is_grantable then ' with grant option' end), 'granted') as about
  from acl a
  join pg_namespace n on n.oid = a.schema
  left join pg_roles r on r.oid = a.grantee
 where n.oid = any ($1::oid[]) and a.grantee <> a.owner
 group by a.kind, n.nspname, a.name, r.rolname
"""
MEMBER_ROLES = "select name, kind from member_role"
"""The roles that members may hold: rows, which follow from the spec."""
ALL = (
    *(SCHEMAS, RELATIONS, COLUMNS, CONSTRAINTS, INDEXES, POLICIES, TRIGGERS, FUNCTIONS),
    PRIVILEGES,
)
PRINTED = (RELATIONS, CONSTRAINTS, POLICIES)
"""Those whose expressions PostgreSQL may print in another way after a backup was restored."""


async def read(
    connection: asyncpg.Connection[Any],
    schemas: Iterable[int],
    queries: Iterable[str] = ALL,
    place: Callable[[str, Mapping[str, str]], str] | None = None,
) -> list[Fact]:
    """The facts of some schemas, given by their numbers.

    `place` says of a kind and its properties in which schema the thing is to be thought.
    """
    numbers = [*schemas]
    found = []
    for query in queries:
        for row in await connection.fetch(query, numbers):
            about = {k: v for k, v in json.loads(row["about"]).items() if v is not None}
            schema = place(row["kind"], about) if place else row["schema"]
            columns = frozenset(row["columns"])
            found.append(Fact(row["kind"], schema, row["name"], row["relation"], columns, about))
    return found


async def member_roles(connection: asyncpg.Connection[Any], schema: str) -> list[Fact]:
    """The roles that members may hold; their table is found by the search path."""
    if await connection.fetchval("select to_regclass('member_role')") is None:
        return []
    rows = await connection.fetch(MEMBER_ROLES)
    return [Fact("role of members", schema, f"{row['name']}, {row['kind']}") for row in rows]
