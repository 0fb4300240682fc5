"""Follows statements in the order in which they are applied, and keeps what they leave behind."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from scaffold.drift.database.expression import TIGHT, is_house, lowered
from scaffold.drift.database.state import (
    PUBLIC,
    Function,
    Grant,
    Policy,
    State,
    Table,
    Trigger,
    View,
    Words,
)
from scaffold.drift.database.tokens import Statement, Unreadable, split, statements, text_of
from scaffold.drift.facts import Place

PRIVILEGES: Final = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
ATTRIBUTES: Final = frozenset({"superuser", "bypassrls", "createrole", "createdb", "replication"})
COUNTED: Final = frozenset({"row_security", "session_replication_role", "role", "search_path"})
CONTROL: Final = frozenset({"begin", "then", "else", "loop", "declare", ";"})
"""After these words a statement begins in a body of PL/pgSQL."""
MAX_NESTED: Final = 4
LEDGER: Final = frozenset(
    {"schema_migration", "migration_part_", "release_", "release_policy_", "release_index_"}
)
"""Tables in which the runner of the migrations keeps what it has done, and believes."""
TABLE_PARTS: Final = frozenset(
    {"constraint", "primary", "unique", "check", "foreign", "exclude", "like"}
)
FILES: Final = frozenset(
    {"pg_read_file", "pg_read_binary_file", "pg_ls_dir", "lo_import", "lo_export", "dblink"}
    | {"dblink_exec", "pg_execute_server_program", "query_to_xml", "pg_file_write"}
)
"""Functions that reach out of the database, or run text that they are given."""


def digest(text: str) -> str:
    """A short digest of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class Build:
    """Applies statements to a state."""

    def __init__(self, package: str) -> None:
        self.state = State()
        self._package = package
        self._path = ""
        self._offset = 0
        self._nested = 0
        self._within = ""

    def file(self, path: str, text: str) -> None:
        """Applies a file."""
        self._path, self._offset = path, 0
        try:
            found = statements(text)
        except Unreadable as error:
            self.state.note("unread", path, str(error), Place(path))
            return
        for each in found:
            self.apply(each)

    def apply(self, statement: Statement) -> None:
        """Applies a statement."""
        words = statement.words
        self._reach(statement)
        for size in (5, 4, 3, 2, 1):
            handler = HANDLERS.get(" ".join(words[:size]))
            if handler is not None:
                read = Words(statement, self._package)
                read.at = size
                handler(self, read, self._place(statement))
                return

    def _place(self, statement: Statement) -> Place:
        return Place(self._path, statement.line + self._offset)

    def _note(self, topic: str, key: str, value: str, place: Place) -> None:
        self.state.note(topic, key, value, place)

    # -- what any statement can do ---------------------------------------------------------------

    def _reach(self, statement: Statement) -> None:
        """Functions that leave the database, and settings that are set by a function."""
        words, place = statement.words, self._place(statement)
        for at, each in enumerate(words[:-1]):
            if words[at + 1] != "(":
                continue
            if each in FILES:
                self._note("outside", f"{self._where()}{each}", f"calls {each}", place)
            elif each == "set_config" and at + 2 < len(words):
                self._setting_called(words[at + 2], words, place)

    def _setting_called(self, name: str, words: tuple[str, ...], place: Place) -> None:
        found = lowered(text_of(name)) if name.startswith("'") else "?"
        if found in COUNTED or found == "?":
            self._note("setting", f"{self._where()}set_config({found})", _spell(words), place)
        elif is_house(found):
            self._note("binding", f"{self._where()}{found}", "binds it", place)

    def _where(self) -> str:
        return f"{self._within}: " if self._within else f"{self._path}: "

    # -- tables ----------------------------------------------------------------------------------

    def create_table(self, read: Words, place: Place) -> None:
        """A new table."""
        read.take("if", "not", "exists")
        name = read.name()
        fresh = Table(place)
        if name in self.state.tables and self.state.tables[name].secured:
            fresh = self.state.tables[name]  # `if not exists`, or one that was dropped elsewhere
        self.state.tables[name] = fresh
        if read.take("partition", "of"):
            fresh.parents.append(read.name())
        elif read.take("of"):
            read.name()
        start = read.at
        if read.peek() == "(":
            inner = read.group()
            if read.peek() == "as":
                pass
            else:
                for begin, end in split(inner, ","):
                    _define(fresh, inner[begin:end])
        if read.take("inherits"):
            inner = read.group()
            fresh.parents += [_plain(inner[b:e], self._package) for b, e in split(inner, ",")]
        read.at = start
        if read.seek("as"):
            self._note("copy", f"table {name}", f"is made of a query: {_spell(read.rest())}", place)

    def create_foreign_table(self, read: Words, place: Place) -> None:
        """A table of another server."""
        read.take("if", "not", "exists")
        self._note("copy", f"foreign table {read.name()}", "is a table of another server", place)

    def alter_table(self, read: Words, place: Place) -> None:
        """What becomes of a table."""
        if read.take("all", "in", "tablespace"):
            return
        read.take("if", "exists")
        read.take("only")
        name = read.name()
        read.skip("*")
        if read.take("rename", "to"):
            new = read.name()
            if name in self.state.tables:
                self.state.tables[new] = self.state.tables.pop(name)
                for role, what in [key for key in self.state.grants if key[1] == f"table {name}"]:
                    self.state.grants[role, f"table {new}"] = self.state.grants.pop((role, what))
            return
        if name in self.state.views and name not in self.state.tables:
            self._alter_view(name, read, place)
            return
        table = self.state.table(name, place)
        for action in read.list():
            self._alter(name, table, action, place)

    def _alter(self, name: str, table: Table, action: tuple[str, ...], place: Place) -> None:
        text = " ".join(action)
        if text.endswith("row level security"):
            verb = " ".join(action[:-3])
            table.secured_at = place
            if verb == "enable":
                table.secured = True
            elif verb == "disable":
                table.secured = False
            elif verb == "force":
                table.forced = True
            elif verb == "no force":
                table.forced = False
        elif action[:2] == ("owner", "to"):
            self.state.owners[f"table {name}"] = (_role(action[2:]), place)
        elif action[0] in ("enable", "disable") and "trigger" in action[:3]:
            self._switch(name, table, action, place)
        elif action[0] in ("enable", "disable") and "rule" in action[:3]:
            self._note("rule", f"{name}: {action[-1]}", text, place)
        elif action[0] == "inherit":
            table.parents.append(_plain(action[1:], self._package))
        elif action[:2] == ("no", "inherit"):
            gone = _plain(action[2:], self._package)
            table.parents = [each for each in table.parents if each != gone]
        elif action[:2] == ("attach", "partition"):
            child = _plain(action[2:], self._package)
            self.state.table(child, place).parents.append(name)
        elif action[:2] == ("set", "schema"):
            self.state.tables[f"{action[2]}.{name}"] = self.state.tables.pop(name)
        else:
            self._alter_columns(table, action)

    def _switch(self, name: str, table: Table, action: tuple[str, ...], place: Place) -> None:
        verb = " ".join(each for each in action[:-1] if each != "trigger")
        state = {"enable": "enabled", "disable": "disabled"}.get(verb, verb)
        which = action[-1]
        if which in ("all", "user"):
            for each in table.triggers.values():
                each.state, each.place = state, place
            if state != "enabled":
                self._note("setting", f"table {name}: {which} triggers", state, place)
        elif which in table.triggers:
            table.triggers[which].state, table.triggers[which].place = state, place
        else:
            table.triggers[which] = Trigger(place, "is made elsewhere", state)

    def _alter_columns(self, table: Table, action: tuple[str, ...]) -> None:
        words = [each for each in action if each not in ("if", "exists", "not exists", "only")]
        verb = words.pop(0) if words else ""
        if words[:1] == ["column"]:
            words.pop(0)
        if verb == "add":
            _define(table, tuple(words[1:] if words[:1] == ["not"] else words))
        elif verb == "drop" and words[:1] == ["constraint"]:
            table.constraints.pop(words[1], None)
        elif verb == "drop" and words:
            table.columns.pop(words[0], None)
        elif verb == "rename" and "to" in words:
            where = words.index("to")
            if words[0] == "constraint":
                old, new = words[1], words[where + 1]
                if old in table.constraints:
                    table.constraints[new] = table.constraints.pop(old)
            elif words[0] in table.columns:
                table.columns[words[where + 1]] = table.columns.pop(words[0])
        elif verb == "alter" and words and words[0] in table.columns:
            table.columns[words[0]] = _altered(table.columns[words[0]], words[1:])

    def drop_table(self, read: Words, place: Place) -> None:
        """A table is gone, with all that is on it."""
        del place
        read.take("if", "exists")
        for name in read.names():
            self.state.tables.pop(name, None)
            for key in [each for each in self.state.grants if each[1] == f"table {name}"]:
                del self.state.grants[key]

    def select_into(self, read: Words, place: Place) -> None:
        """A query; one with `into` makes a table."""
        if read.seek("into"):
            read.skip("temp", "temporary", "unlogged", "table", "strict")
            if not self._nested:
                name = read.name()
                self._note("copy", f"table {name}", "is made of a query (select into)", place)

    def write(self, read: Words, place: Place) -> None:
        """Rows that are changed: those of the catalog and of the ledger are more than data."""
        read.take("only")
        self._written(read.name(), read, place)

    def _written(self, name: str, read: Words, place: Place) -> None:
        bare = name.rpartition(".")[2]
        if bare.startswith("pg_") or bare in LEDGER:
            verb = read.all[0]
            self._note("outside", f"{self._where()}{verb} {name}", _spell(read.all), place)

    def insert(self, read: Words, place: Place) -> None:
        """Rows that every database has."""
        name = read.name()
        self._written(name, read, place)
        read.group()
        if not read.take("values") or self._nested:
            return
        rows = self.state.rows.setdefault(name, {})
        while read.peek() == "(":
            rows[_spell(read.group())] = place
            if not read.take(","):
                break

    # -- policies --------------------------------------------------------------------------------

    def create_policy(self, read: Words, place: Place) -> None:
        """A policy."""
        name = read.name()
        read.take("on")
        table = self.state.table(read.name(), place)
        made = Policy(place, False, "all", (PUBLIC,))
        if read.take("as"):
            made.restrictive = read.next() == "restrictive"
        if read.take("for"):
            made.command = read.next()
        _predicates(made, read)
        table.policies[name] = made

    def alter_policy(self, read: Words, place: Place) -> None:
        """Another policy under the same name."""
        name = read.name()
        read.take("on")
        table = self.state.table(read.name(), place)
        if read.take("rename", "to"):
            if name in table.policies:
                table.policies[read.name()] = table.policies.pop(name)
            return
        known = table.policies.setdefault(name, Policy(place, False, "all", (PUBLIC,)))
        known.place = place
        _predicates(known, read)

    def drop_policy(self, read: Words, place: Place) -> None:
        """A policy is gone."""
        read.take("if", "exists")
        name = read.name()
        read.take("on")
        self.state.table(read.name(), place).policies.pop(name, None)

    # -- triggers and rules ----------------------------------------------------------------------

    def create_trigger(self, read: Words, place: Place) -> None:
        """A trigger."""
        name = read.name()
        start = read.at
        if not read.seek("on"):
            return
        table = read.name()
        definition = _spell((*read.all[start : read.at], *read.rest()))
        self.state.table(table, place).triggers[name] = Trigger(place, definition)

    def drop_trigger(self, read: Words, place: Place) -> None:
        """A trigger is gone."""
        read.take("if", "exists")
        name = read.name()
        read.take("on")
        self.state.table(read.name(), place).triggers.pop(name, None)

    def alter_trigger(self, read: Words, place: Place) -> None:
        """A trigger by another name."""
        name = read.name()
        read.take("on")
        triggers = self.state.table(read.name(), place).triggers
        if read.take("rename", "to") and name in triggers:
            triggers[read.name()] = triggers.pop(name)

    def create_rule(self, read: Words, place: Place) -> None:
        """Statements that are replaced by other ones."""
        name = read.name()
        self._note("rule", f"rule {name}", _spell(read.rest()), place)

    def event_trigger(self, read: Words, place: Place) -> None:
        """A trigger of the whole database."""
        self._note("rule", f"event trigger {read.name()}", _spell(read.rest()), place)

    # -- views -----------------------------------------------------------------------------------

    def create_view(self, read: Words, place: Place) -> None:
        """A view."""
        name = read.name()
        read.group()
        invoker = _invoker(read.group()) if read.take("with") else False
        read.take("as")
        self.state.views[name] = View(place, bool(invoker), _spell(read.rest()))

    def _alter_view(self, name: str, read: Words, place: Place) -> None:
        view = self.state.views[name]
        if read.take("set") and read.peek() == "(":
            given = _invoker(read.group())
            if given is not None:
                view.invoker, view.place = given, place
        elif read.take("reset"):
            if "security_invoker" in read.group():
                view.invoker, view.place = False, place
        elif read.take("owner", "to"):
            self.state.owners[f"view {name}"] = (_role(read.rest()), place)
        elif read.take("rename", "to"):
            self.state.views[read.name()] = self.state.views.pop(name)

    def alter_view(self, read: Words, place: Place) -> None:
        """What becomes of a view."""
        read.take("if", "exists")
        name = read.name()
        self.state.views.setdefault(name, View(place, True, "is made elsewhere"))
        self._alter_view(name, read, place)

    def drop_view(self, read: Words, place: Place) -> None:
        """A view is gone."""
        del place
        read.take("if", "exists")
        for name in read.names():
            self.state.views.pop(name, None)

    def create_copy(self, read: Words, place: Place) -> None:
        """A materialised view."""
        read.take("if", "not", "exists")
        name = read.name()
        read.seek("as")
        said = f"holds the rows of all tenants: {_spell(read.rest())}"
        self._note("copy", f"materialized view {name}", said, place)

    # -- functions -------------------------------------------------------------------------------

    def create_function(self, read: Words, place: Place) -> None:
        """A function or a procedure."""
        name = read.name()
        parameters = read.group()
        key = f"{name}({_types(parameters)})"
        start = read.at
        header, body = _halves(read.all[start:], read.kinds[start:])
        made = Function(
            place,
            _spell((*parameters, "->", *header)),
            body,
            "security definer" in " ".join(header),
            _has(header, ("returns", "trigger")) or _has(header, ("returns", "event_trigger")),
            _settings(header),
            _after(header, "language"),
        )
        self.state.functions[key] = made
        for name_, value in made.settings.items():
            if name_ in COUNTED and name_ != "search_path":
                self._note("setting", f"function {key}: {name_}", value, place)
        self._inside(f"function {key}", body, place)

    def alter_function(self, read: Words, place: Place) -> None:
        """What becomes of a function."""
        name = read.name()
        which = f"({_types(read.group())})" if read.peek() == "(" else "("
        rest = read.rest()
        text = " ".join(rest)
        if rest[:2] == ("owner", "to"):
            self.state.owners[f"function {name}"] = (_role(rest[2:]), place)
        found = [each for each in self.state.functions if each.startswith(f"{name}{which}")]
        for each in found or [f"{name}{which}"]:
            known = self.state.functions.setdefault(
                each, Function(place, "is made elsewhere", "", False, False)
            )
            if "security definer" in text:
                known.definer, known.place = True, place
            if "security invoker" in text:
                known.definer, known.place = False, place
            for setting, value in _settings(rest).items():
                known.settings[setting], known.place = value, place
                if setting in COUNTED and setting != "search_path":
                    self._note("setting", f"function {each}: {setting}", value, place)
            if "reset" in rest:
                gone = rest[rest.index("reset") + 1 :]
                for setting in [*known.settings] if gone == ("all",) else gone:
                    known.settings.pop(setting, None)
                known.place = place

    def drop_function(self, read: Words, place: Place) -> None:
        """A function is gone."""
        del place
        read.take("if", "exists")
        name = read.name()
        which = f"({_types(read.group())})" if read.peek() == "(" else "("
        for each in [x for x in self.state.functions if x.startswith(f"{name}{which}")]:
            del self.state.functions[each]

    def do(self, read: Words, place: Place) -> None:
        """A block that is run at once."""
        bodies = [w for w, k in zip(read.all, read.kinds, strict=True) if k == "text"]
        body = max(bodies, key=len, default="''")
        self._block(text_of(body), place)

    def _block(self, body: str, place: Place) -> None:
        """The statements of a block, as if every branch were taken."""
        if self._nested >= MAX_NESTED:
            self._note("unread", self._path, "statements are nested too deeply in it", place)
            return
        self._nested += 1
        before = self._offset
        self._offset = place.line - 1
        try:
            dynamic: list[str] = []
            for each in _within(body):
                if each.words[:1] == ("execute",):
                    self._execute(each, dynamic)
                else:
                    self.apply(each)
            if dynamic:
                value = f"runs text that it puts together: {'; '.join(dynamic):.300}"
                self._note("dynamic", f"{self._path}: do {digest(value)}", value, place)
        except Unreadable as error:
            self._note("unread", f"{self._path}: do", str(error), place)
        finally:
            self._nested -= 1
            self._offset = before

    def _execute(self, statement: Statement, dynamic: list[str]) -> None:
        """A statement in a text, as far as the text stands there."""
        words = statement.words
        texts = [w for w, k in zip(words, statement.kinds, strict=True) if k == "text"]
        plain = words[1:2] == ("format",) or len(words) == 2
        if not texts or not plain:
            dynamic.append(_spell(words[1:]))
            return
        for inner in statements(text_of(texts[0])):
            self.apply(Statement(inner.words, inner.kinds, statement.line))

    def _inside(self, what: str, body: str, place: Place) -> None:
        """What a function does when it is called, beside reading and writing rows."""
        before = self._within, self._offset
        self._within, self._offset = what, place.line - 1
        try:
            for each in _within(body):
                self._reach(each)
                first = each.words[:2]
                if each.words[:1] in (("grant",), ("revoke",)) or first in DDL:
                    self._note(
                        "inside",
                        f"{what}: {' '.join(first)}",
                        _spell(each.words),
                        self._place(each),
                    )
                elif each.words[:1] == ("set",) or each.words[:1] == ("reset",):
                    name = _set_name(each.words)
                    if name in COUNTED or is_house(name):
                        self._note("setting", f"{what}: {name}", _spell(each.words), place)
        except Unreadable as error:
            self._note("unread", what, str(error), place)
        finally:
            self._within, self._offset = before

    # -- roles and rights ------------------------------------------------------------------------

    def create_role(self, read: Words, place: Place) -> None:
        """A role."""
        read.take("if", "not", "exists")
        name = read.name()
        known = self.state.role(name, place)
        self._attributes(name, read, place)
        known.place, known.made = place, True

    def alter_role(self, read: Words, place: Place) -> None:
        """What becomes of a role."""
        name = read.name()
        if read.take("in", "database"):
            name = f"{name} in {read.name()}"
        if read.peek() in ("set", "reset"):
            self._kept(f"role {name}", read, place)
        elif not read.take("rename", "to"):
            self._attributes(name, read, place, alters=True)

    def _attributes(self, name: str, read: Words, place: Place, *, alters: bool = False) -> None:
        known = self.state.role(name, place)
        words = [*read.rest()]
        for at, each in enumerate(words):
            if each in ATTRIBUTES:
                known.attributes.add(each)
                known.place = place
            elif each.startswith("no") and each[2:] in ATTRIBUTES and alters:
                known.attributes.discard(each[2:])
            elif each in ("role", "user", "admin") and not alters:
                for member in _names(words[at + 1 :]):
                    self._join(member, name, place)
            elif each == "in" and words[at + 1 : at + 2] in (["role"], ["group"]):
                for group in _names(words[at + 2 :]):
                    self._join(name, group, place)

    def _join(self, member: str, group: str, place: Place) -> None:
        self.state.role(member, place).member_of[group] = place

    def _kept(self, what: str, read: Words, place: Place) -> None:
        """A setting that a role or the database keeps."""
        verb = read.next()
        words = read.rest()
        name = words[0] if words else ""
        while len(words) > 2 and words[1] == ".":
            name, words = f"{name}.{words[2]}", words[2:]
        key = f"{what}: {lowered(name)}"
        if verb == "reset":
            for each in [k for k in self.state.settings if k == key or name == "all"]:
                del self.state.settings[each]
            return
        self.state.settings[key] = (_spell(words[2:]), place)

    def alter_database(self, read: Words, place: Place) -> None:
        """What becomes of the database."""
        read.name()
        if read.peek() in ("set", "reset"):
            self._kept("database", read, place)
        elif read.take("owner", "to"):
            self.state.owners["database"] = (_role(read.rest()), place)

    def alter_system(self, read: Words, place: Place) -> None:
        """A setting of the whole cluster."""
        self._kept("cluster", read, place)

    def set(self, read: Words, place: Place) -> None:
        """A setting of the session that applies the file."""
        name = _set_name(read.all)
        value = _spell(read.all[1:])
        if name in COUNTED | {"session_authorization", "standard_conforming_strings"}:
            self._note("setting", f"{self._path}: {name}", value, place)
        elif is_house(name):
            self._note("binding", f"{self._path}: {name}", "binds it", place)

    def grant(self, read: Words, place: Place) -> None:
        """Rights on objects, or a membership."""
        granted, rest = _until(read, "to")
        if rest is None:
            return
        option = rest[-3:] == ("with", "grant", "option")
        rest = _without(rest)
        privileges, kind, objects = _rights(granted, self._package)
        for role in _names(rest):
            if kind == "role":
                for group in objects:
                    self._join(role, group, place)
                continue
            for each in objects:
                known = self.state.grants.setdefault((role, f"{kind} {each}"), Grant(place))
                known.privileges |= privileges
                known.place = place
                if option:
                    known.passed_on |= privileges

    def revoke(self, read: Words, place: Place) -> None:
        """Rights are taken back."""
        del place
        only = read.take("grant", "option", "for")
        read.take("admin", "option", "for")
        granted, rest = _until(read, "from")
        if rest is None:
            return
        privileges, kind, objects = _rights(granted, self._package)
        for role in _names(_without(rest)):
            for each in objects:
                if kind == "role":
                    if role in self.state.roles:
                        self.state.roles[role].member_of.pop(each, None)
                    continue
                known = self.state.grants.get((role, f"{kind} {each}"))
                if known is None:
                    continue
                known.passed_on -= privileges
                if not only:
                    # Taking a privilege takes it from the columns as well.
                    known.privileges = {
                        one
                        for one in known.privileges
                        if one not in privileges and one.split(" (")[0] not in privileges
                    }
                    if not known.privileges:
                        del self.state.grants[role, f"{kind} {each}"]

    def default_privileges(self, read: Words, place: Place) -> None:
        """Rights on objects that do not exist yet."""
        words = read.rest()
        verb = next((each for each in words if each in ("grant", "revoke")), "")
        if not verb:
            return
        start = words.index(verb)
        text = _spell(words[start + 1 :])
        if verb == "grant":
            self.state.defaults[f"{_spell(words[:start])} {text}".strip()] = place
        else:
            taken = text.replace(" from ", " to ")
            self.state.defaults.pop(f"{_spell(words[:start])} {taken}".strip(), None)

    def reassign(self, read: Words, place: Place) -> None:
        """Everything of a role has another owner."""
        words = read.rest()
        self.state.owners[f"all of {words[0] if words else ''}"] = (_role(words[-1:]), place)

    def create_schema(self, read: Words, place: Place) -> None:
        """A schema."""
        read.take("if", "not", "exists")
        name = "" if read.peek() == "authorization" else read.name()
        if read.take("authorization"):
            self.state.owners[f"schema {name}"] = (_role(read.rest()[:1]), place)

    def alter_owner(self, read: Words, place: Place) -> None:
        """Another owner of a schema, a sequence, a type or a domain."""
        kind = read.all[1]
        name = read.name()
        if read.seek("owner", "to"):
            self.state.owners[f"{kind} {name}"] = (_role(read.rest()), place)

    # -- the outside -----------------------------------------------------------------------------

    def outside(self, read: Words, place: Place) -> None:
        """An extension, a server, a language, or a publication."""
        what = " ".join(read.all[1 : read.at])
        read.take("if", "not", "exists")
        name = read.name()
        told = "copy" if what in ("publication", "subscription") else "outside"
        self._note(told, f"{what} {name}", _spell(read.all), place)

    def extension(self, read: Words, place: Place) -> None:
        """An extension."""
        read.take("if", "not", "exists")
        self._note("outside", f"extension {read.name()}", "is installed", place)

    def copy(self, read: Words, place: Place) -> None:
        """Rows to or from a file or a program of the server."""
        words = read.rest()
        for verb in ("to", "from"):
            if verb in words:
                target = words[words.index(verb) + 1 : words.index(verb) + 3]
                if target[:1] not in (("stdin",), ("stdout",)):
                    key = f"{self._path}: copy {verb} {' '.join(target)}"
                    self._note("outside", key, _spell(("copy", *words)), place)
                return

    def import_schema(self, read: Words, place: Place) -> None:
        """The tables of another server."""
        self._note("copy", f"foreign schema {read.name()}", _spell(read.all), place)


