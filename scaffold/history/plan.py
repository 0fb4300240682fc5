"""The migrations of a service: those that were written, and the next one if there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from scaffold.database import printer
from scaffold.database.schema import Table
from scaffold.history.difference import Intent, difference
from scaffold.history.parts import Change, Part, overlap
from scaffold.history.past import SNAPSHOT, Migration, Past, plain, snapshot
from scaffold.tree.digest import digest

WIDTH = 115
INITIAL = "0001_initial.sql"
SLUG = 60


@dataclass(frozen=True, slots=True)
class History:
    """The history of a service that has certain tables.

    `files` are the snapshot and what is written now, by their paths in the package; `kept` are the
    digests of the migrations that were written before. `changes` are what is written now, and is
    not the beginning. `hooks` are the functions that some migration calls to fill in a column.
    """

    files: Mapping[str, str]
    kept: Mapping[str, str]
    changes: tuple[Change, ...] = ()
    hooks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _File:
    """A migration as it is written."""

    name: str
    text: str
    changes: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()

    @property
    def migration(self) -> Migration:
        found = digest(self.text.encode())
        return Migration(self.name, found, self.changes, self.after, self.hooks)


def history(name: str, tables: Sequence[Table], past: Past | None, intent: Intent) -> History:
    """The history of the service `name`, which is to have these tables.

    Without a past it begins here.

    Raises:
        Undecided: the developer has to say what a change means.
        HistoryError: no migration leads to these tables.
    """
    if past is None:
        return _written(tables, (), [_File(INITIAL, initial(name, tables))], ())
    changes = difference(past.tables, tables, intent)
    new = list(_next(name, past, changes)) if changes else []
    return _written(tables, past.migrations, new, changes)


def _written(
    tables: Sequence[Table],
    before: tuple[Migration, ...],
    new: Sequence[_File],
    changes: tuple[Change, ...],
) -> History:
    now = Past(tuple(plain(each) for each in tables), (*before, *(each.migration for each in new)))
    return History(
        {**{each.migration.path: each.text for each in new}, SNAPSHOT: snapshot(now)},
        {each.path: each.digest for each in before},
        changes,
        now.hooks,
    )


def initial(name: str, tables: Sequence[Table]) -> str:
    """The statements that make the tables of the service `name`."""
    head = (
        f"-- The tables of {name}: columns, keys and constraints. They hold data, so that "
        "this file is\n-- history once it was applied. Run as "
        f"{name}_owner, which owns everything here.\n"
    )
    return f"{head}\n{printer.tables(tables)}"


def _next(name: str, past: Past, changes: Sequence[Change]) -> Iterator[_File]:
    """The files of the next migration."""
    stem = f"{past.number + 1:04}_{_slug(changes)}"
    touched = sorted({each for change in changes for each in change.touches})
    # What an earlier migration has still to take away may be in the way of what this one adds.
    needs = [e.name for e in past.migrations if e.contracts and overlap(e.changes, touched)]
    after = past.heads
    expand = [part for change in changes for part in change.expand]
    contract = [part for change in changes for part in change.contract]
    if expand:
        about = (
            f"Before the deployment, while the release before serves: {_said(changes)}. Run as "
            f"{name}_owner. History once it was applied."
        )
        text = _text(about, expand, needs=needs, after=after)
        yield _File(f"{stem}.sql", text, tuple(touched), after, _hooks(expand))
        needs, after = [], (f"{stem}.sql",)
    if contract:
        about = (
            "When no process of an older release is left, by `migrate --contract`: what only those "
            f"needed goes, and what they did not keep is required. Run as {name}_owner. History "
            "once it was applied."
        )
        later = {each for change in changes if change.contract for each in change.touches}
        text = _text(about, _questions_first(contract), needs=needs, after=after)
        touches = tuple(sorted(later))
        yield _File(f"{stem}.contract.sql", text, touches, after, _hooks(contract))


def _hooks(parts: Sequence[Part]) -> tuple[str, ...]:
    return tuple(sorted({each.hook for each in parts if each.hook}))


def _said(changes: Sequence[Change]) -> str:
    return "; ".join(each.title for each in changes if each.expand)


def _questions_first(parts: Sequence[Part]) -> list[Part]:
    """What is asked of the rows comes before anything moves: what refuses first."""
    order = ("refuses", "loses")
    asked = [each for kind in order for each in parts if each.kind == kind]
    return [*asked, *(each for each in parts if each.kind not in order)]


def _text(about: str, parts: Sequence[Part], *, needs: Sequence[str], after: Sequence[str]) -> str:
    head = "\n".join(f"-- {line}" for line in wrap(about, WIDTH))
    places = [*(f"after: {each}" for each in after), *(f"needs: {each}" for each in needs)]
    placed = "".join(f"-- {each}\n" for each in places)
    return "\n".join([f"{head}\n{placed}", *map(str, parts)])


def _slug(changes: Sequence[Change]) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", changes[0].title.lower()).strip("_")[:SLUG].rstrip("_")
    more = len(changes) - 1
    return f"{words}_and_{more}_more" if more else words
