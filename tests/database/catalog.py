"""What a database is, as facts that can be compared: two with the same facts are the same."""

from typing import Any, Final

import asyncpg

QUERIES: Final = {
    "schema": """
select n.nspname, (select array_agg(a order by a)::text from unnest(n.nspacl::text[]) a)
  from pg_namespace n where n.nspname like 'invoicing%'
""",
    "function": """
select n.nspname, pg_get_functiondef(p.oid),
       (select array_agg(a order by a)::text from unnest(p.proacl::text[]) a)
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname like 'invoicing%'
""",
    "relation": """
select n.nspname, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.reloptions::text,
       (select array_agg(a order by a)::text from unnest(c.relacl::text[]) a),
       case when c.relkind = 'v' then pg_get_viewdef(c.oid) end
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname like 'invoicing%' and c.relkind <> 'i'
""",
    "column": """
select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       (select array_agg(x order by x)::text from unnest(a.attacl::text[]) x),
       pg_get_expr(d.adbin, d.adrelid)
  from pg_attribute a join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where n.nspname like 'invoicing%' and c.relkind <> 'i' and a.attnum > 0 and not a.attisdropped
""",
    "constraint": """
select k.conrelid::regclass::text, k.conname, pg_get_constraintdef(k.oid), k.convalidated
  from pg_constraint k join pg_namespace n on n.oid = k.connamespace
 where n.nspname like 'invoicing%' and k.contype <> 'n'
""",
    "index": """
select pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready
  from pg_index i join pg_class c on c.oid = i.indexrelid
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname like 'invoicing%'
""",
    "trigger": """
select pg_get_triggerdef(t.oid), t.tgenabled from pg_trigger t
  join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
 where n.nspname like 'invoicing%' and not t.tgisinternal
""",
    "policy": """
select tablename, policyname, permissive, roles::text, cmd, qual, with_check from pg_policies
 where schemaname like 'invoicing%'
""",
}
ROWS: Final = {
    "schema_migration": "name, digest",
    "release_": "name",
    "release_policy_": "*",
    "release_index_": "*",
    "member_role": "*",
}
"""The columns of the tables whose rows say what was applied."""
GRANTS: Final = """
select format('%s %s %s', c.relname, a.attname, p.privilege)
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
 cross join unnest(array['select', 'insert', 'update', 'references']) as p (privilege)
 where c.relnamespace = 'invoicing'::regnamespace and c.relkind = 'r'
   and has_column_privilege('invoicing_app', c.oid, a.attnum, p.privilege)
 union all
select format('%s %s', c.relname, p.privilege)
  from pg_class c cross join unnest(array['delete', 'truncate', 'trigger']) as p (privilege)
 where c.relnamespace = 'invoicing'::regnamespace and c.relkind = 'r'
   and has_table_privilege('invoicing_app', c.oid, p.privilege)
"""


async def catalog(connection: "asyncpg.Connection[Any]") -> list[str]:
    """The facts of a database, sorted: what lies in the service's schemas, and its ledger."""
    await connection.execute("set search_path = pg_catalog")
    facts = []
    for kind, query in QUERIES.items():
        facts += [f"{kind}: {tuple(row)}" for row in await connection.fetch(query)]
    for table, columns in ROWS.items():
        if await connection.fetchval("select to_regclass($1)", f"invoicing.{table}"):
            rows = await connection.fetch(f"select {columns} from invoicing.{table}")  # noqa: S608
            facts += [f"{table}: {tuple(row)}" for row in rows]
    return sorted(facts)


async def grants(connection: "asyncpg.Connection[Any]") -> set[str]:
    """What the service's role may do, table by table and column by column."""
    return {row[0] for row in await connection.fetch(GRANTS)}
