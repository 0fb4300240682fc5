"""What somebody would write to get past the rules, and what only looks like it."""

import time

import pytest

from scaffold.drift.database.beside import beside
from scaffold.drift.database.read import read
from scaffold.drift.database.rules_rows import BOUND, FILES, FLOOR, POLICIES
from scaffold.drift.trees import Files

from .test_rules import applied, blocking

SCRIPT = "scripts/later.sql"
"""A file of the developer, which is read last."""

WIDER = (
    ("SCF501", "ALTER TABLE shop.note DISABLE ROW LEVEL SECURITY"),
    ("SCF501", 'alter table if exists only "note" no force row level security'),
    ("SCF501", "alter table note add column x text, disable row level security"),
    ("SCF501", "do $x$ begin alter table note disable row level security; end $x$"),
    ("SCF501", "do 'begin execute ''alter table note disable row level security''; end'"),
    (
        "SCF501",
        "do $$ begin execute format('alter table %I.note disable row level security', 's'); end $$",
    ),
    ("SCF501", "/* a /* b */ c */ alter /**/ table note\ndisable row\nlevel security"),
    ("SCF501", "select ';'; alter table note disable row level security"),
    ("SCF501", "select $a$ -- $a$; alter table note disable row level security"),
    ("SCF501", r"select E'\''; alter table note disable row level security"),
    ("SCF501", 'alter table U&"n\\006fte" disable row level security'),
    ("SCF501", "create table heap (tenant_id uuid, body text)"),
    ("SCF501", "create unlogged table heap (tenant_id uuid, body text)"),
    (
        "SCF502",
        "create policy more on note using (true) with check (true);"
        "drop policy tenant_isolation on note",
    ),
    ("SCF502", "alter policy tenant_isolation on note using (tenant_id = tenant_id)"),
    ("SCF502", f"alter policy tenant_isolation on note using ({BOUND} or 1 = 1)"),
    ("SCF502", "drop policy if exists tenant_isolation on shop.note cascade"),
    ("SCF502", f"alter policy tenant_isolation on note to shop_backup using ({BOUND})"),
    (
        "SCF502",
        "drop policy tenant_isolation on note; create policy tenant_isolation on note as "
        f"restrictive for select to shop_app using ({BOUND})",
    ),
    (
        "SCF502",
        "grant update (body) on note to shop_worker;"
        "create policy w on note to shop_worker using (true)",
    ),
    *(
        ("SCF503", f"alter policy tenant_isolation on note using ({each})")
        for each in (
            "true",
            "not false",
            "1=1",
            "'a' = 'a'",
            "tenant_id = tenant_id",
            "note.tenant_id = tenant_id",
            "tenant_id is not null",
            "tenant_id is not distinct from tenant_id",
            f"{BOUND} or true",
            f"{BOUND} or body is null",
            f"{BOUND} or current_setting('app.tenant_id', true) is null",
            f"{BOUND} or current_setting('app.tenant_id', true) = ''",
            f"coalesce(current_setting('app.tenant_id', true), '') = '' or {BOUND}",
            "tenant_id = coalesce(current_setting('app.tenant_id', true)::uuid, tenant_id)",
            "tenant_id = current_setting('request.header.x_tenant', true)::uuid",
            "tenant_id::text = current_setting('shop.tenant')",
            "tenant_id in (select tenant_id from note)",
            "exists (select 1 from organization)",
            "tenant_id = (select tenant_id from member limit 1)",
            f"case when {BOUND} then true else true end",
            f"({BOUND}) is not null",
            f"not ({BOUND})",
        )
    ),
    ("SCF504", "grant delete on note to shop_app"),
    ("SCF504", "grant update on note to shop_app"),
    ("SCF504", "grant update (tenant_id) on note to shop_app"),
    ("SCF504", "grant usage, create on schema shop to shop_app"),
    ("SCF504", "do $$ begin grant delete on note to shop_app; end $$"),
    ("SCF505", "grant all on note to shop_app"),
    ("SCF505", "grant all privileges on table note to shop_app"),
    ("SCF505", "grant references on note to shop_app"),
    ("SCF505", "grant trigger on note to shop_worker"),
    ("SCF505", "grant select on note to public"),
    ("SCF505", "grant select on all tables in schema shop to shop_app"),
    ("SCF505", "grant select on note to shop_app with grant option"),
    ("SCF505", "grant delete on audit_event to shop_app"),
    ("SCF506", "alter default privileges for role shop_owner grant all on tables to public"),
    ("SCF507", "alter role shop_app bypassrls"),
    ("SCF507", "alter user shop_app with superuser"),
    ("SCF507", "create role helper login createrole"),
    ("SCF508", "grant shop_owner to shop_app"),
    ("SCF508", "create role helper in role shop_owner"),
    ("SCF508", "create role helper role shop_app"),
    ("SCF509", "create function f() returns int language sql security definer as 'select 1'"),
    (
        "SCF509",
        "create function f() returns int language sql as 'select 1';"
        "alter function f() security definer",
    ),
    ("SCF510", "alter table note owner to shop_app"),
    ("SCF510", "reassign owned by shop_owner to shop_app"),
    ("SCF510", "alter schema shop owner to shop_app"),
    ("SCF511", "create view v as select * from note"),
    ("SCF511", "create view v with (security_invoker = off) as select * from note"),
    (
        "SCF511",
        "create view v with (security_invoker) as select 1; alter view v reset (security_invoker)",
    ),
    (
        "SCF511",
        "create view v with (security_barrier, security_invoker) as select 1;"
        "alter view v set (security_invoker = false)",
    ),
    ("SCF512", "create table copy as select * from note"),
    ("SCF512", "create table copy (a, b) as select * from note"),
    ("SCF512", "select * into copy from note"),
    ("SCF512", "create materialized view if not exists m as select * from note"),
    ("SCF512", "create publication p for table note"),
    ("SCF512", "create foreign table f (a int) server s"),
    ("SCF513", "create table note_1 partition of note for values from (1) to (2)"),
    ("SCF513", "alter table note attach partition note_2 default"),
    ("SCF515", "set session_replication_role to 'replica'"),
    ("SCF515", "set local row_security = off"),
    ("SCF515", "set role shop_owner"),
    ("SCF515", "set session authorization shop_owner"),
    ("SCF515", "select set_config('row_security', 'off', false)"),
    ("SCF515", "create function f() returns int language sql set row_security = off as 'select 1'"),
    ("SCF515", "alter table note disable trigger all"),
    (
        "SCF515",
        "create function f() returns void language plpgsql as "
        "$$ begin set local role shop_owner; end $$",
    ),
    ("SCF516", "do $$ declare t text := 'x'; begin execute 'drop table ' || t; end $$"),
    (
        "SCF516",
        "create function f() returns void language plpgsql as "
        "$$ begin if true then grant all on note to shop_app; end if; end $$",
    ),
    ("SCF520", "select 'x"),
    ("SCF520", "\\i other.sql"),
    ("SCF520", "/* never ends"),
    ("SCF521", "create extension dblink"),
    ("SCF521", "copy (select * from note) to '/tmp/x'"),
    ("SCF521", "create language plpython3u"),
    ("SCF521", "create server s foreign data wrapper postgres_fdw"),
    ("SCF521", "select pg_read_file('/etc/passwd')"),
    ("SCF521", "update pg_catalog.pg_class set relrowsecurity = false"),
    ("SCF521", "insert into shop.release_policy_ select 'r', 'note', 'note', 'p', 'd'"),
    ("SCF521", "delete from release_policy_"),
    ("SCF522", "create or replace rule r as on insert to note do also nothing"),
    ("SCF523", "select set_config('app.tenant_id', 'x', false)"),
    ("SCF523", "set app.tenant_id = 'x'"),
    ("SCF525", "alter role shop_app set app.tenant_id = 'x'"),
    ("SCF525", "alter database shop set row_security = off"),
    ("SCF525", "alter system set session_replication_role = replica"),
)
SAME = (
    "-- alter table note disable row level security",
    "select 'alter table note disable row level security'",
    "comment on table note is $$ grant all on note to public; $$",
    "alter table note disable row level security; alter table note enable row level security",
    "drop policy tenant_isolation on note; create policy floor on note as restrictive "
    f"using ({BOUND}) with check ({BOUND})",
    f"alter policy tenant_isolation on note using (body <> '' and {BOUND}) with check ({BOUND})",
    f"create policy more on note as restrictive to shop_app using ({BOUND})",
    "revoke update (body) on note from shop_app",
    "revoke all on note from public",
    "grant select on note to shop_app",
    "create index concurrently note_body on note (body)",
    "alter table note add column remark text",
    "alter table note add constraint long check (char_length(body) < 10)",
    "alter table note add column if not exists remark text",
    "create table internal (tenant_id uuid not null, x int);"
    "alter table internal enable row level security, force row level security",
    "create temp table t as select 1 as x; drop table t",
    "analyze note; vacuum note; reindex table note",
    "update note set body = '' where body is null",
    "set statement_timeout = 0; set lock_timeout = '1s'",
    "create function pure(a int) returns int language sql immutable as 'select a + 1'",
    "begin; select 1; commit",
    "",
)


