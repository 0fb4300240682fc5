"""The facts of the SQL of a tree."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from scaffold.database.schema import COMMANDS
from scaffold.drift.database import rules_code, rules_rights, rules_rows
from scaffold.drift.database.build import Build, digest
from scaffold.drift.database.expression import (
    TRUE,
    Expression,
    all_of,
    any_of,
    ungrouped,
    weakness,
)
from scaffold.drift.database.expression import read as predicate
from scaffold.drift.database.rule import SqlRule
from scaffold.drift.database.state import PUBLIC, Policy, State, Table
from scaffold.drift.database.tokens import Unreadable, statements
from scaffold.drift.facts import Fact, Place
from scaffold.drift.trees import Tree

RULES: Final[tuple[SqlRule, ...]] = tuple(
    sorted((*rules_rows.RULES, *rules_rights.RULES, *rules_code.RULES), key=lambda each: each.id)
)
SUFFIXES: Final = (".sql", ".psql", ".pgsql", ".ddl")
BESIDE: Final = frozenset({"tests", "test", "docs", "node_modules"})
"""Directories of whose SQL nothing is served."""
DANGEROUS: Final = frozenset({"truncate", "references", "trigger", "maintain"})
LONG: Final = 160


def read(tree: Tree, package: str) -> Iterator[Fact]:
    """The facts of all SQL of a tree, in the order in which it is applied."""
    build = Build(package)
    for path in _ordered(tree, package):
        entry = tree.entries[path]
        text = tree.text(path) if entry.regular else None
        if text is None:
            said = "is no text in UTF-8, or too large" if entry.regular else f"is a {entry.sort}"
            build.state.note("unread", path, said, Place(path))
        else:
            build.file(path, text)
    yield from facts(build.state, package)


def _ordered(tree: Tree, package: str) -> list[str]:
    """Roles, migrations, functions, rules, policies, indexes; then what is the developer's."""
    store = f"{package}/store"
    places = (f"{store}/roles.sql", f"{store}/migrations/", f"{store}/functions/")
    guards = tuple(f"{store}/guards/{each}.sql" for each in ("rules", "policies", "indexes"))
    order = (*places, *guards, f"{store}/")

    def rank(path: str) -> tuple[int, str]:
        for number, place in enumerate(order):
            if path == place or (place.endswith("/") and path.startswith(place)):
                return number, path
        return len(order), path

    found = [
        path
        for path in tree.entries
        if path.lower().endswith(SUFFIXES)
        and (path.startswith(f"{store}/") or not BESIDE & {*path.lower().split("/")[:-1]})
    ]
    return sorted(found, key=rank)


def facts(state: State, package: str) -> Iterator[Fact]:
    """The facts of what some statements leave behind."""
    for name, table in sorted(state.tables.items()):
        yield from _table(state, package, name, table)
    yield from _rights(state)
    yield from _code(state)
    for event in state.events:
        yield Fact(_EVENTS[event.topic], event.key, _short(event.value), event.place)


_EVENTS: Final = {
    "unread": rules_code.unread,
    "copy": rules_rows.copy,
    "outside": rules_code.outside,
    "setting": rules_code.session,
    "binding": rules_code.binding,
    "rule": rules_code.rule,
    "dynamic": rules_code.dynamic,
    "inside": rules_code.dynamic,
}


def _short(text: str) -> str:
    """A value in one line; a long one ends in its digest."""
    text = " ".join(text.split())
    return text if len(text) <= LONG else f"{text[: LONG - 20]}... ({digest(text)})"


def _table(state: State, package: str, name: str, table: Table) -> Iterator[Fact]:
    yield Fact(rules_rows.security, name, table.security, table.secured_at or table.place)
    kept = set()
    for column, about in table.columns.items():
        kept.add(f"{column} {about.replace(' not null', '')}")
        if "not null" in about:
            kept.add(f"{column} not null")
    kept |= {*table.constraints.values()}
    if kept:
        value = f"{len(table.columns)} columns, {len(table.constraints)} constraints"
        yield Fact(
            rules_code.parts,
            name,
            f"{value} ({digest(repr(sorted(kept)))})",
            table.place,
            frozenset(kept),
        )
    if table.parents and table.security != "forced":
        said = f"of {', '.join(table.parents)}: row-level security is {table.security}"
        yield Fact(rules_rows.child, name, said, table.place)
    for known, trigger in sorted(table.triggers.items()):
        value = f"{trigger.state}: {trigger.definition}"
        yield Fact(rules_code.trigger, f"{name}: {known}", _short(value), trigger.place, value)
    granted: dict[str, set[str]] = {}
    for (role, what), grant in sorted(state.grants.items()):
        if what == f"table {name}":
            granted[role] = {each.split(" (")[0] for each in grant.privileges}
            if table.parents:
                yield Fact(rules_rows.child, f"{name}: {role}", "has privileges on it", grant.place)
    roles = {*granted} | {role for each in table.policies.values() for role in each.roles}
    for role in sorted(roles - ({PUBLIC} - {*granted})):
        yield from _reach(package, name, table, role, granted.get(role))


