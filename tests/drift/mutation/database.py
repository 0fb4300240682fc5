"""The database (D): the generated SQL edited, and migrations written by hand."""

from __future__ import annotations

import json
import re
from typing import Final

from tests.drift.mutation.mutant import Mutant, Operator
from tests.drift.mutation.services import Files, NoPlace, Service

POLICIES: Final = "@/store/guards/policies.sql"
RULES: Final = "@/store/guards/rules.sql"
ROLES: Final = "@/store/roles.sql"
INITIAL: Final = "@/store/migrations/0001_initial.sql"
SHARED: Final = "@/store/functions/000_shared.sql"
BOUND: Final = r"\(tenant_id = current_setting\('app\.tenant_id', true\)::uuid\)"


def table(of: Service) -> str:
    """A table of a tenant that the service has."""
    found = re.search(r"^create table (\w+) \(\n  tenant_id", of.text(INITIAL), re.MULTILINE)
    if found is None:
        raise NoPlace("a table of a tenant")
    return found[1]


def migration(sql: str) -> Operator:
    """A migration that is written by hand; `<table>` is a table of a tenant."""

    def change(of: Service) -> Files:
        text = of.put(sql).replace("<table>", table(of))
        return {of.path("@/store/migrations/0002_later.sql"): f"{text};\n"}

    return change


def script(sql: str) -> Operator:
    """A script beside the service, which changes nothing of who may do what."""

    def change(of: Service) -> Files:
        text = of.put(sql).replace("<table>", table(of))
        return {"scripts/later.sql": f"{text};\n"}

    return change


def edit(path: str, old: str, new: str) -> Operator:
    """A statement of a generated file is another one."""
    return lambda of: of.edit(path, old, new)


def using(condition: str) -> Operator:
    """The condition of a policy is another one; `<bound>` is what it was."""
    bound = "tenant_id = current_setting('app.tenant_id', true)::uuid"
    said = condition.replace("<bound>", bound)
    return lambda of: of.edit(POLICIES, f"using {BOUND}", f"using ({said})")


def _spaced(path: str) -> Operator:
    return lambda of: {of.path(path): "-- Read from above.\n\n" + of.text(path)}


def _snapshot(of: Service) -> Files:
    """A column that a migration made by hand, and the snapshot that says it was meant."""
    snapshot = json.loads(of.text("@/store/migrations/snapshot.json"))
    text = json.dumps(snapshot, indent=2).replace('"0001_initial', '"0000_initial', 1)
    if json.loads(text) == snapshot:
        raise NoPlace("a migration in the snapshot")
    sql = f"alter table {table(of)} disable row level security;\n"
    return {
        of.path("@/store/migrations/snapshot.json"): text + "\n",
        of.path(INITIAL): of.text(INITIAL) + sql,
    }


