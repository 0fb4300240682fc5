"""The database of a service as values: what there is, and nothing of how it is written down.

`Schema.tables` is history: it holds data, and a change of it is a migration. All the rest follows
from the spec and holds none, so that each release brings its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scaffold.columns import TENANT
from scaffold.database.layout import TRUE, Sql
from scaffold.database.sql import named

Command = Literal["all", "select", "insert", "update", "delete"]
COMMANDS = ("select", "insert", "update", "delete")
"""Those of one statement."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the SQL type `sql`. `default` and `check` are SQL expressions, or nothing.

    `kind` is the type of the field as data (`Kind.data`), where the column is that of a field.
    """

    name: str
    sql: str
    nullable: bool = False
    default: str = ""
    check: Sql = ""
    kind: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Unique:
    """A unique key."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A reference to a key of another table, column by column."""

    name: str
    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """The bound of a column."""

    name: str
    column: str
    expression: Sql


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its keys and constraints. `tenant` is the column that names the tenant."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    tenant: str = TENANT.name
    unique: tuple[Unique, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """The bounds of the columns."""
        return tuple(
            Check(self.derived(each.name, "check"), each.name, each.check)
            for each in self.columns
            if each.check
        )

    def derived(self, *parts: str) -> str:
        """A name that begins with that of the table."""
        return named(*(each.strip('"') for each in (self.name, *parts)))

    def column(self, name: str) -> Column | None:
        """The column called `name`, if there is one."""
        return next((each for each in self.columns if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Index:
    """An index; `columns` are its columns with their order or operator class."""

    name: str
    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A row-level security policy of the service's role, of the owner of the tables, or of the
    worker.

    A restrictive one binds every statement; of the permissive ones for a command, one has to
    let the row through. `using` is asked of rows that are there, `check` of rows to be written.
    """

    name: str
    table: str
    command: Command
    using: Sql | None
    check: Sql | None
    restrictive: bool = False
    role: Literal["app", "owner", "worker"] = "app"


@dataclass(frozen=True, slots=True)
class Grant:
    """What the service's role may do to a table: select, insert, delete, or update of columns."""

    table: str
    select: bool = False
    insert: bool = False
    delete: bool = False
    update: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Right:
    """What a feature lets the service or the worker do to a table beyond the operations: a grant,
    and for each of the commands which rows that is for, before the write and after it. One of the
    `owner` needs no grant."""

    grant: Grant
    rows: Mapping[Command, tuple[Sql, Sql]]
    role: Literal["app", "owner"] = "app"


@dataclass(frozen=True, slots=True)
class OwnTable:
    """A table that a feature needs: what the service's role may do to it, its indexes, and the
    names of the triggers that guard it. `changes` says which rows the feature itself updates. Where
    the rows of one tenant are told from those of others by something else than by the tenant of the
    transaction, `bound` says by what."""

    table: Table
    grant: Grant
    indexes: tuple[Index, ...] = ()
    triggers: tuple[str, ...] = ()
    changes: Sql = TRUE
    bound: Sql = ""


@dataclass(frozen=True, slots=True)
class View:
    """A view that reads with the rights of whoever asks."""

    name: str
    comment: str
    query: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter or a result of a function; `default` is an SQL expression, or nothing.

    `argument` is the Python expression with which a handler fills a parameter from its call.
    """

    name: str
    type: str
    default: str = ""
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Composite:
    """A composite type."""

    name: str
    comment: str
    members: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A stored function.

    It has either `results`, which are its out parameters, or one value of the type `returns`.
    `body` is its text between the quotes. One that is `inner` is only called by others.
    """

    name: str
    comment: str
    parameters: tuple[Parameter, ...]
    body: str
    results: tuple[Parameter, ...] = ()
    returns: str = ""
    language: Literal["plpgsql", "sql"] = "plpgsql"
    volatility: Literal["", "stable", "immutable"] = ""
    inner: bool = False


@dataclass(frozen=True, slots=True)
class RoleRule:
    """A role that members may hold, and the kind of member who may."""

    name: str
    kind: Literal["human", "service"]


@dataclass(frozen=True, slots=True)
class Guards:
    """What follows from the spec, holds no data, and is applied by every release.

    Of the roles `last`, each tenant keeps a holder.
    `scope` is the prefix of the settings in which a transaction says to the policies who calls.
    `worker` are the grants of the worker's role, which there is only where it is granted something.
    """

    scope: str
    policies: tuple[Policy, ...]
    grants: tuple[Grant, ...]
    roles: tuple[RoleRule, ...]
    last: tuple[str, ...]
    indexes: tuple[Index, ...]
    worker: tuple[Grant, ...] = ()