@pytest.mark.parametrize(("rule", "sql"), WIDER, ids=lambda each: each[:60])
def test_it_is_found(rule: str, sql: str) -> None:
    found = {each.rule.id for each in blocking(FILES, {SCRIPT: f"{sql};\n"})}
    if not found and rule == "SCF520":
        found = {each.rule.id for each in blocking(FILES, {SCRIPT: sql})}
    assert rule in found, found


@pytest.mark.parametrize("sql", SAME, ids=lambda each: each[:60])
def test_it_is_let_through(sql: str) -> None:
    assert blocking(FILES, {SCRIPT: f"{sql};\n"}) == []


@pytest.mark.parametrize(
    "policies",
    [
        FLOOR.upper().replace("APP.TENANT_ID", "app.tenant_id"),
        FLOOR.replace("\n", "\r\n"),
        FLOOR.replace("note", "shop.note"),
        FLOOR.replace("note", '"note"'),
        FLOOR.replace("'app.tenant_id'", "E'app.tenant_id'"),
        FLOOR.replace(f"({BOUND})", f"((({BOUND})))"),
        FLOOR.replace("tenant_id = ", "note.tenant_id ="),
        "\ufeff"[:0] + "-- other words\n" + FLOOR,
    ],
    ids=range(8),
)
def test_the_same_policies_in_other_words(policies: str) -> None:
    assert blocking(FILES, {POLICIES: policies}) == []


