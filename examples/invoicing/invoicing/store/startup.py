# ruff: noqa: S608 - statements are put together from names of this service only
"""The refusal to start on a database that would not hold the promises."""

from typing import Final

from invoicing.store.database import Database
from invoicing.store.migrate import DEFINITION
from invoicing.store.statements import FUNCTIONS, RELEASE, TABLES

ROLE: Final = """
select r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolreplication as privileged,
       exists (select 1 from pg_class c
                join pg_namespace n on n.oid = c.relnamespace
               where n.nspname = $1 and pg_has_role(current_user, c.relowner, 'member')) as owner
  from pg_roles r where r.rolname = current_user
"""
UNPROTECTED: Final = f"""
select t.name
  from unnest($2::text[]) as t(name)
  left join pg_namespace n on n.nspname = $1
  left join pg_class c on c.relnamespace = n.oid and c.relname = t.name and c.relkind = 'r'
 where c.oid is null or not c.relrowsecurity or not c.relforcerowsecurity
    or not exists (
      select 1 from pg_policy p
       where p.polrelid = c.oid and p.polname = 'tenant_isolation' and not p.polpermissive)
    or exists (
      select 1 from pg_policy p
       where p.polrelid = c.oid and not exists (
         select 1 from invoicing.release_policy_ k
          where k.relation = c.relname and k.name = p.polname and k.definition = {DEFINITION}))
    or exists (
      select 1 from invoicing.release_policy_ k
       where k.release = $3 and k.relation = t.name and not exists (
         select 1 from pg_policy p where p.polrelid = c.oid and p.polname = k.name))
"""
"""Tables without the policies that the migrations made, as they made them, or with others."""

MISSING: Final = """
select f.name from unnest($2::text[]) as f(name)
 where not exists (
   select 1 from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = $1 and p.proname = f.name)
"""


class UnsafeConfiguration(RuntimeError):
    """The service will not start like this; the message says what to change."""


async def check_database(database: Database) -> None:
    """Refuses a role that row-level security does not bind, and tables without their policies."""
    (role,) = await database.fetch(ROLE, "invoicing")
    if role["privileged"]:
        raise UnsafeConfiguration(
            "The database role is a superuser or may bypass row-level security: "
            "connect as invoicing_app."
        )
    if role["owner"]:
        raise UnsafeConfiguration(
            "The database role owns tables of the service: connect as invoicing_app."
        )
    unprotected = await database.fetch(UNPROTECTED, "invoicing", list(TABLES), RELEASE)
    if unprotected:
        names = ", ".join(row["name"] for row in unprotected)
        raise UnsafeConfiguration(
            f"Tables without their policies, or with others: {names}. Run the migrations."
        )
    missing = await database.fetch(MISSING, RELEASE, list(FUNCTIONS))
    if missing:
        names = ", ".join(row["name"] for row in missing)
        raise UnsafeConfiguration(
            f"Stored functions are missing: {names}. Run the migrations."
        )
