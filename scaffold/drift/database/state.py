"""What a database is like after some statements, as far as rows and roles are concerned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from scaffold.drift.database.tokens import Statement, split
from scaffold.drift.facts import Place

PUBLIC: Final = "public"


@dataclass(slots=True)
class Policy:
    """A policy as it was made, or changed last. The predicates are words; empty is none."""

    place: Place
    restrictive: bool
    command: str
    roles: tuple[str, ...]
    using: tuple[str, ...] = ()
    check: tuple[str, ...] = ()


@dataclass(slots=True)
class Trigger:
    """A trigger, and what `alter table` made of it."""

    place: Place
    definition: str
    state: str = "enabled"


@dataclass(slots=True)
class Table:
    """A table. `columns` and `constraints` are their definitions, by name where they have one."""

    place: Place
    secured: bool = False
    forced: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    constraints: dict[str, str] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    parents: list[str] = field(default_factory=list)
    secured_at: Place | None = None

    @property
    def security(self) -> str:
        """How far row-level security goes."""
        if not self.secured:
            return "off"
        return "forced" if self.forced else "enabled"


@dataclass(slots=True)
class Function:
    """A function: `header` without its body, and the settings that it is called with."""

    place: Place
    header: str
    body: str
    definer: bool
    trigger: bool
    settings: dict[str, str] = field(default_factory=dict)
    language: str = ""


@dataclass(slots=True)
class View:
    """A view; `invoker` says that its reader's rights count."""

    place: Place
    invoker: bool
    query: str


@dataclass(slots=True)
class Grant:
    """What a role may do with one object: privileges with columns, where they are named."""

    place: Place
    privileges: set[str] = field(default_factory=set)
    passed_on: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Role:
    """A role: its attributes, and the roles that it is a member of."""

    place: Place
    attributes: set[str] = field(default_factory=set)
    member_of: dict[str, Place] = field(default_factory=dict)
    made: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a statement does and that no later one undoes."""

    topic: str
    key: str
    value: str
    place: Place


@dataclass(slots=True)
class State:
    """All of it, by names without the schema of the service."""

    tables: dict[str, Table] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    grants: dict[tuple[str, str], Grant] = field(default_factory=dict)
    defaults: dict[str, Place] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    owners: dict[str, tuple[str, Place]] = field(default_factory=dict)
    settings: dict[str, tuple[str, Place]] = field(default_factory=dict)
    rows: dict[str, dict[str, Place]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def table(self, name: str, place: Place) -> Table:
        """A table; one that no statement has made is taken to be there."""
        return self.tables.setdefault(name, Table(place))

    def role(self, name: str, place: Place) -> Role:
        """A role."""
        return self.roles.setdefault(name, Role(place))

    def note(self, topic: str, key: str, value: str, place: Place) -> None:
        """Keeps an event."""
        self.events.append(Event(topic, key, value, place))


class Words:
    """Reads the words of a statement from left to right."""

    def __init__(self, statement: Statement, package: str) -> None:
        self.all = statement.words
        self.kinds = statement.kinds
        self.at = 0
        self._own = _own(package)

    def __bool__(self) -> bool:
        """Is there more?"""
        return self.at < len(self.all)

    def peek(self, ahead: int = 0) -> str:
        """A word that is not read yet; empty behind the end."""
        at = self.at + ahead
        return self.all[at] if at < len(self.all) else ""

    def next(self) -> str:
        """The next word."""
        found = self.peek()
        self.at += 1
        return found

    def take(self, *words: str) -> bool:
        """Reads these words, if they are the next ones."""
        if self.all[self.at : self.at + len(words)] != words:
            return False
        self.at += len(words)
        return True

    def skip(self, *words: str) -> None:
        """Reads any of some words."""
        while self.peek() in words and self:
            self.at += 1

    def seek(self, *words: str) -> bool:
        """Goes behind these words where they come next outside of parentheses."""
        depth = 0
        for at in range(self.at, len(self.all)):
            each = self.all[at]
            if depth == 0 and self.all[at : at + len(words)] == words:
                self.at = at + len(words)
                return True
            depth += (each in ("(", "[")) - (each in (")", "]"))
        return False

    def name(self) -> str:
        """A name; without the schema of the service."""
        parts = [self.next()]
        while self.peek() == "." and self:
            self.at += 1
            parts.append(self.next())
        if len(parts) > 1 and self._own.fullmatch(parts[0]):
            parts = parts[1:]
        return ".".join(parts)

    def names(self) -> list[str]:
        """Names between commas."""
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        return found

    def group(self) -> tuple[str, ...]:
        """What is in the parentheses that come next; empty where there are none."""
        if self.peek() != "(":
            return ()
        depth = 0
        start = self.at + 1
        while self:
            each = self.next()
            depth += (each in ("(", "[")) - (each in (")", "]"))
            if depth == 0:
                return self.all[start : self.at - 1]
        return self.all[start:]

    def rest(self) -> tuple[str, ...]:
        """What is not read yet."""
        found = self.all[self.at :]
        self.at = len(self.all)
        return found

    def list(self) -> Iterator[tuple[str, ...]]:
        """What is not read yet, split at commas outside of parentheses."""
        words = self.rest()
        for start, end in split(words, ","):
            if start < end:
                yield words[start:end]


@lru_cache(maxsize=64)
def _own(package: str) -> re.Pattern[str]:
    """The schema of the tables, and those of the functions of releases."""
    return re.compile(rf"{re.escape(package)}(?:_[0-9a-f]{{8}})?")