def _reach(
    package: str, name: str, table: Table, role: str, granted: set[str] | None
) -> Iterator[Fact]:
    """Which rows a role sees and writes; `granted` is None for who has no grants."""
    weak: dict[str, list[str]] = {}
    for command in COMMANDS:
        if granted is not None and command not in granted:
            continue
        for does in ("sees", "writes"):
            if (does == "sees") is (command == "insert") and command != "update":
                continue
            if does == "writes" and command == "delete":
                continue
            found, place = _rows(name, table, role, command, does)
            key = f"{name}: {role} {command} ({does})"
            yield Fact(rules_rows.reach, key, _short(str(found)), place, found)
            reason = weakness(found) if role not in _trusted(package) else ""
            if reason and granted is not None and (table.secured or "tenant_id" in table.columns):
                weak.setdefault(reason, []).append(f"{command} ({does})")
                if len(weak[reason]) == 1:
                    place_ = place
                    yield Fact(rules_rows.floor, f"{name}: {role}: {reason}", reason, place_)


def _trusted(package: str) -> tuple[str, ...]:
    """The roles that are bound to no tenant by design; what they reach has facts of its own."""
    return tuple(f"{package}_{each}" for each in ("owner", "worker", "backup"))


def _rows(name: str, table: Table, role: str, command: str, does: str) -> tuple[Expression, Place]:
    """The rows that the policies of a table let a role reach by a command."""
    if not table.secured:
        return TRUE, table.secured_at or table.place
    floor: list[Expression] = []
    open_: list[Expression] = []
    place = table.place
    for _, policy in sorted(table.policies.items()):
        if policy.command not in ("all", command) or not {role, PUBLIC} & {*policy.roles}:
            continue
        found = _predicate(policy, does, name)
        if found is None:
            continue
        (floor if policy.restrictive else open_).append(found)
        place = policy.place
    return all_of([*floor, any_of(open_)]), place


def _predicate(policy: Policy, does: str, table: str) -> Expression | None:
    words = policy.using if does == "sees" else policy.check or policy.using
    if not words:
        return TRUE if policy.using or policy.check else None
    return _parsed(words, table)


@lru_cache(maxsize=20_000)
def _parsed(words: tuple[str, ...], table: str) -> Expression:
    try:
        return predicate(words, table)
    except (Unreadable, RecursionError):
        return Expression("atom", words=words)


def _rights(state: State) -> Iterator[Fact]:
    for (role, what), grant in sorted(state.grants.items()):
        all_ = sorted(grant.privileges)
        key = f"{role} on {what}"
        value = ", ".join(all_) or "none"
        yield Fact(rules_rights.privileges, key, _short(value), grant.place, frozenset(all_))
        names = {each.split(" (")[0] for each in all_}
        for each in _dangers(role, what, names):
            yield Fact(rules_rights.danger, f"{key}: {each}", each, grant.place)
        for each in sorted(grant.passed_on):
            said = "with grant option"
            yield Fact(rules_rights.danger, f"{key}: {each} {said}", said, grant.place)
    for text, place in sorted(state.defaults.items()):
        yield Fact(rules_rights.defaults, _short(text), "are granted on what comes", place)
    for name, role_ in sorted(state.roles.items()):
        value = ", ".join(sorted(role_.attributes)) or "none"
        if role_.made or role_.attributes:
            yield Fact(rules_rights.attributes, name, value, role_.place)
        for group, place in sorted(role_.member_of.items()):
            yield Fact(rules_rights.membership, f"{name} of {group}", "is a member", place)
    for what, (owner, place) in sorted(state.owners.items()):
        yield Fact(rules_rights.owner, what, owner, place)
    for what, (value, place) in sorted(state.settings.items()):
        yield Fact(rules_rights.setting, what, _short(value), place)


def _dangers(role: str, what: str, privileges: set[str]) -> Iterator[str]:
    kind, _, name = what.partition(" ")
    if kind == "table":
        yield from sorted(DANGEROUS & privileges)
        if "audit" in name:
            yield from sorted({"update", "delete"} & privileges)
    if what.startswith("all tables"):
        yield "all tables"
    if role == PUBLIC and not (kind in ("schema", "type") and privileges <= {"usage"}):
        yield "everybody"


def _code(state: State) -> Iterator[Fact]:
    for name, view in sorted(state.views.items()):
        yield Fact(rules_code.text, f"view {name}", digest(view.query), view.place)
        if not view.invoker:
            yield Fact(rules_rows.view, name, "has the rights of its owner", view.place)
    texts: dict[str, list[str]] = {}
    places: dict[str, Place] = {}
    for name, function in sorted(state.functions.items()):
        settings = repr(sorted(function.settings.items()))
        text = digest(f"{function.header}\n{settings}\n{body(function.body)}")
        texts.setdefault(name.split("(")[0], []).append(text)
        places[name.split("(")[0]] = function.place
        if function.definer:
            said = {"runs as its owner"}
            if "search_path" not in function.settings:
                said.add("has the search path of its caller")
            if not function.trigger:
                said.add("can be called")
            value = ", ".join(sorted(said))
            yield Fact(rules_rights.definer, name, value, function.place)
    for name, found in sorted(texts.items()):
        # Another function of the same name may be called in place of the one that is known.
        yield Fact(rules_code.text, f"function {name}", " ".join(found), places[name])
    for table, rows in sorted(state.rows.items()):
        if rows:
            value = f"{len(rows)} rows ({digest(repr(sorted(rows)))})"
            last = [*rows.values()][-1]
            yield Fact(rules_code.rows, table, value, last, frozenset(rows))


@lru_cache(maxsize=20_000)
def body(text: str) -> str:
    """A body without comments, layout and needless parentheses; as it is, where it is in another
    language than SQL."""
    try:
        return " ; ".join(" ".join(ungrouped(each.words)) for each in statements(text))
    except Unreadable:
        return text
