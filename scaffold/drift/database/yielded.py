"""What the guards that two specs yield let through, told from their SQL: a second look at a spec.

The first look compares what a spec grants. This one compares what follows: the policies, the tests
that stored functions make of a row, of its columns and of the roles that are given, and the tokens
that the gate takes. It says no more than what it is sure of, and of what is there before and after:
a role, an operation, a table or a column that is new has facts of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice, product
from typing import Any, Final

from scaffold.database import layout
from scaffold.database.guards import guards
from scaffold.database.predicates import Predicates, bound
from scaffold.database.schema import COMMANDS
from scaffold.database.sql import identifier, literal
from scaffold.database.tables import tables
from scaffold.design.model import Alternative, Column, Design, Entity
from scaffold.design.visibility import readers, seers
from scaffold.drift.change import Change, changes
from scaffold.drift.database.build import digest
from scaffold.drift.database.expression import (
    FALSE,
    TRUE,
    Expression,
    Words,
    all_of,
    any_of,
    constant,
    implies,
    sides,
)
from scaffold.drift.database.expression import read as predicate
from scaffold.drift.database.rule import SqlRule
from scaffold.drift.database.tokens import Unreadable, statements
from scaffold.drift.facts import Fact, Place, surface_of
from scaffold.drift.spec.rule import example
from scaffold.drift.verdict import Absent, Both, Order, Verdict, combined
from scaffold.drift.witness import Untried
from scaffold.tree.paths import SPEC

LONG: Final = 160
MAX_WAYS: Final = 300
"""Of a predicate: one with more is not compared."""
SCOPE: Final = "app"


@dataclass(frozen=True, slots=True)
class Rows:
    """For which rows a guard holds. `columns` are those of its table, with all values of one that
    has few, as literals."""

    expression: Expression
    columns: Mapping[str, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class Certain(Order):
    """Rows by what certainly is one of them, tokens as sets.

    Where it cannot be told whether there are more rows, it says that they are the same: the rule
    about the grants says then that nobody can tell.
    """

    absent: Absent = "nothing"

    def compare(self, before: Any, after: Any) -> Verdict:
        """By what one lets through and the other does not."""
        if isinstance(before, Rows) and isinstance(after, Rows):
            more, less = _more(before, after), _more(after, before)
        else:
            more, less = bool(after - before), bool(before - after)
        verdicts: dict[Verdict, bool] = {"widened": more, "narrowed": less}
        return combined(each for each, holds in verdicts.items() if holds)


WIDENED: Final = SqlRule(
    id="SCF531",
    name="guard-lets-more-through",
    severity="critical",
    controls=("AZ-1", "AZ-2", "AZ-3"),
    layer="database",
    what="What the SQL that a spec yields lets each role do: the rows of its policies and of its "
    "stored functions, the columns that they show and write, the roles that they give; and the "
    "tokens that the gate takes. It is a second look at a change of the spec: where a rule about "
    "the spec tells the same change, that one says that this one saw it too.",
    why="The guard of a role that was there lets more through, and no rule about the spec says so.",
    remedy="Say it in scaffold.yaml as it was. If the two specs mean the same, please report it.",
    example=example(
        """
roles:
  clerk: {can: [{do: [list, read], on: note}, {do: delete, on: note, when: {owner_id: $user.id}}]}
