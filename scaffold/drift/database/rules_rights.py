"""Rules about roles and what they may do."""

from __future__ import annotations

from typing import Final

from scaffold.drift.database import witness
from scaffold.drift.database.orders import SETTING
from scaffold.drift.database.rule import SqlRule
from scaffold.drift.database.rules_rows import FILES, GRANTS, NEXT, RULES_FILE
from scaffold.drift.rule import Example
from scaffold.drift.verdict import Exact, Names
from scaffold.drift.witness import Runs, Says

ROLES_FILE: Final = "shop/store/roles.sql"
ROLES: Final = """\
do $roles$
begin
  if not exists (select 1 from pg_roles where rolname = 'shop_app') then
    create role shop_app login nosuperuser nobypassrls noinherit;
  end if;
end
$roles$;
alter role shop_app set statement_timeout = 10000;
"""
WITH_ROLES: Final = {**FILES, ROLES_FILE: ROLES}

RULES: Final[tuple[SqlRule, ...]] = (
    privileges := SqlRule(
        id="SCF504",
        shows=Runs(witness.privileges, "{key}: {now} now"),
        name="privilege-added",
        severity="high",
        controls=("AZ-1", "AZ-3"),
        layer="database",
        what="The privileges of each role on each object, column by column.",
        why="A further privilege lets the role do what the spec does not grant.",
        remedy="Say in scaffold.yaml what is done with the resource; the grants follow.",
        example=Example(
            FILES,
            change={RULES_FILE: GRANTS.replace("insert,", "insert, delete,")},
            dual={RULES_FILE: "grant insert, select on note to shop_app;\n"},
        ),
        order=Names(empty=("none",)),
    ),
    danger := SqlRule(
        id="SCF505",
        shows=Runs(witness.danger, "{key} now"),
        name="privilege-beside-row-security",
        severity="critical",
        controls=("AZ-3", "DATA-2"),
        layer="database",
        what="TRUNCATE, REFERENCES, TRIGGER and MAINTAIN, all privileges, privileges for everybody "
        "(PUBLIC), on all tables of a schema, or with grant option, and UPDATE or DELETE of "
        "audit events.",
        why="Row-level security does not hold for them, or they reach roles and tables that nobody "
        "named; evidence could be erased.",
        remedy="Grant SELECT, INSERT, UPDATE of columns or DELETE on one table to one role.",
        example=Example(
            FILES,
            change={NEXT: "grant truncate on note to shop_app;\n"},
            dual={NEXT: "grant select on note to shop_app;\nrevoke all on note from public;\n"},
        ),
    ),
    defaults := SqlRule(
        id="SCF506",
        shows=Says(
            "{key}: are granted on what comes now",
            "There is nothing yet that it could be tried on.",
        ),
        name="default-privileges",
        severity="high",
        controls=("AZ-1",),
        layer="database",
        what="Privileges on objects that do not exist yet (ALTER DEFAULT PRIVILEGES).",
        why="Every table that somebody makes later is open to the role, whatever it holds.",
        remedy="Grant on each table by name.",
        example=Example(
            FILES,
            change={NEXT: "alter default privileges grant select on tables to shop_app;\n"},
            dual={NEXT: "alter default privileges revoke execute on functions from public;\n"},
        ),
    ),
    attributes := SqlRule(
        id="SCF507",
        shows=Runs(witness.attributes, "{key} is {now} now"),
        name="role-attribute",
        severity="critical",
        controls=("AZ-3",),
        layer="database",
        what="SUPERUSER, BYPASSRLS, CREATEROLE, CREATEDB and REPLICATION of each role.",
        why="A role with one of them is not bound by row-level security, or can make one that is "
        "not.",
        remedy="Leave the role without it; an administrator does such work.",
        example=Example(
            WITH_ROLES,
            change={ROLES_FILE: ROLES.replace("nobypassrls", "bypassrls")},
            dual={ROLES_FILE: ROLES.replace("nosuperuser", "nosuperuser nocreaterole")},
        ),
        order=Names(empty=("none",)),
        waivable=False,
    ),
    membership := SqlRule(
        id="SCF508",
        shows=Runs(witness.membership, "{key} now"),
        name="role-membership",
        severity="critical",
        controls=("AZ-3",),
        layer="database",
        what="Which roles are members of which.",
        why="A member may act as the role: one of the owner is bound by no policy of the service.",
        remedy="Grant the privilege itself and not the role.",
        example=Example(
            WITH_ROLES,
            change={ROLES_FILE: ROLES + "grant shop_owner to shop_app;\n"},
            dual={
                ROLES_FILE: ROLES
                + "grant shop_owner to current_user;\nrevoke shop_owner from current_user;\n"
            },
        ),
        waivable=False,
    ),
    definer := SqlRule(
        id="SCF509",
        shows=Runs(witness.definer, "{key}: {now} now"),
        name="function-with-the-rights-of-its-owner",
        severity="high",
        controls=("AZ-3",),
        layer="database",
        what="Functions that are SECURITY DEFINER: whether they fix their search path, and whether "
        "they can be called or are those of triggers.",
        why="Such a function reaches what its owner reaches; with the search path of its caller it "
        "runs the caller's code as its owner.",
        remedy="Leave it SECURITY INVOKER; or fix its search_path, and revoke it from everybody.",
        example=Example(
            FILES,
            change={
                NEXT: "create function peek() returns bigint language sql security definer as\n"
                "$$ select count(*) from note $$;\n"
            },
            dual={NEXT: "-- no function is security definer here\n"},
        ),
        order=Names(empty=("none",)),
    ),
    owner := SqlRule(
        id="SCF510",
        shows=Runs(witness.owner, "{key} belongs to {now} now"),
        name="owner-changed",
        severity="critical",
        controls=("AZ-3",),
        layer="database",
        what="Who is made the owner of a table, a view, a function, a schema or the database.",
        why="An owner may switch row-level security off, and grant anything to anybody.",
        remedy="Leave what the service has with the role whose name ends in _owner.",
        example=Example(
            FILES,
            change={NEXT: "alter table note owner to shop_app;\n"},
            dual={NEXT: "alter table note alter column body set not null;\n"},
        ),
        order=Exact(),
        waivable=False,
    ),
    setting := SqlRule(
        id="SCF525",
        shows=Runs(witness.setting, "{key} is {now} now"),
        name="kept-setting",
        severity="high",
        controls=("AZ-3", "OPS-3"),
        layer="database",
        what="Settings that a role, the database or the cluster keeps.",
        why="They hold for every session: a bound on time that is gone, or a tenant that is bound "
        "before anybody asked.",
        remedy="Leave them as store/roles.sql has them.",
        example=Example(
            WITH_ROLES,
            change={ROLES_FILE: ROLES.replace("10000", "0")},
            dual={
                ROLES_FILE: ROLES.replace("set statement_timeout = ", "set  statement_timeout to ")
            },
        ),
        order=SETTING,
    ),
)
