"""The tables that a project was generated with, beside those of its spec.

Tables hold data: once a migration was applied somewhere, its text is not changed. The snapshot
beside the migrations says as data which tables they make, so that nothing reads SQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scaffold.database.files import MIGRATION, SNAPSHOT
from scaffold.emission import Emission
from scaffold.tree import lock as locks
from scaffold.tree.lock import LockError, digest
from scaffold.tree.paths import UnsafePath, confine

REPLACE = "--replace-initial-migration"

MAX_BYTES = 64 * 1024 * 1024
WHOLE = {"primary_key": "primary key", "tenant": "tenant column", "comment": "comment"}
PARTS = {
    "columns": "column",
    "unique": "unique key",
    "checks": "constraint",
    "foreign_keys": "foreign key",
}
"""What a table has several of, each by its name."""


class MigrationNeeded(ValueError):
    """The spec asks for other tables than the project has, and there is no migration to them."""

    def __init__(self, differences: tuple[str, ...]) -> None:
        self.differences = differences
        super().__init__(
            "The change of the spec needs a migration of the tables, which scaffold cannot write "
            "yet. Nothing was written. What differs:\n"
            + "\n".join(f"  {each}" for each in differences)
            + "\nThere are two ways out. If a database with these tables is deployed, take the "
            "change back.\nIf none is, have the initial migration written anew, and then make "
            f"each database anew:\n  scaffold generate {REPLACE}"
        )


def paths(emission: Emission) -> frozenset[str]:
    """The files that say which tables there are."""
    return frozenset(f"{emission.design.name}/{each}" for each in (MIGRATION, SNAPSHOT))


def differences(project: Path, emission: Emission) -> tuple[str, ...]:
    """How the tables of the spec differ from those of the project; nothing where it has none."""
    package = emission.design.name
    migration = _content(project, f"{package}/{MIGRATION}")
    if migration is None or migration == emission.files[f"{package}/{MIGRATION}"]:
        return ()
    path = f"{package}/{SNAPSHOT}"
    after = _tables(emission.files[path])
    before = _tables(_content(project, path) or b"")
    if before is None or after is None:
        return (f"{path} is missing or damaged: which tables the project has is not known",)
    found = tuple(_between(before, after))
    if not found and _listed(project, f"{package}/{MIGRATION}") == digest(migration):
        return (f"{package}/{MIGRATION}: this scaffold writes the same tables in another way",)
    return found


def _listed(project: Path, path: str) -> str | None:
    """The digest of a file as the lock has it."""
    try:
        known = locks.read(project)
    except LockError:
        return None
    return known[0].files.get(path) if known else None


def _content(project: Path, path: str) -> bytes | None:
    """A file of the project, as far as it can be read and is of a sensible size."""
    try:
        with confine(project, path).open("rb") as file:
            return file.read(MAX_BYTES)
    except (OSError, UnsafePath):
        return None


def _tables(snapshot: bytes) -> Mapping[str, Any] | None:
    """The tables of a snapshot by their names, or None if it is not one."""
    try:
        return _named(json.loads(snapshot))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _named(parts: list[Any]) -> dict[str, Any]:
    return {str(each["name"]): dict(each) for each in parts}


def _between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"table {name}: is new"
        elif name not in after:
            yield f"table {name}: is gone"
        else:
            yield from _within(name, before[name], after[name])


def _within(table: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key, noun in WHOLE.items():
        if before.get(key) != after.get(key):
            yield f"table {table}: has another {noun}"
    for key, noun in PARTS.items():
        try:
            old, new = _named(before.get(key, [])), _named(after.get(key, []))
        except (TypeError, KeyError, ValueError):
            yield f"table {table}: has other {noun}s"
            continue
        for name in sorted(old.keys() | new.keys()):
            if name not in old:
                yield f"{noun} {table}.{name}: is new"
            elif name not in new:
                yield f"{noun} {table}.{name}: is gone"
            elif old[name] != new[name]:
                yield f"{noun} {table}.{name}: {_changed(old[name], new[name])}"


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Which facts of a part changed, and how, where that is short."""
    said = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old != new:
            short = all(isinstance(each, str) and each for each in (old, new))
            said.append(f"{key} was {old:.80}, is {new:.80}" if short else f"another {key}")
    return "; ".join(said)