""",
        change=("do: delete, on: note, when: {owner_id: $user.id}}", "do: delete, on: note}"),
        dual=(
            "do: [list, read], on: note}",
            "do: [list, read], on: note, when: {owner_id: $user.id}}",
        ),
    ),
    order=Both(Certain()),
    shows=Untried("It is seen with a change of the spec, which has a witness of its own."),
)
RULES: Final = (WIDENED,)


def second(before: Design, after: Design) -> Iterator[Change]:
    """What the guards of `after` let through and those of `before` did not; in the same names."""
    if before == after:
        return
    one, other = _Guards(before), _Guards(after)
    old, new = one.found, other.found
    differ = [key for key in old.keys() & new.keys() if old[key] != new[key]]
    roles = {*one.roles} & {*other.roles}
    told = [surface_of(each.facts(differ, sorted(roles))) for each in (one, other)]
    for change in changes(*told):
        if change.blocks:
            yield change


def folded(found: Sequence[Change], seen: Iterable[Change]) -> Iterator[Change]:
    """The changes that the rules about the spec found, with what was `seen` by the second look: on
    those that are of the same, or else by itself."""
    also: dict[int, str] = {}
    alone = []
    wider = [
        (at, _words(each))
        for at, each in enumerate(found)
        if each.verdict not in ("equal", "narrowed")
    ]
    for each in seen:
        _, entity, *_, role = each.key.split(" ")
        shared = {at: len({entity, role} & words) for at, words in wider}
        most = max(shared.values(), default=0)
        if most:
            also |= {at: each.rule.id for at, count in shared.items() if count == most}
        else:
            alone.append(each)
    for at, each in enumerate(found):
        yield replace(each, also=(also[at],)) if at in also else each
    yield from alone


def _words(change: Change) -> set[str]:
    """What a change names."""
    return {*re.findall(r"\w+", f"{change.key} {change.old} {change.now}")}


@dataclass(frozen=True, slots=True)
class _Guard:
    """A guard of the rows of a table as SQL: each of `floor` holds, and one of `ways`."""

    table: str
    floor: tuple[str, ...]
    ways: tuple[str, ...]

    @property
    def expression(self) -> Expression:
        """The predicate."""
        return all_of(
            [
                *(_parsed(each, self.table) for each in self.floor),
                any_of([_parsed(each, self.table) for each in self.ways]),
            ]
        )


class _Guards:
    """The guards of one design."""

    def __init__(self, design: Design) -> None:
        self.roles = [each.name for each in design.roles]
        self._design = design
        self._entities = {identifier(each.name): each for each in design.entities}
        self._predicates = Predicates(design)
        self._binding = bound(SCOPE)
        self._known: dict[tuple[str, tuple[int, ...]], _Guard] = {}

    @cached_property
    def found(self) -> Mapping[str, _Guard | frozenset[str]]:
        """All of them, by what they guard; and the tokens that are taken."""
        found: dict[str, _Guard | frozenset[str]] = dict(self._policies())
        for entity in self._design.entities:
            found |= dict(self._operations(entity))
            found |= dict(self._columns(entity))
            if entity.built_in:
                found |= dict(self._given(entity))
        found["tokens of identity"] = frozenset(self._tokens())
        return found

    def facts(self, keys: Iterable[str], roles: Sequence[str]) -> Iterator[Fact]:
        """Some of them, for a caller who holds one of the roles alone."""
        place = Place(SPEC)
        for key in keys:
            guard = self.found[key]
            if not isinstance(guard, _Guard):
                value = _short(", ".join(sorted(guard)))
                yield Fact(WIDENED, key, value, place, guard)
                continue
            expression, entity = guard.expression, self._entities.get(guard.table)
            columns = {each.name: _values(each) for each in entity.columns} if entity else {}
            for role in roles:
                held = _held(expression, role)
                value = _short(str(held))
                yield Fact(WIDENED, f"{key} for {role}", value, place, Rows(held, columns))

    def _policies(self) -> Iterator[tuple[str, _Guard]]:
        """What row-level security lets a statement of each command see and write."""
        made = guards(self._design, tables(self._design))
        parts: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
        for each in made.policies:
            if each.role != "app":
                continue
            for command in COMMANDS if each.command == "all" else (each.command,):
                tests = {"sees": each.using, "writes": each.check or each.using}
                for does in _DOES[command]:
                    text = layout.flat(tests[does] or layout.TRUE).replace(
                        f"'{made.scope}.", f"'{SCOPE}."
                    )
                    key = (each.table, f"{command} ({does})")
                    parts.setdefault(key, ([], []))[not each.restrictive].append(text)
        for (table, does), (floor, open_) in parts.items():
            name = table.strip('"')
            yield f"policy {name} {does}", _Guard(table, tuple(floor), tuple(sorted(open_)))

    def _operations(self, entity: Entity) -> Iterator[tuple[str, _Guard]]:
        """The rows on which each operation is done; nobody does what nobody is granted."""
        for verb in _VERBS:
            yield f"rows {entity.name} {verb}", self._reach((), entity)
        for each in entity.operations:
            if each.alternatives and not each.searches:
                guard = self._reach(each.alternatives, entity)
                yield f"rows {entity.name} {each.action or each.verb}", guard

    def _columns(self, entity: Entity) -> Iterator[tuple[str, _Guard]]:
        """The rows of which each column is shown, and those for which it is written."""
        writes = [each for each in entity.operations if each.verb in ("create", "update")]
        reading = readers(entity)
        for column in entity.fields:
            what = f"{entity.name} {column.name}"
            seen = seers(column, reading) if column.readable else ()
            yield f"shown {what}", self._reach(seen, entity)
            for each in writes:
                may = column.creatable if each.verb == "create" else column.updatable
                found = seers(column, each.alternatives) if may else ()
                yield f"written {what} {each.verb}", self._reach(found, entity)

    def _given(self, entity: Entity) -> Iterator[tuple[str, _Guard]]:
        """The rows by which each role can be given or taken."""
        for each in entity.operations:
            if not each.writes or not each.alternatives:
                continue
            for role in self.roles:
                ways = [one for one in each.alternatives if one.gives is None or role in one.gives]
                key = f"given {entity.name} {each.action or each.verb} {role}"
                yield key, self._reach(ways, entity)

    def _tokens(self) -> Iterator[str]:
        """Who signs a token that is taken, for whom and how, and what names its tenant."""
        for each in self._design.issuers:
            claim = ".".join(each.rules.tenant or (self._design.tenant_claim,))
            for algorithm in each.algorithms:
                for where in each.environments or ("everywhere",):
                    keys = each.jwks_url or each.metadata
                    said = f"for {each.audience} by {algorithm} with the keys of {keys}"
                    yield f"{each.url} {said} in {where}, the tenant by {claim}"

    def _reach(self, alternatives: Sequence[Alternative], entity: Entity) -> _Guard:
        table = identifier(entity.name)
        if not alternatives:
            return _Guard(table, (), ())
        key = (table, tuple(map(id, alternatives)))
        if key not in self._known:
            sql = self._predicates.reach(alternatives, self._binding, table)
            self._known[key] = _Guard(table, (), (layout.flat(sql),))
        return self._known[key]


_DOES: Final = {
    "select": ("sees",),
    "insert": ("writes",),
    "update": ("sees", "writes"),
    "delete": ("sees",),
}
_VERBS: Final = ("list", "read", "create", "update", "delete")


def _short(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG - 20]}... ({digest(text)})"


def _values(column: Column) -> frozenset[str] | None:
    """All values of a column that has few, as SQL spells them."""
    found = column.kind.choices
    if not found or column.nullable or column.kind.held is not None:
        return None
    return frozenset(
        str(each).lower() if isinstance(each, bool) else literal(each) for each in found
    )


@lru_cache(maxsize=4096)
def _parsed(text: str, table: str) -> Expression:
    """A predicate; one that cannot be read is words."""
    words = statements(text)[0].words
    try:
        return predicate(words, table.strip('"'))
    except (Unreadable, RecursionError):
        return Expression("atom", words=words)


def _held(found: Expression, role: str) -> Expression:
    """A predicate for a caller with one role."""
    if found.sort == "atom":
        if "&&" in found.words and "'app.roles'" in found.words:
            return TRUE if f"'{role}'" in found.words else FALSE
        return found
    inner = [_held(each, role) for each in found.parts]
    if found.sort == "not":
        return {TRUE: FALSE, FALSE: TRUE}.get(inner[0], replace(found, parts=frozenset(inner)))
    return all_of(inner) if found.sort == "and" else any_of(inner)


Way = frozenset[Expression]
"""Atoms that hold together."""


@lru_cache(maxsize=4096)
def _ways(found: Expression) -> tuple[Way, ...] | None:
    """The ways in which a predicate holds; None where there are too many."""
    if found.sort == "or":
        ways: list[Way] = []
        for each in found.parts:
            inner = _ways(each)
            if inner is None or len(ways) + len(inner) > MAX_WAYS:
                return None
            ways += inner
        return tuple(ways)
    if found.sort == "and":
        parts = [_ways(each) for each in found.parts]
        if any(each is None for each in parts):
            return None
        together = product(*(each for each in parts if each is not None))
        combined_ = [*islice(together, MAX_WAYS + 1)]
        if len(combined_) > MAX_WAYS:
            return None
        return tuple(frozenset[Expression]().union(*each) for each in combined_)
    if found == FALSE:
        return ()
    return tuple(frozenset({each} - {TRUE}) for each in _listed(found))


def _listed(atom: Expression) -> Iterable[Expression]:
    """An atom; one that names several values is one for each of them."""
    words = atom.words
    at = words.index("in") if "in" in words else 0
    if at and words[at - 1] != "not" and words[at + 1] == "(" and words[-1] == ")":
        values = words[at + 2 : -1]
        if all(each.startswith("'") or each[0].isdigit() for each in values[::2]):
            return [predicate((*words[:at], "=", each)) for each in values[::2]]
    return [atom]


def _equal(atom: Expression) -> tuple[Words, str] | None:
    """What an atom says to be one literal, and which."""
    found = sides(atom.words) if atom.sort == "atom" else None
    if found is None or found[1] != "=":
        return None
    for one, other in ((found[0], found[2]), (found[2], found[0])):
        if len(other) == 1 and constant(other):
            return one, other[0]
    return None


def _more(before: Rows, after: Rows) -> bool:
    """Is there certainly a row of `after` that is none of `before`?"""
    if implies(after.expression, before.expression):
        return False
    old, new = _ways(before.expression), _ways(after.expression)
    if old is None or new is None:
        return False
    return any(_is_outside(each, old, {**before.columns, **after.columns}) for each in new)


def _is_outside(
    way: Way, ways: Iterable[Way], columns: Mapping[str, frozenset[str] | None]
) -> bool:
    """Does a row meet one way that certainly meets none of the others?"""
    fixed = dict(filter(None, map(_equal, way)))
    if len(fixed) < sum(_equal(each) is not None for each in way):
        return False  # it asks one thing for two values, and holds for no row
    named = {word for each in way for word in _about(each, columns)}
    missed: dict[Words, set[str]] = {}
    others: Counter[frozenset[str]] = Counter()
    for each in ways:
        absent = [one for one in each if not any(implies(other, one) for other in way)]
        free = []
        for one in absent:
            equal = _equal(one)
            if equal is not None and equal[0] in fixed:
                break  # it asks for another value: no row meets both
            if not named & _about(one, columns):
                free.append((one, equal))
        else:
            if not free:
                return False
            for one, equal in free:
                if equal is None:
                    others[_about(one, columns)] += 1
                else:
                    missed.setdefault(equal[0], set()).add(equal[1])
    for words, values in missed.items():
        every = columns.get(words[0]) if len(words) == 1 else None
        if (every is not None and every <= values) or any({*words} & about for about in others):
            return False
    return True


def _about(atom: Expression, columns: Mapping[str, frozenset[str] | None]) -> frozenset[str]:
    """What an atom looks at: columns, or else all that it says."""
    words = {word for each in _atoms(atom) for word in each.words}
    return frozenset(words & columns.keys()) or frozenset(words)


def _atoms(found: Expression) -> Iterator[Expression]:
    if found.sort == "atom":
        yield found
    for each in found.parts:
        yield from _atoms(each)
