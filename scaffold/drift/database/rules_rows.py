"""Rules about who reaches which rows."""

from __future__ import annotations

from typing import Final

from scaffold.drift.database import witness
from scaffold.drift.database.orders import Implied, Kept
from scaffold.drift.database.rule import SqlRule
from scaffold.drift.rule import Example
from scaffold.drift.verdict import Exact
from scaffold.drift.witness import Runs, Says

BOUND: Final = "tenant_id = (select current_setting('app.tenant_id', true)::uuid)"
TABLES: Final = "shop/store/migrations/0001_initial.sql"
POLICIES: Final = "shop/store/guards/policies.sql"
RULES_FILE: Final = "shop/store/guards/rules.sql"
NEXT: Final = "shop/store/migrations/0002_by_hand.sql"
TABLE: Final = """\
create table note (tenant_id uuid not null, id uuid not null, body text,
  primary key (tenant_id, id));
alter table note enable row level security;
alter table note force row level security;
"""
FLOOR: Final = f"""\
create policy tenant_isolation on note as restrictive for all to shop_app
  using ({BOUND})
  with check ({BOUND});
create policy reach on note for all to shop_app using (true);
"""
GRANTS: Final = "grant select, insert, update (body) on note to shop_app;\n"
FILES: Final = {TABLES: TABLE, POLICIES: FLOOR, RULES_FILE: GRANTS}


def changed(path: str, old: str, new: str) -> dict[str, str | None]:
    """One of the files of the examples with a text replaced."""
    assert old in FILES[path], (path, old)
    return {path: FILES[path].replace(old, new)}


RULES: Final[tuple[SqlRule, ...]] = (
    security := SqlRule(
        id="SCF501",
        shows=Runs(witness.unsecured, "row-level security of {key} is {now} now"),
        name="row-security-weakened",
        severity="critical",
        controls=("AZ-3",),
        layer="database",
        what="Row-level security of each table: forced, enabled, or off.",
        why="Without it every query reaches the rows of all tenants; unless it is forced, the "
        "owner of the table does.",
        remedy="Enable and force row level security on the table, in the same migration.",
        example=Example(
            FILES,
            change={NEXT: "alter table note disable row level security;\n"},
            dual={NEXT: "alter table note enable row level security; -- again\n"},
        ),
        order=Kept(("forced", "enabled", "off")),
    ),
    reach := SqlRule(
        id="SCF502",
        shows=Runs(witness.reach, "{key}: rows with {now} now"),
        name="row-reach-widened",
        severity="critical",
        controls=("AZ-3", "AZ-2"),
        layer="database",
        what="Which rows of a table a role sees and writes, by all policies together.",
        why="A wider predicate, a further permissive policy or a restrictive one that is gone "
        "shows rows that were hidden, or lets them be written.",
        remedy="Say in scaffold.yaml who may do what, and let scaffold generate write the policy.",
        example=Example(
            FILES,
            change=changed(POLICIES, " as restrictive", ""),
            dual={
                POLICIES: FLOOR.replace("tenant_isolation", "isolation").replace(
                    "(select current_setting('app.tenant_id', true)::uuid)",
                    "current_setting('app.tenant_id', true)::uuid",
                )
            },
        ),
        order=Implied(),
    ),
    floor := SqlRule(
        id="SCF503",
        shows=Runs(witness.unbound, "{key}"),
        name="tenants-not-kept-apart",
        severity="critical",
        controls=("AZ-3",),
        layer="database",
        what="Whether each row that a role of the service reaches has a column that equals a "
        "setting which the service binds for the transaction.",
        why="A predicate that is always true, that holds where nothing is bound, or that reads a "
        "setting of the caller shows the rows of other tenants.",
        remedy="Compare tenant_id with current_setting('app.tenant_id', true) in a restrictive "
        "policy for all commands.",
        example=Example(
            FILES,
            change=changed(
                POLICIES,
                f"using ({BOUND})",
                f"using ({BOUND} or current_setting('app.tenant_id', true) is null)",
            ),
            dual=changed(POLICIES, f"using ({BOUND})", f"using ({BOUND} and body <> '')"),
        ),
    ),
    child := SqlRule(
        id="SCF513",
        shows=Says(
            "{key}: {now} now", "It is the parent that has the rows, until somebody moves them."
        ),
        name="child-table-beside-its-parent",
        severity="high",
        controls=("AZ-3",),
        layer="database",
        what="Partitions and inheriting tables without forced row-level security of their own, or "
        "with privileges of their own.",
        why="The policies of the parent do not hold for who names the child.",
        remedy="Enable and force row level security on the child, and grant nothing on it.",
        example=Example(
            FILES,
            change={NEXT: "create table note_old () inherits (note);\n"},
            dual={
                NEXT: "create table note_old () inherits (note);\n"
                "alter table note_old enable row level security, force row level security;\n"
            },
        ),
    ),
    view := SqlRule(
        id="SCF511",
        shows=Says(
            "the view {key} {now} now",
            "Which rows it shows is up to its query, and to what is granted on it.",
        ),
        name="view-with-the-rights-of-its-owner",
        severity="critical",
        controls=("AZ-3",),
        layer="database",
        what="Views without security_invoker.",
        why="Such a view reads with the rights of its owner, whom the policies of the service do "
        "not bind.",
        remedy="Create the view with (security_invoker = true).",
        example=Example(
            {
                **FILES,
                NEXT: "create view v with (security_invoker = true) as select id from note;\n",
            },
            change={NEXT: "create view v as select id from note;\n"},
            dual={
                NEXT: "create or replace view v with (security_invoker = on) as\n"
                "select id from note;\n"
            },
        ),
        order=Exact(),
    ),
    copy := SqlRule(
        id="SCF512",
        shows=Says(
            "{key} {now}",
            "Which rows it has depends on when it is filled, and on what is granted on it.",
        ),
        name="rows-beside-row-security",
        severity="critical",
        controls=("AZ-3",),
        layer="database",
        what="Materialised views, tables made of queries, foreign tables, publications and "
        "subscriptions.",
        why="Row-level security does not hold for what they hold or send.",
        remedy="Read the tables themselves, or have the copy approved with who may read it.",
        example=Example(
            FILES,
            change={NEXT: "create materialized view all_notes as select * from note;\n"},
            dual={
                NEXT: "-- create materialized view all_notes as select * from note;\n"
                "create index note_body_idx on note (body);\n"
            },
        ),
    ),
)
