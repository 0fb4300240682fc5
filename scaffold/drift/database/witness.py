# ruff: noqa: S608 - statements are put together from names of the design only
"""Witnesses of a database: SQL that does now what it did not do before.

A test migrates a database with the files of the project, connects as a role of the service that is
bound to one tenant, and reaches for the row of another one, or does what a grant allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from scaffold.drift.change import Change
from scaffold.drift.database.expression import TRUE, Expression, is_house, settings, weakness
from scaffold.drift.witness import Runs, Says, Sentence, Trial, Tried, Witness

if TYPE_CHECKING:
    from scaffold.design.model import Design

_REACH: Final = re.compile(r"(\w+): (\w+) (select|insert|update|delete) \((sees|writes)\)")
_RIGHT: Final = re.compile(r"(\w+) on (table|function|schema|view) (.+)")
_PRIVILEGE: Final = re.compile(r"(\w+)(?: \((.+)\))?")
_UNBOUND: Final = (
    "it holds for whoever is bound to no tenant",
    "it falls back on something else where no tenant is bound",
)
_SETTING: Final = re.compile(r"it reads the setting (\S+), which is not bound by the service")
ATTRIBUTES: Final = {
    "superuser": "rolsuper",
    "bypassrls": "rolbypassrls",
    "createrole": "rolcreaterole",
    "createdb": "rolcreatedb",
    "replication": "rolreplication",
}
"""The columns of pg_roles."""
ASKED: Final = {
    "truncate": "TRUNCATE",
    "references": "REFERENCES",
    "trigger": "TRIGGER",
    "maintain": "MAINTAIN",
}
"""Privileges that the server is asked about: what they let do would not end with the test."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A change of a fact of SQL among all that block, in a service of this design."""

    change: Change
    found: Sequence[Change]
    design: Design

    def login(self, role: str) -> str:
        """The attribute of a test database with the URL of a role; empty for another one."""
        name = self.design.name
        if role == "public":
            return "app"
        end = role.removeprefix(f"{name}_")
        return end if role != end and end in ("app", "worker", "backup", "owner") else ""

    def widened(self, table: str, role: str, command: str, does: str) -> bool:
        """Is it one of the changes, too, that a role reaches more rows by a command?"""
        key = f"{table}: {role} {command} ({does})"
        return any(each.key == key and each.rule.id == "SCF502" for each in self.found)

    def is_guarded(self, table: str) -> bool:
        """May a trigger of a feature refuse what a policy lets through?"""
        from scaffold.features import FEATURES

        return any(table == each for f in FEATURES for each, _ in f.guarded(self.design))

    def has_rows(self, table: str) -> bool:
        """Can a test make a row of a table?"""
        made = {each.name for each in self.design.entities if not each.derived}
        return table in {"member", self.design.tenant, *made}


def witnesses(change: Change, found: Sequence[Change], design: Design) -> Iterator[Witness]:
    """What is possible by a change and was not before, the best witness first."""
    from scaffold.drift.database.rule import SqlRule

    assert isinstance(change.rule, SqlRule)
    how = change.rule.shows
    if isinstance(how, Runs):
        yield from how.find(Asked(change, found, design))
    if isinstance(how, Runs | Says) and how.says:
        yield Sentence(how.says.format(key=change.key, old=change.old, now=change.now))


# Rows of other tenants.


def reach(asked: Asked) -> Iterator[Witness]:
    """A row of another tenant that is read, or written."""
    match = _REACH.fullmatch(asked.change.key)
    after = asked.change.after
    if match is None or after is None or not isinstance(after.point, Expression):
        return
    table, role, command, does = match.groups()
    bound = _bound(after.point)
    tried = asked.login(role) in ("app", "worker") and asked.has_rows(table)
    if bound is None or not tried or (command == "delete" and asked.is_guarded(table)):
        return
    needed = {
        "delete": [("select", "sees")],
        "update": [("select", "sees"), ("update", "sees"), ("update", "writes")],
    }.get(command, [])
    if all(asked.widened(table, role, *each) for each in needed) and (command, does) != (
        "update",
        "writes",
    ):
        yield _reaching(asked, table, role, command, bound)


def _bound(found: Expression) -> str | None:
    """How a connection is bound that reaches the row of another tenant by a predicate: to its own
    tenant, to none (empty), or to the other one by a setting. None where it depends on the row."""
    named = sorted({each for atom in _atoms(found) for each in settings(atom.words)})
    ways = ("here", "", *(each for each in named if not is_house(each) and each != "?"))
    return next((each for each in ways if _holds(found, each)), None)


