"""What a project's migrations have made: its tables as data, and the migrations by their digests.

The snapshot beside the migrations says it, so that nothing reads SQL. It is read from a checkout,
hence input from outside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, cast

from scaffold.database.layout import flat
from scaffold.database.schema import Column, ForeignKey, Table, Unique

MIGRATIONS = "store/migrations"
SNAPSHOT = f"{MIGRATIONS}/snapshot.json"

_NAME = re.compile(r"\d{4}_[a-z0-9_]{1,80}(?:\.contract)?\.sql")
_HOOK = re.compile(r"hooks\.[a-z0-9_]{1,63}:[a-z0-9_]{1,63}")
_IDENTIFIER = re.compile(r'[a-z][a-z0-9_]{0,62}|"[a-z][a-z0-9_]{0,60}"')


class HistoryError(ValueError):
    """The history of a project cannot be gone on with; the message says why."""


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration that was written: its file, the digest of it, and what it changes.

    `changes` names tables, and columns as `table.column`. `after` are the migrations that it comes
    after: several where branches were merged. One that `contracts` takes away what only older
    releases need. `hooks` are the functions that it calls to fill in columns, as `module:function`.
    """

    name: str
    digest: str
    changes: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()

    @property
    def contracts(self) -> bool:
        """Is it for after the deployment?"""
        return self.name.endswith(".contract.sql")

    @property
    def order(self) -> tuple[int, bool, str]:
        """Its place among the others."""
        return int(self.name[:4]), self.contracts, self.name

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
        return max(each.order for each in self.migrations)[0]

    @property
    def heads(self) -> tuple[str, ...]:
        """The migrations that no other comes after."""
        before = {name for each in self.migrations for name in each.after}
        return tuple(each.name for each in self.migrations if each.name not in before)

    @property
    def hooks(self) -> frozenset[str]:
        """The functions that some migration calls to fill in a column."""
        return frozenset(hook for each in self.migrations for hook in each.hooks)


def departures(base: Past, now: Past) -> Iterator[tuple[Migration, str]]:
    """The migrations of `base` that are not so any more, each with what became of it."""
    there = {each.name: each for each in now.migrations}
    for each in base.migrations:
        if each.name not in there:
            yield each, "is gone"
        elif there[each.name].digest != each.digest:
            yield each, "is another one"
        elif there[each.name].after != each.after:
            yield each, "comes after other ones"


def snapshot(past: Past) -> str:
    """The past as it is committed."""
    data = {
        "migrations": [_plain(each) for each in past.migrations],
        "tables": [as_data(each) for each in past.tables],
    }
    return json.dumps(data, indent=1) + "\n"


def _plain(migration: Migration) -> dict[str, Any]:
    found = asdict(migration)
    return found if migration.hooks else {key: found[key] for key in found if key != "hooks"}


def as_data(table: Table) -> dict[str, Any]:
    """A table as data, its conditions as texts."""
    return {
        **_members(table),
        "columns": [{**_members(each), "check": flat(each.check)} for each in table.columns],
        "unique": [_members(each) for each in table.unique],
        "foreign_keys": [_members(each) for each in table.foreign_keys],
    }


def _members(part: Table | Column | Unique | ForeignKey) -> dict[str, Any]:
    # Not asdict, which copies all that is in them: it would take as long as the rest of a snapshot.
    return {each.name: getattr(part, each.name) for each in fields(part)}


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
            f"{SNAPSHOT} is not one that scaffold wrote. Where branches are being merged, run "
            "scaffold merge. Otherwise take it back from version control: it says which tables "
            "the migrations have made."
        )
    return past


def _typed(past: Past) -> bool:
    """Are the names names? They are written into the next migration."""
    names: list[str] = []
    for table in past.tables:
        names += [table.name, *table.primary_key, *(each.name for each in table.columns)]
        for unique in table.unique:
            names += [unique.name, *unique.columns]
        for key in table.foreign_keys:
            names += [key.name, key.table, *key.columns, *key.targets]
    return all(_IDENTIFIER.fullmatch(each) for each in names)


def _migration(data: Mapping[str, Any]) -> Migration:
    changes, after = tuple(map(str, data["changes"])), tuple(data["after"])
    hooks = tuple(data.get("hooks", ()))
    found = Migration(data["name"], data["digest"], changes, after, hooks)
    named = all(map(_NAME.fullmatch, (found.name, *after))) and all(map(_HOOK.fullmatch, hooks))
    if not named or not re.fullmatch("sha256:[0-9a-f]{64}", found.digest):
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
