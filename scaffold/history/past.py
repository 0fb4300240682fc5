"""What a project's migrations have made: its tables as data, and the migrations by their digests.

The snapshot beside the migrations says it, so that nothing reads SQL. It is read from a checkout,
hence input from outside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar, cast

from scaffold.database.layout import flat
from scaffold.database.schema import Column, ForeignKey, Table, Unique

MIGRATIONS = "store/migrations"
SNAPSHOT = f"{MIGRATIONS}/snapshot.json"

_NAME = re.compile(r"\d{4}_[a-z0-9_]{1,80}(?:\.contract)?\.sql")
Part = TypeVar("Part")


class HistoryError(ValueError):
    """The history of a project cannot be gone on with; the message says why."""


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration that was written: its file, the digest of it, and what it changes.

    `changes` names tables, and columns as `table.column`. One that `contracts` takes away what only
    older releases need.
    """

    name: str
    digest: str
    changes: tuple[str, ...] = ()

    @property
    def contracts(self) -> bool:
        """Is it for after the deployment?"""
        return self.name.endswith(".contract.sql")

    @property
    def path(self) -> str:
        """Its path in the package."""
        return f"{MIGRATIONS}/{self.name}"


@dataclass(frozen=True, slots=True)
class Past:
    """The tables that the migrations make, and the migrations in their order."""

    tables: tuple[Table, ...]
    migrations: tuple[Migration, ...]

    @property
    def number(self) -> int:
        """The number of the last migration."""
        return max(int(each.name[:4]) for each in self.migrations)


def snapshot(past: Past) -> str:
    """The past as it is committed."""
    data = {
        "migrations": [asdict(each) for each in past.migrations],
        "tables": [asdict(plain(each)) for each in past.tables],
    }
    return json.dumps(data, indent=1) + "\n"


def plain(table: Table) -> Table:
    """A table whose conditions are texts."""
    columns = tuple(replace(each, check=flat(each.check)) for each in table.columns)
    return replace(table, columns=columns)


def read(content: bytes) -> Past:
    """The past of a snapshot.

    Raises:
        HistoryError: it is not a snapshot.
    """
    try:
        data = json.loads(content)
        past = Past(
            tuple(_table(each) for each in data["tables"]),
            tuple(_migration(each) for each in data["migrations"]),
        )
        sound = bool(past.migrations) and _typed(past)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise HistoryError(
            f"{SNAPSHOT} is not one that scaffold wrote. Take it back from version control: it "
            "says which tables the migrations have made."
        )
    return past


def _typed(past: Past) -> bool:
    """Are the texts texts? What is emitted from here is a name or an expression of a table."""
    again = json.loads(snapshot(past))
    texts = [value for table in again["tables"] for value in _values(table)]
    return all(isinstance(each, str | bool | int | None) for each in texts)


def _values(data: Any) -> Sequence[Any]:
    if isinstance(data, Mapping):
        return [found for each in data.values() for found in _values(each)]
    if isinstance(data, list):
        return [found for each in data for found in _values(each)]
    return [data]


def _migration(data: Mapping[str, Any]) -> Migration:
    found = Migration(data["name"], data["digest"], tuple(map(str, data["changes"])))
    if not _NAME.fullmatch(found.name) or not re.fullmatch("sha256:[0-9a-f]{64}", found.digest):
        raise ValueError(found)
    return found


def _table(data: Mapping[str, Any]) -> Table:
    columns = tuple(Column(**each) for each in data["columns"])
    unique = tuple(Unique(**_tuples(each)) for each in data["unique"])
    keys = tuple(ForeignKey(**_tuples(each)) for each in data["foreign_keys"])
    rest = {**data, "primary_key": tuple(data["primary_key"])}
    return Table(**{**rest, "columns": columns, "unique": unique, "foreign_keys": keys})


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _tuple(value) for key, value in data.items()}


def _tuple(value: object) -> object:
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value