def _atoms(found: Expression) -> Iterator[Expression]:
    for each in found.parts:
        yield from _atoms(each)
    if not found.parts:
        yield found


def _holds(found: Expression, bound: str) -> bool:
    """Does a predicate certainly hold for every row, for a caller with every role who is bound?"""
    match found.sort:
        case "and":
            return all(_holds(each, bound) for each in found.parts)
        case "or":
            return any(_holds(each, bound) for each in found.parts)
        case "not":
            return False
    read = [*settings(found.words)]
    if found == TRUE or (len(read) == 1 and read[0].endswith(".roles") and "&&" in found.words):
        return True
    reason = weakness(found)
    if bound == "":
        return read == ["app.tenant_id"] and reason in _UNBOUND
    setting = _SETTING.fullmatch(reason)
    return setting is not None and setting[1] == bound


def _reaching(asked: Asked, table: str, role: str, command: str, bound: str) -> Tried:
    does = {"select": "reads", "insert": "inserts", "update": "changes", "delete": "deletes"}
    ways = {"here": "bound to another tenant", "": "bound to no tenant"}
    said = f"{role}, {ways.get(bound, f'for whom {bound} names the tenant')}"
    test = Trial(
        f"{command}_{table}_of_another_tenant",
        "sql_reach.py.jinja",
        {
            "table": table,
            "login": asked.login(role),
            "command": command,
            "bound": bound,
            "tenant": asked.design.tenant,
            "package": asked.design.name,
        },
        "assert 0 == 1",
        (f"from {asked.design.name}.development.world import CATALOG",),
    )
    return Tried(f"{said}, {does[command]} a row of {table} of a tenant now", test)


def unsecured(asked: Asked) -> Iterator[Witness]:
    """The same by a role that row-level security bound."""
    table = asked.change.key
    role = f"{asked.design.name}_{'app' if asked.change.now == 'off' else 'owner'}"
    if asked.has_rows(table) and asked.change.before is not None:
        yield _reaching(asked, table, role, "select", "here")


def unbound(asked: Asked) -> Iterator[Witness]:
    """The same by what the policies let a role reach, command by command."""
    table, role, _ = asked.change.key.split(": ", 2)
    for each in asked.found:
        if each.rule.id == "SCF502" and each.key.startswith(f"{table}: {role} "):
            yield from reach(Asked(each, asked.found, asked.design))


def told(found: Iterable[Change], design: Design) -> Iterator[Change]:
    """The changes, those of SQL that block with what is possible by them."""
    every = [*found]
    blocking = [each for each in every if each.blocks]
    for each in every:
        if each.rule.layer == "database" and each.blocks and not each.witness:
            said = next(map(str, witnesses(each, blocking, design)), "")
            yield replace(each, witness=said)
        else:
            yield each


# Privileges.


def privileges(asked: Asked) -> Iterator[Witness]:
    """What a role does by a privilege that it did not have."""
    match, change = _RIGHT.fullmatch(asked.change.key), asked.change
    if match is not None and change.after is not None:
        old = change.before.point if change.before else frozenset()
        for each in sorted(change.after.point - old):
            yield from _using(asked, match[1], match[2], match[3], each)


def danger(asked: Asked) -> Iterator[Witness]:
    """The same for privileges that row-level security does not hold for."""
    right, _, what = asked.change.key.rpartition(": ")
    match = _RIGHT.fullmatch(right)
    if match is None:
        return
    granted = what.removesuffix(" with grant option")
    if granted != what:
        asks = f"{granted.split(' (')[0].upper()} WITH GRANT OPTION"
        yield from _asking(asked, match[1], match[2], match[3], asks)
    elif what == "everybody":
        rights = next((e for e in asked.found if e.rule.id == "SCF504" and e.key == right), None)
        if rights is not None:
            yield from privileges(Asked(rights, asked.found, asked.design))
    elif what != "all tables":
        yield from _using(asked, match[1], match[2], match[3], what)


def _using(asked: Asked, role: str, kind: str, name: str, privilege: str) -> Iterator[Witness]:
    """The use of one privilege: a statement that touches no row, or the word of the server."""
    match = _PRIVILEGE.fullmatch(privilege)
    if match is None:
        return
    verb, columns = match[1], [each.strip() for each in (match[2] or "").split(",") if each.strip()]
    if kind not in ("table", "view") or verb in ASKED:
        yield from _asking(asked, role, kind, name, ASKED.get(verb, verb.upper()))
        return
    table = f'{asked.design.name}."{name}"'
    column = columns[0] if columns else "id" if name == asked.design.tenant else "tenant_id"
    statement = {
        "select": f'select "{column}" from {table} limit 0' if columns else _all(table),
        "insert": f'insert into {table} ("{column}") select null where false',
        "update": f'update {table} set "{column}" = null where false',
        "delete": f"delete from {table} where false",
    }.get(verb)
    if statement is not None:
        yield from _doing(asked, role, f"{verb}_{name}_{column}", statement)


