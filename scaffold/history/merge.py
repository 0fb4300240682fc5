"""The histories of two branches as one.

Migrations of both stay as they were written where they change different things: a database has
either first, and the end is the same. Where both change the same, one of the histories stays, and
what the other did is written anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scaffold.database.schema import Table
from scaffold.history.parts import overlap
from scaffold.history.past import HistoryError, Migration, Past

QUOTE = '"'

_Fact = tuple[str, ...]


class Apart(HistoryError):
    """Two histories do not go together; the message says what both change."""


def merged(base: Past, ours: Past, theirs: Past) -> Past:
    """One history with the migrations of two, which began with those of `base`.

    Raises:
        Apart: both change the same, or one does not begin so.
    """
    own, others = _new(base, ours), _new(base, theirs)
    both = [each for each in own if each in others]  # one was taken from the other branch
    others = [each for each in others if each not in both]
    _check_names(own, others)
    _check_changes([each for each in own if each not in both], others)
    tables = tuple(_tables(_merge(*(_facts(each.tables) for each in (base, ours, theirs)))))
    _check_references(tables)
    migrations = sorted([*ours.migrations, *others], key=lambda each: each.order)
    return Past(tables, tuple(migrations))


def _new(base: Past, branch: Past) -> list[Migration]:
    """The migrations of a branch that the base does not have."""
    if not set(base.migrations) <= set(branch.migrations):
        raise Apart("A migration that both branches began with is another one in one of them.")
    return [each for each in branch.migrations if each not in base.migrations]


def _check_names(own: Sequence[Migration], others: Sequence[Migration]) -> None:
    if twice := sorted({each.name for each in own} & {each.name for each in others}):
        raise Apart(f"Both branches have a migration {twice[0]}, of different content.")


def _check_changes(own: Sequence[Migration], others: Sequence[Migration]) -> None:
    theirs = {each for migration in others for each in migration.changes}
    ours = {each for migration in own for each in migration.changes}
    same = sorted(each for each in ours if overlap([each], theirs))
    if same:
        raise Apart(f"Both branches change the same: {', '.join(same).replace(QUOTE, '')}.")


def _check_references(tables: Sequence[Table]) -> None:
    """Refuses a key that leads to what the other branch has renamed or removed."""
    there = {each.name: each for each in tables}
    for table in tables:
        for key in table.foreign_keys:
            to = there.get(key.table)
            whole = [*key.columns, *key.targets]
            known = {each.name for each in (*table.columns, *(to.columns if to else ()))}
            if to is None or not known.issuperset(whole):
                raise Apart(
                    f"{table.derived()} of one branch refers to what {key.table.strip(QUOTE)} was."
                )


def _facts(tables: Sequence[Table]) -> dict[_Fact, Any]:
    """The parts of tables, by what and where they are."""
    found: dict[_Fact, Any] = {}
    for each in tables:
        found[each.name,] = replace(each, columns=(), unique=(), foreign_keys=())
        for part in ("columns", "unique", "foreign_keys"):
            found |= {(each.name, part, one.name): one for one in getattr(each, part)}
    return found


def _merge(
    base: Mapping[_Fact, Any], ours: Mapping[_Fact, Any], theirs: Mapping[_Fact, Any]
) -> dict[_Fact, Any]:
    """What both have, and what one of them has changed."""
    found: dict[_Fact, Any] = {}
    for fact in dict.fromkeys((*ours, *theirs)):
        was, own, other = (each.get(fact) for each in (base, ours, theirs))
        if own != other and was not in (own, other):
            raise Apart(f"Both branches change the same: {'.'.join(fact)}.")
        found[fact] = other if own == was else own
    return {fact: each for fact, each in found.items() if each is not None}


def _tables(facts: Mapping[_Fact, Any]) -> Iterator[Table]:
    for fact, table in facts.items():
        if len(fact) > 1:
            if (fact[0],) not in facts:
                raise Apart(f"One branch removes {fact[0]}, and the other changes it.")
            continue
        parts: dict[str, list[Any]] = {"columns": [], "unique": [], "foreign_keys": []}
        for (name, *of), each in facts.items():
            if of and name == fact[0]:
                parts[of[0]].append(each)
        yield replace(table, **{part: tuple(each) for part, each in parts.items()})