MUTANTS: Final = (
    Mutant(
        "D01",
        "row-level security disabled",
        "critical",
        migration("alter table <table> disable row level security"),
        script("analyze <table>"),
    ),
    Mutant(
        "D02",
        "row-level security no longer forced",
        "critical",
        edit(INITIAL, r"alter table \w+ force row level security;\n", ""),
        script("-- alter table <table> no force row level security\nselect 1"),
    ),
    Mutant(
        "D03",
        "the floor of a table made permissive",
        "high",
        edit(POLICIES, r"(tenant_isolation on member) as restrictive", r"\1 as permissive"),
        edit(POLICIES, r"(tenant_isolation on member) as restrictive", r"\1  as restrictive"),
    ),
    Mutant(
        "D04",
        "the floor of a table dropped",
        "critical",
        edit(POLICIES, r"-- policy: member tenant_isolation\ncreate (?:.|\n)*?;\n", ""),
        script("select count(*) from pg_policies"),
    ),
    Mutant("D05", "USING (true)", "critical", using("true"), using(" <bound>")),
    Mutant(
        "D05a",
        "a policy that always holds",
        "critical",
        using("tenant_id = tenant_id"),
        using("<bound> "),
    ),
    Mutant(
        "D06",
        "a policy that does not look at what is written",
        "critical",
        edit(
            POLICIES,
            r"(tenant_isolation on idempotency_key(?:.|\n)*?)with check \(.*\);",
            r"\1with check (true);",
        ),
        _spaced(POLICIES),
    ),
    Mutant(
        "D07",
        "a session without a tenant sees all",
        "critical",
        using("<bound> or current_setting('app.tenant_id', true) is null"),
        using("<bound> -- of the tenant\\n  "),
    ),
    Mutant(
        "D08",
        "a policy with an alternative",
        "critical",
        using("<bound> or active"),
        using("/* of the tenant */ <bound>"),
    ),
    Mutant(
        "D09",
        "a policy by a setting that clients choose",
        "critical",
        using("tenant_id = current_setting('request.header.x_tenant', true)::uuid"),
        using("<bound>\\n  "),
    ),
    Mutant(
        "D10",
        "a function that binds another tenant",
        "critical",
        migration(
            "create function visit(p uuid) returns text language sql as "
            "$$ select set_config('app.tenant_id', p::text, true) $$"
        ),
        script("select current_setting('app.tenant_id', true)"),
    ),
    Mutant(
        "D11",
        "a policy for more roles",
        "high",
        edit(
            POLICIES,
            r"as permissive for select to @_app".replace("@", r"\w+"),
            "as permissive for all to public",
        ),
        _spaced(POLICIES),
    ),
    Mutant(
        "D12",
        "a function with the rights of its owner",
        "high",
        migration(
            "create function everybody() returns setof member language sql security definer as "
            "$$ select * from member $$"
        ),
        script("select prosecdef from pg_proc"),
    ),
    Mutant(
        "D13",
        "TRUNCATE granted",
        "critical",
        migration("grant truncate on <table> to @@_app"),
        script("comment on table <table> is 'grant truncate'"),
    ),
    Mutant(
        "D14",
        "UPDATE of the tenant of a row granted",
        "high",
        migration("grant update (tenant_id) on <table> to @@_app"),
        _spaced(RULES),
    ),
    Mutant(
        "D15",
        "BYPASSRLS for the role of the service",
        "critical",
        edit(ROLES, r"(create role \w+_app login .*)nobypassrls", r"\1bypassrls"),
        _spaced(ROLES),
    ),
    Mutant(
        "D15a",
        "the role of the service is a member of the owner",
        "critical",
        migration("grant @@_owner to @@_app"),
        script("select rolname from pg_roles"),
    ),
    Mutant(
        "D16",
        "a function that switches row-level security off",
        "critical",
        migration(
            "create function all_of_it() returns bigint language sql set row_security = off as "
            "$$ select count(*) from <table> $$"
        ),
        script("select relrowsecurity from pg_class"),
    ),
    Mutant(
        "D17",
        "a table without row-level security",
        "critical",
        migration(
            "create table heap (tenant_id uuid not null, body text);"
            "grant select, insert on heap to @@_app"
        ),
        script("create index later on <table> (tenant_id)"),
    ),
    Mutant(
        "D18",
        "a reference dropped",
        "high",
        migration("alter table <table> drop column version"),
        script("vacuum <table>"),
    ),
    Mutant(
        "D19",
        "a materialised view of the rows of all tenants",
        "critical",
        migration("create materialized view totals as select * from <table>"),
        script("explain select * from <table>"),
    ),
    Mutant(
        "D20",
        "a view with the rights of its owner",
        "critical",
        migration("create view everything as select * from <table>"),
        script("select * from <table> limit 1"),
    ),
    Mutant(
        "D21",
        "privileges on what is made later",
        "high",
        migration("alter default privileges for role @@_owner grant select on tables to public"),
        script("select defaclacl from pg_default_acl"),
    ),
    Mutant(
        "D22",
        "triggers of a table off",
        "critical",
        migration("alter table <table> disable trigger all"),
        script("select tgname from pg_trigger"),
    ),
    Mutant(
        "D23",
        "a child table beside the policies of its parent",
        "high",
        migration("create table older () inherits (<table>); grant select on older to @@_app"),
        script("select * from pg_inherits"),
    ),
    Mutant(
        "D24",
        "SQL that is put together while it runs",
        "high",
        migration(
            "do $$ declare t text := 'x'; begin execute 'grant all on ' || t || ' to public'; end $$"  # noqa: E501
        ),
        script("select format('%I', 'x')"),
    ),
    Mutant(
        "D25",
        "audit events can be changed",
        "critical",
        migration("grant update, delete on audit_event to @@_app"),
        script("select count(*) from audit_event"),
    ),
    Mutant(
        "D25a",
        "the trigger that keeps audit events gone",
        "critical",
        edit(RULES, r"create or replace trigger append_only (?:.|\n)*?;\n", ""),
        _spaced(RULES),
    ),
    Mutant(
        "D26",
        "a migration changed, and the snapshot with it",
        "critical",
        _snapshot,
        _spaced(SHARED),
    ),
    Mutant(
        "D28",
        "the owner of a table is the role of the service",
        "critical",
        migration("alter table <table> owner to @@_app"),
        script("select tableowner from pg_tables"),
    ),
)