def _spell(words: Iterable[str]) -> str:
    text = " ".join(words)
    for spaced, tight in TIGHT:
        text = text.replace(spaced, tight)
    return re.sub(r"(\w) \(", r"\1(", text)


def _plain(words: tuple[str, ...], package: str) -> str:
    return Words(Statement(words, ("name",) * len(words), 1), package).name()


def _role(words: tuple[str, ...] | list[str]) -> str:
    return words[0] if words else ""


def _names(words: Iterable[str]) -> list[str]:
    """The names between commas that some words begin with."""
    found: list[str] = []
    wanted = True
    for each in words:
        if each == ",":
            wanted = True
        elif wanted and each != "group":
            found.append(each)
            wanted = False
        elif each != "group":
            break
    return found


def _define(table: Table, words: tuple[str, ...]) -> None:
    """A column or a constraint of a table."""
    if not words:
        return
    if words[0] == "constraint" and len(words) > 2:
        table.constraints[words[1]] = _spell(words[2:])
    elif words[0] in TABLE_PARTS:
        table.constraints[_spell(words)] = _spell(words)
    else:
        table.columns[words[0]] = _spell(words[1:])


def _altered(definition: str, words: list[str]) -> str:
    text = _spell(words)
    if text == "set not null":
        return definition if "not null" in definition else f"{definition} not null"
    if text == "drop not null":
        return definition.replace(" not null", "")
    if text.startswith("set default"):
        kept = re.sub(r" default .*?(?= not null| check| constraint|$)", "", definition)
        return f"{kept} {text.removeprefix('set ')}"
    if text == "drop default":
        return re.sub(r" default .*?(?= not null| check| constraint|$)", "", definition)
    return f"{definition}; {text}"