def test_roles_that_are_taken_from_a_policy_do_not_block() -> None:
    held = "nullif(current_setting('app_12345678.roles', true), '')::text[] && array[{}]"
    wide, narrow = (
        {POLICIES: FLOOR.replace("shop_app using (true)", f"shop_app using ({held.format(each)})")}
        for each in ("'a', 'b'", "'b'")
    )
    assert blocking({**FILES, **wide}, narrow) == []
    assert {each.rule.id for each in blocking({**FILES, **narrow}, wide)} == {"SCF502"}


def test_files_that_are_no_text_cannot_be_judged() -> None:
    tree = Files({"shop/store/x.sql": b"select '\xff'", "a.SQL": b"\xff"}, "x")
    assert {(each.rule.id, each.key) for each in read(tree, "shop")} == {
        ("SCF520", "shop/store/x.sql"),
        ("SCF520", "a.SQL"),
    }


def test_deep_nesting_ends() -> None:
    deep = "(" * 3000 + "true" + ")" * 3000
    found = blocking(FILES, {SCRIPT: f"alter policy tenant_isolation on note using (x in {deep});"})
    assert "SCF502" in {each.rule.id for each in found}


def test_the_sql_of_tests_is_not_read() -> None:
    assert blocking(FILES, {"tests/seed.sql": "grant all on note to public;"}) == []


def test_sql_outside_of_the_store_is_told_beside_what_the_store_makes() -> None:
    script = {SCRIPT: "alter table note disable row level security;\n"}
    head, before = applied(FILES, script), applied(FILES, {})
    assert "SCF501" in {each.rule.id for each in beside(head, before, "shop")}
    assert "SCF501" in {each.rule.id for each in beside(head, None, "shop")}
    assert [*beside(head, head, "shop")] == []
    assert [*beside(before, before, "shop")] == []


def test_a_policy_that_a_script_drops_is_told() -> None:
    head = applied(FILES, {SCRIPT: "drop policy tenant_isolation on note;\n"})
    assert {"SCF502", "SCF503"} <= {each.rule.id for each in beside(head, None, "shop")}


def test_edits_of_the_store_are_not_told_twice() -> None:
    script = {SCRIPT: "select count(*) from note;\n"}
    wide = {POLICIES: FLOOR.replace(BOUND, "true")}
    assert [*beside(applied(FILES, {**script, **wide}), applied(FILES, script), "shop")] == []


HOSTILE = {
    "a quotation that does not end": "select '" + "x" * 4_000_000,
    "quotes alone": "'" * 4_000_001,
    "double quotes alone": '"' * 4_000_001,
    "escapes": "select E'" + "\\" * 2_000_001,
    "parentheses": f"alter policy floor on note using ({'(' * 400_000}1{')' * 400_000});",
    "alternatives": f"alter policy floor on note using (a = 1{' or a = 1' * 100_000});",
    "comments": "/*" * 1_000_000,
    "dollars": "$a$" + "$b$" * 1_000_000,
    "semicolons": ";" * 1_000_000,
    "blocks": "do $$ begin " * 5000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sql_is_read_within_a_bound(name: str) -> None:
    begins = time.process_time()
    [*read(applied(FILES, {SCRIPT: HOSTILE[name]}), "shop")]
    assert time.process_time() - begins < 5