def _all(table: str) -> str:
    return f"select 1 from {table} limit 0"


def _asking(asked: Asked, role: str, kind: str, name: str, privilege: str) -> Iterator[Witness]:
    if asked.login(role) and kind in ("table", "view", "function", "schema"):
        sort = "table" if kind == "view" else kind
        package = asked.design.name
        whole = name if kind == "schema" else f"{package}.{name}"
        query = f"select has_{sort}_privilege(current_user, $1, $2)"
        yield _asking_server(asked, role, f"{privilege} on {name}", query, (whole, privilege))


def _asking_server(
    asked: Asked, role: str, what: str, query: str, arguments: tuple[str, ...] = ()
) -> Tried:
    test = Trial(
        re.sub(r"\W+", "_", what).strip("_").lower(),
        "sql_asked.py.jinja",
        {"login": asked.login(role), "query": query, "arguments": arguments},
        "assert (False|None) is True",
    )
    return Tried(f"{role} has {what} now, as the server says", test)


def _doing(
    asked: Asked, role: str, name: str, statement: str, becomes: str = ""
) -> Iterator[Witness]:
    """A statement of a role; `becomes` is another one that it names, called otherwise in a test."""
    if asked.login(role):
        test = Trial(
            re.sub(r"\W+", "_", name).strip("_").lower(),
            "sql_done.py.jinja",
            {
                "login": asked.login(role),
                "statement": statement,
                "becomes": asked.login(becomes).upper(),
            },
            "assert '(InsufficientPrivilege|UndefinedTable)Error' == ",
        )
        yield Tried(f"{role} may do now: {statement}", test)


# Roles, owners and functions.


def attributes(asked: Asked) -> Iterator[Witness]:
    """What a role is now, and that it reads a row of another tenant if no policy binds it."""
    role = asked.change.key
    gained = {*asked.change.now.split(", ")} - {*asked.change.old.split(", ")}
    if not asked.login(role):
        return
    if gained & {"bypassrls", "superuser"}:
        for entity in asked.design.entities:
            if not entity.built_in and entity.operation("read"):
                yield _reaching(asked, entity.name, role, "select", "here")
                break
    for each in sorted(gained & ATTRIBUTES.keys()):
        query = f"select {ATTRIBUTES[each]} from pg_roles where rolname = current_user"
        yield _asking_server(asked, role, f"the attribute {each}", query)


def membership(asked: Asked) -> Iterator[Witness]:
    """A role that becomes another one."""
    role, _, group = asked.change.key.partition(" of ")
    if asked.login(group):
        yield from _doing(asked, role, f"set_role_{group}", f"set role {group}", group)


def owner(asked: Asked) -> Iterator[Witness]:
    """An owner who changes the table."""
    kind, _, table = asked.change.key.partition(" ")
    if kind == "table":
        statement = f'alter table {asked.design.name}."{table}" force row level security'
        yield from _doing(asked, asked.change.now, f"alter_{table}", statement)


def definer(asked: Asked) -> Iterator[Witness]:
    """A function that the service may call, and that runs as its owner."""
    role, name = f"{asked.design.name}_app", asked.change.key
    granted = (e.key for e in asked.found if e.rule.id == "SCF504")
    if "can be called" in asked.change.now and f"{role} on function {name}" in granted:
        query = (
            "select prosecdef and has_function_privilege(current_user, oid, 'execute')"
            " from pg_proc where oid = to_regprocedure($1)"
        )
        whole = f"{asked.design.name}.{name}"
        yield _asking_server(asked, role, f"the rights of the owner in {name}", query, (whole,))


def setting(asked: Asked) -> Iterator[Witness]:
    """A setting that the role has in each session."""
    holder, _, name = asked.change.key.rpartition(": ")
    role = holder.removeprefix("role ")
    if asked.change.after is not None and re.fullmatch(r"-?[0-9]+", asked.change.now):
        query = "select setting = $2 from pg_settings where name = $1"
        arguments = (name, asked.change.now)
        if asked.login(role):
            what = f"{name} = {asked.change.now}"
            yield _asking_server(asked, role, what, query, arguments)