def _predicates(policy: Policy, read: Words) -> None:
    if read.take("to"):
        policy.roles = tuple(sorted(read.names()))
    if read.take("using"):
        policy.using = read.group()
    if read.take("with", "check"):
        policy.check = read.group()


def _invoker(words: tuple[str, ...]) -> bool | None:
    for start, end in split(words, ","):
        part = words[start:end]
        if part[:1] == ("security_invoker",):
            value = part[-1].strip("'").lower() if len(part) > 1 else "true"
            return value in ("true", "on", "1", "yes", "t", "y")
    return None


def _types(words: tuple[str, ...]) -> str:
    """The types of the parameters that a function is told by."""
    found = []
    for start, end in split(words, ","):
        part = [*words[start:end]]
        for stop in ("default", "="):
            if stop in part:
                part = part[: part.index(stop)]
        if part[:1] == ["out"]:
            continue
        if part[:1] in (["in"], ["inout"], ["variadic"]):
            part.pop(0)
        if len(part) > 1 and part[1] not in (".", "[", "(", "precision", "varying", "with"):
            part.pop(0)
        if part:
            found.append(_spell(part))
    return ", ".join(found)


def _halves(words: tuple[str, ...], kinds: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """A function without its body, and the body."""
    for at, each in enumerate(words):
        if each == "as" and at + 1 < len(words) and kinds[at + 1] == "text":
            return (*words[:at], *words[at + 2 :]), text_of(words[at + 1])
        if each in ("return", "begin") and words[at : at + 2] != ("return", "null"):
            if each == "begin" and words[at + 1 : at + 2] != ("atomic",):
                continue
            return words[:at], " ".join(words[at:])
    return words, ""


def _has(words: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    size = len(wanted)
    return any(words[at : at + size] == wanted for at in range(len(words) - size + 1))


def _after(words: tuple[str, ...], word: str) -> str:
    return words[words.index(word) + 1].strip("'") if word in words[:-1] else ""


def _settings(words: tuple[str, ...]) -> dict[str, str]:
    """The settings that a function is called with."""
    found = {}
    for at, each in enumerate(words[:-2]):
        if each == "set" and (at == 0 or words[at - 1] != "null"):
            name, rest = words[at + 1], words[at + 2 :]
            while len(rest) > 1 and rest[0] == ".":
                name, rest = f"{name}.{rest[1]}", rest[2:]
            stop = next(
                (
                    position
                    for position, word in enumerate(rest)
                    if position and word in _HEADER and rest[:2] != ("from", "current")
                ),
                len(rest),
            )
            value = rest[:2] if rest[:2] == ("from", "current") else rest[1:stop]
            found[lowered(name)] = _spell(value)
    return found


_HEADER: Final = frozenset(
    {"set", "language", "security", "stable", "immutable", "volatile", "strict", "parallel"}
    | {"returns", "cost", "rows", "leakproof", "called", "external", "owner", "reset", "window"}
)


def _within(body: str) -> Iterable[Statement]:
    """The statements of a body of PL/pgSQL, wherever they stand in it.

    Raises:
        Unreadable: it cannot be read.
    """
    for each in statements(body):
        start = 0
        for at, word in enumerate(each.words):
            if word in CONTROL:
                if at > start:
                    yield _part(each, start, at)
                start = at + 1
        if start < len(each.words):
            yield _part(each, start, len(each.words))


def _part(statement: Statement, start: int, end: int) -> Statement:
    return Statement(statement.words[start:end], statement.kinds[start:end], statement.line)


def _set_name(words: tuple[str, ...]) -> str:
    at = 1
    while words[at : at + 1] in (("local",), ("session",)) and words[at + 1 : at + 2] != (
        "authorization",
    ):
        at += 1
    name = words[at] if at < len(words) else ""
    if name == "session":
        return "session_authorization"
    while words[at + 1 : at + 2] == (".",) and at + 2 < len(words):
        name = f"{name}.{words[at + 2]}"
        at += 2
    return lowered(name)


def _until(read: Words, word: str) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    start = read.at
    if not read.seek(word):
        return (), None
    return read.all[start : read.at - 1], read.rest()


def _without(words: tuple[str, ...]) -> tuple[str, ...]:
    """The names of roles, without what is said of the grant."""
    for stop in ("with", "granted", "cascade", "restrict"):
        if stop in words:
            words = words[: words.index(stop)]
    return words


def _rights(words: tuple[str, ...], package: str) -> tuple[set[str], str, list[str]]:
    """The privileges of a grant, on what kind of object, and on which; or roles."""
    if "on" not in words:
        return set(), "role", _names(words)
    at = max(position for position, each in enumerate(words) if each == "on")
    privileges: set[str] = set()
    for start, end in split(words[:at], ","):
        part = [each for each in words[start:end] if each != "privileges"]
        if "(" in part:
            inner = part[part.index("(") + 1 : -1]
            privileges |= {f"{part[0]} ({each})" for each in inner if each != ","}
        elif part:
            privileges.add(" ".join(part))
    target = words[at + 1 :]
    kind = "table"
    if target[:1] == ("all",):
        kind = " ".join(target[:2])
        target = target[4:]
        return privileges, kind, [f"in schema {each}" for each in _names(target)]
    if target[:1] and target[0] in _OBJECTS and len(target) > 1:
        kind = "function" if target[0] in ("procedure", "routine") else target[0]
        target = target[1:]
        if kind == "foreign":
            kind, target = " ".join(words[at + 1 : at + 3]), target[1:]
    found = []
    for start, end in split(target, ","):
        name = _plain(target[start:end], package)
        if kind == "function" and "(" in target[start:end]:
            name += f"({_types(target[start:end][target[start:end].index('(') + 1 : -1])})"
        found.append(name)
    if kind == "table" and privileges & {"all", "all privileges"}:
        privileges = {*privileges - {"all", "all privileges"}, *PRIVILEGES, "maintain"}
    return privileges, kind, found


_OBJECTS: Final = frozenset(
    {"table", "function", "procedure", "routine", "schema", "database", "sequence", "type"}
    | {"domain", "language", "foreign", "parameter", "large", "tablespace"}
)
DDL: Final = frozenset(
    (verb, what)
    for verb in ("create", "alter", "drop")
    for what in ("table", "policy", "role", "user", "function", "trigger", "view", "schema")
)
Handler = Callable[[Build, Words, Place], None]


def _handlers() -> Mapping[str, Handler]:
    found: dict[str, Handler] = {
        "create table": Build.create_table,
        "create unlogged table": Build.create_table,
        "create foreign table": Build.create_foreign_table,
        "import foreign schema": Build.import_schema,
        "alter table": Build.alter_table,
        "alter foreign table": Build.alter_table,
        "drop table": Build.drop_table,
        "select": Build.select_into,
        "insert into": Build.insert,
        "update": Build.write,
        "delete from": Build.write,
        "truncate": Build.write,
        "truncate table": Build.write,
        "merge into": Build.write,
        "create policy": Build.create_policy,
        "alter policy": Build.alter_policy,
        "drop policy": Build.drop_policy,
        "create trigger": Build.create_trigger,
        "create constraint trigger": Build.create_trigger,
        "drop trigger": Build.drop_trigger,
        "alter trigger": Build.alter_trigger,
        "create rule": Build.create_rule,
        "create event trigger": Build.event_trigger,
        "create view": Build.create_view,
        "create recursive view": Build.create_view,
        "alter view": Build.alter_view,
        "drop view": Build.drop_view,
        "create materialized view": Build.create_copy,
        "create function": Build.create_function,
        "create procedure": Build.create_function,
        "drop function": Build.drop_function,
        "drop procedure": Build.drop_function,
        "drop routine": Build.drop_function,
        "alter function": Build.alter_function,
        "alter procedure": Build.alter_function,
        "alter routine": Build.alter_function,
        "do": Build.do,
        "create role": Build.create_role,
        "create user": Build.create_role,
        "create group": Build.create_role,
        "alter role": Build.alter_role,
        "alter user": Build.alter_role,
        "alter group": Build.alter_role,
        "alter database": Build.alter_database,
        "alter system": Build.alter_system,
        "set": Build.set,
        "reset": Build.set,
        "grant": Build.grant,
        "revoke": Build.revoke,
        "alter default privileges": Build.default_privileges,
        "reassign owned by": Build.reassign,
        "create schema": Build.create_schema,
        "create extension": Build.extension,
        "create server": Build.outside,
        "create language": Build.outside,
        "create trusted language": Build.outside,
        "create user mapping": Build.outside,
        "create publication": Build.outside,
        "alter publication": Build.outside,
        "create subscription": Build.outside,
        "create foreign data": Build.outside,
        "copy": Build.copy,
    }
    for kind in ("schema", "sequence", "type", "domain", "materialized", "aggregate"):
        found[f"alter {kind}"] = Build.alter_owner
    for each in [*found]:
        if each.startswith("create "):
            found[each.replace("create ", "create or replace ", 1)] = found[each]
    return found


HANDLERS: Final = _handlers()
