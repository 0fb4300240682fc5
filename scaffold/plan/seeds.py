"""Rows of the development data: so many, and such, that each condition is met and missed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

from scaffold.design.model import Column, Condition, Design, Entity, Term
from scaffold.design.witness import ME, OTHER, World, distinct, domain, holds, near
from scaffold.types.kind import Kind
from scaffold.types.uuid import EXAMPLES as UUIDS

ROWS = UUIDS[:2]
"""The ids of two rows, in each tenant, of a resource that claims name rows of."""
LEAST, MOST = 3, 6
"""Rows of a resource, beyond those that conditions ask for."""
_TRIED = 4096

Row = dict[str, Any]


def tenants(design: Design) -> list[Row]:
    """The attributes of the two tenants: different ones where there is a choice."""
    return [
        {each.name: _at(domain(each.kind), number) for each in design.tenant_attributes}
        for number in range(2)
    ]


def personal(entity: Entity) -> bool:
    """Does some condition ask whose a row is? Each member then gets rows."""
    return any(each.with_caller for each in _conditions(entity))


def seeds(
    design: Design, order: Sequence[Entity], claims: Mapping[str, Any]
) -> Mapping[str, list[Row]]:
    """Values for the rows of the declared resources, as `World.row` has them; what is not named is
    free. `order` are the resources in the order in which their rows are made.

    For each tenant and alternative there is a row that meets all of its conditions, and for each
    condition one that misses it, as far as a row can for a caller with these claims. Where a claim
    says which row somebody may see, the first two rows have the ids `ROWS`.
    """
    found: dict[str, list[Row]] = {}
    named: set[str] = set()
    for entity in order:
        if not entity.built_in:
            names = dict.fromkeys(_names(entity, found.keys()))
            found[entity.name] = _rows(design, entity, names, claims)
            columns = (entity.column(name) for name in names if name != entity.owner)
            named |= {each.kind.target for each in columns if each.kind.target}
    for target in named:
        for row, known in zip(found[target], ROWS, strict=False):
            row["id"] = known
    return found


def _rows(
    design: Design, entity: Entity, names: Iterable[str], claims: Mapping[str, Any]
) -> list[Row]:
    worlds = [World(user=claims, tenant=each) for each in tenants(design)]
    looked_at = {name: _values(entity, name, worlds) for name in names if name != entity.owner}
    free = {each.name: list(each.kind.choices) for each in _choosing(entity)}
    found = _cover(entity, looked_at, worlds)
    varied = free | looked_at
    count = min(MOST, max([LEAST, *map(len, varied.values())]))
    for number, row in enumerate(found):
        for name in free.keys() - looked_at.keys():
            row[name] = _at(free[name], number)
    for number in range(len(found), count):
        found.append({name: _at(values, number) for name, values in varied.items()})
    distinct: list[Row] = []
    for row in found:
        distinct.append(_without_clash(row, distinct, entity))
    return [dict(sorted(row.items())) for row in distinct]


def _cover(entity: Entity, values: Mapping[str, list[Any]], worlds: Sequence[World]) -> list[Row]:
    """Few rows that together reach all that any row reaches, the first ones the most."""
    tried = [
        dict(zip(values, each, strict=True)) for each in islice(product(*values.values()), _TRIED)
    ]
    reached = [(row, frozenset(_reached(entity, row, worlds))) for row in tried]
    left = set().union(*(goals for _, goals in reached))
    found: list[Row] = []
    while left:
        usable = [each for each in reached if _without_clash(each[0], found, entity) == each[0]]
        row, goals = max(usable, key=lambda each: len(each[1] & left), default=({}, frozenset()))
        if not goals & left:
            break
        found.append(dict(row))
        left -= goals
    return found


def _reached(
    entity: Entity, row: Row, worlds: Sequence[World]
) -> Iterator[tuple[int, tuple[Condition, ...], Condition | None]]:
    """Which alternatives a row of one's own meets, and which conditions it misses."""
    owned = row | ({entity.owner: ME} if entity.owner else {})
    for number, world in enumerate(worlds):
        here = World(owned, world.user, world.tenant)
        for operation in entity.operations:
            for alternative in operation.alternatives:
                if holds(alternative.conditions, here):
                    yield number, alternative.conditions, None
                for condition in alternative.conditions:
                    if not holds([condition], here):
                        yield number, alternative.conditions, condition


def _values(entity: Entity, name: str, worlds: Sequence[World]) -> list[Any]:
    """The values of a column that conditions tell apart, and one more."""
    found: list[Any] = []
    kind = next(each.kind for each in entity.columns if each.name == name)
    asked = [each for each in _conditions(entity) if each.left.name == name]
    asked = [each for each in asked if each.left.source == "field"]
    for condition in asked:
        right = condition.right
        if condition.nullable and not condition.by_value:
            found.append(None)
        if isinstance(right, tuple):
            found += _lists(kind, right) if kind.held else _told_apart(condition, right)
        elif condition.with_caller:
            if not kind.held:
                return [ME, OTHER, *([None] if None in found else [])]
            found += _lists(kind, (ME,))
        elif kind.target:
            return list(ROWS)
        else:
            for world in worlds:
                side = world.user if right.source == "user" else world.tenant
                value = side.get(right.name)
                values = value if isinstance(value, list) else [value]
                values = [each for each in values if each is not None]
                found += _lists(kind, values) if kind.held else _told_apart(condition, values)
    if all(each.by_value for each in asked):
        found = [each for each in found if each is not None]
    found = distinct(found)
    others = [each for each in domain(kind) if each not in found]
    return [*found, *(others if kind.choices else others[:1])]


def _told_apart(condition: Condition, values: Iterable[Any]) -> list[Any]:
    """The values, and those next to them that a comparison by order tells apart."""
    if condition.order is None:
        return list(values)
    return [each for value in values for each in near(condition.left.kind, value)]


def _lists(kind: Kind, items: Iterable[Any]) -> list[Any]:
    """Lists with each of these items, and one without it."""
    found: list[Any] = []
    for item in items:
        found += (kind.filled([item]), kind.filled([], [item]))
    return [each for each in found if each is not None]


def _names(entity: Entity, made: Collection[str]) -> Iterator[str]:
    """The columns that conditions look at, and of whose values something is known: of a reference,
    where a claim says which row, and the rows of that resource are made before."""
    for condition in _conditions(entity):
        column, right = condition.left, condition.right
        claimed = isinstance(right, Term) and right.source == "user"
        if column.source == "field" and (
            not column.kind.target
            or condition.with_caller
            or (claimed and column.kind.target in made)
        ):
            yield column.name


def _conditions(entity: Entity) -> Iterator[Condition]:
    for operation in entity.operations:
        for alternative in operation.alternatives:
            yield from alternative.conditions


def _choosing(entity: Entity) -> Iterator[Column]:
    """The columns with a few values, which no key of the table limits."""
    keys = {name for names in entity.unique for name in names}
    return (each for each in entity.fields if each.kind.choices and each.name not in keys)


def _without_clash(row: Row, others: Sequence[Row], entity: Entity) -> Row:
    """The row without the values of a key that another row has, or a row of another member."""
    clashing: set[str] = set()
    for names in entity.unique:
        if not set(names) <= row.keys():
            continue
        same = any(all(row[name] == other.get(name) for name in names) for other in others)
        if same or personal(entity):
            clashing |= set(names)
    return {name: value for name, value in row.items() if name not in clashing}


def _at(values: Sequence[Any], number: int) -> Any:
    return values[number % len(values)]
