"""Worlds in which a grant applies, and worlds in which it just does not.

The emitted tests build them: a tenant, a caller with claims, and a row. Values that are only
known then are written as placeholders: `@me` and `@other` are members, `@row:NAME` is a row
of a resource, and `@new:NAME` another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import Any

from scaffold.columns import ID
from scaffold.design.model import Alternative, Condition, Entity, Term
from scaffold.types.kind import WORDS, Kind, several, values
from scaffold.types.uuid import EXAMPLES

ME, OTHER = "@me", "@other"
DEVELOPMENT = "development"
_SEVERAL = 8
"""Values of a kind, beside those that are next to what conditions name."""
_TRIED = 20_000
"""Worlds that are looked at in search of one that meets an alternative."""


@dataclass(frozen=True, slots=True)
class World:
    """What a condition can look at."""

    row: Mapping[str, Any] = field(default_factory=dict)
    user: Mapping[str, Any] = field(default_factory=dict)
    tenant: Mapping[str, Any] = field(default_factory=dict)
    environment: str = DEVELOPMENT


@dataclass(frozen=True, slots=True)
class Outside:
    """A world in which a condition is not met: why, and what else, by claim, counts as absent."""

    why: str
    world: World
    unread: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def domain(kind: Kind) -> list[Any]:
    """A few different values of a kind."""
    if kind.of_member:
        return [OTHER, ME]
    if kind.target:
        return [f"@row:{kind.target}"]
    if kind.held:
        return [each for each in [kind.filled([])] if each is not None]
    return list(values(kind))


def near(kind: Kind, value: Any) -> list[Any]:
    """A value, the one before it and the one behind it: a bound tells them apart."""
    found = [value, kind.beside(value, -1), kind.beside(value, 1)] if kind.accepts(value) else []
    return [kind.compared(each) for each in found if each is not None]


def probes(term: Term, conditions: Sequence[Condition]) -> list[Any]:
    """Values of a term on the left by which the conditions tell rows apart, and null."""
    asked = [each for each in conditions if each.left == term]
    found = _lists(term.kind, asked) if term.kind.held else domain(term.kind)
    if any(each.with_caller for each in asked) and not term.kind.held:
        found = [OTHER, ME]
    elif not (term.kind.of_member or term.kind.target or term.kind.held):
        found += islice(several(term.kind), _SEVERAL)
        for each in asked:
            if isinstance(each.right, tuple):
                found += (value for literal in each.right for value in near(term.kind, literal))
    if any(each.nullable for each in asked):
        found.append(None)
    return distinct(found)


def _lists(kind: Kind, conditions: Sequence[Condition]) -> list[Any]:
    """Lists with and without what the conditions ask for."""
    items = [
        each.right[0] if isinstance(each.right, tuple) else ME
        for each in conditions
        if each.operator == "contains" and (each.with_caller or isinstance(each.right, tuple))
    ]
    chosen = (
        [item for item, has in zip(items, choice, strict=True) if has]
        for choice in islice(product((False, True), repeat=len(items)), _SEVERAL)
    )
    found = (kind.filled(each, [item for item in items if item not in each]) for each in chosen)
    return [each for each in found if each is not None]


def distinct(found: Iterable[Any]) -> list[Any]:
    """Each value once. Lists have no hash, and to Python 1 is True."""
    return list({repr(each): each for each in found}.values())


def _accepts(kind: Kind, value: object) -> bool:
    """Can a value be of this kind? A placeholder stands for an id."""
    return kind.accepts(EXAMPLES[0] if _is_placeholder(value) else value)


def _is_placeholder(value: object) -> bool:
    return str(value).startswith("@")


def satisfying(
    alternative: Alternative, entity: Entity, beside: World | None = None
) -> World | None:
    """A world in which every conjunct holds; None where there is none in its environment.

    With `beside`, a row of another resource is added to that world's caller and tenant.
    """
    start = replace(beside or World(), row=_defaults(entity))
    ordered = sorted(alternative.conditions, key=_literal_last, reverse=True)
    return next(_meeting(ordered, 0, start, [_TRIED]), None)


def _meeting(
    conditions: Sequence[Condition], index: int, world: World, left: list[int]
) -> Iterator[World]:
    """Worlds near `world` that meet all conditions from `index` on, and keep those before met;
    `left` is how many may still be looked at."""
    if index == len(conditions):
        yield world
        return
    for each in _making(conditions[index], world, True, conditions):
        left[0] -= 1
        if left[0] < 0:
            return
        if holds(conditions[: index + 1], each):
            yield from _meeting(conditions, index + 1, each, left)


def failing(
    alternative: Alternative,
    others: Sequence[Alternative],
    entity: Entity,
    start: World,
    usable: Callable[[World], bool],
) -> Iterator[Outside]:
    """For each conjunct, a usable world in which it alone fails, and no other alternative helps;
    and one in which an attribute is absent, by which a negated one must not be met."""
    whole = satisfying(alternative, entity, start)
    if whole is None:
        return
    looked_at = [condition for other in others for condition in other.conditions]

    def outside(close: World, rest: Sequence[Condition]) -> World | None:
        settled = islice(_settled(close, looked_at), _TRIED)
        worlds = (each for each in settled if holds(rest, each))
        found = (w for w in worlds if not any(holds(o.conditions, w) for o in others))
        return next(filter(usable, found), None)

    for condition in alternative.conditions:
        rest = [each for each in alternative.conditions if each != condition]
        for close in _making(condition, whole, False, alternative.conditions):
            world = outside(close, rest)
            if world is not None:
                yield Outside(str(condition), world)
                break
        if not condition.by_value:
            for term in condition.terms:
                world = outside(_lacking(term, whole), ()) if _can_lack(term) else None
                if world is not None:
                    unread = {term.name: _unread(term)} if term.source == "user" else {}
                    yield Outside(f"{condition}, for want of {term}", world, unread)


def _can_lack(term: Term) -> bool:
    """Is there not always a value of it?"""
    return term.source == "tenant" or (term.source == "user" and term.name != "id")


def _lacking(term: Term, world: World) -> World:
    """The world without a value of an attribute."""
    if term.source == "tenant":
        return _assign(term, None, world)
    return replace(world, user={k: v for k, v in world.user.items() if k != term.name})


def _unread(term: Term) -> list[Any]:
    """Claims that count as absent."""
    return [WORDS[0], [WORDS[0], 5]] if term.many else list(term.kind.unread)


def hidden(
    alternatives: Sequence[Alternative], entity: Entity, beside: World
) -> Mapping[str, Any] | None:
    """A row that no alternative allows the caller in a world; None where there is none."""
    conditions = [condition for each in alternatives for condition in each.conditions]
    terms = {
        term.name: term.kind
        for condition in conditions
        for term in condition.terms
        if term.source == "field"
    }
    choices = [
        _others(entity, name, kind, [each for each in conditions if each.left.name == name])
        for name, kind in terms.items()
    ]
    for chosen in islice(product(*choices), 1000):
        row = _defaults(entity) | dict(zip(terms, chosen, strict=True))
        if not any(holds(each.conditions, replace(beside, row=row)) for each in alternatives):
            return {name: value for name, value in row.items() if name != ID.name}
    return None


def _others(entity: Entity, name: str, kind: Kind, conditions: Sequence[Condition]) -> list[Any]:
    if name == ID.name:
        return [None]  # given to a row when it is made: whatever it is then, it is another one
    if not all(each.by_value for each in conditions):
        found = probes(conditions[0].left, conditions)
        new = f"@new:{kind.target}"
        return [new if kind.target and _is_placeholder(each) else each for each in found]
    if name == entity.owner or kind.of_member:
        return [OTHER, ME]
    if kind.target:
        return [f"@new:{kind.target}"]
    return [*domain(kind), *([OTHER] if _accepts(kind, OTHER) else [])]


def complete(world: World, alternatives: Sequence[Alternative]) -> World:
    """The world with values for what the alternatives ask of a tenant, or of a choice in a row.

    Otherwise an example is filled in, by which another alternative might show more.
    """
    for condition in (each for other in alternatives for each in other.conditions):
        for term in condition.terms:
            if _said(term, world):
                continue
            chosen = term.kind.choices or not condition.by_value
            if term.source == "tenant" or (term.source == "field" and chosen):
                found = [None] if condition.open_to_null else domain(term.kind)
                world = _assign(term, found[0], world) if found else world
    return world


def _settled(world: World, conditions: Sequence[Condition]) -> Iterator[World]:
    """The world with values for all that the conditions look at in a row or a tenant.

    What a world leaves open is filled in with an example, which might meet a condition.
    """
    for condition in conditions:
        for term in condition.terms:
            if term.source in ("field", "tenant") and not _said(term, world):
                found = domain(term.kind) if condition.by_value else probes(term, conditions)
                for value in found:
                    yield from _settled(_assign(term, value, world), conditions)
                return
    yield world


def _said(term: Term, world: World) -> bool:
    """Does the world say what the value is? Of a caller without a claim, it says so."""
    match term.source:
        case "field":
            return term.name in world.row
        case "tenant":
            return term.name in world.tenant
        case _:
            return True


def holds(conditions: Sequence[Condition], world: World) -> bool:
    """Is every condition met?"""
    return all(_holds(each, world) for each in conditions)


def _literal_last(condition: Condition) -> bool:
    return isinstance(condition.right, tuple)


def _defaults(entity: Entity) -> dict[str, Any]:
    """What the conditions see of a row when nobody says anything else."""
    found = {
        each.name: list(each.default) if isinstance(each.default, tuple) else each.default
        for each in entity.columns
        if each.default is not None
    }
    return found | ({entity.owner: ME} if entity.owner else {})


def _value(term: Term, world: World) -> Any:
    match term.source:
        case "field":
            return world.row.get(term.name)
        case "user":
            return ME if term.name == "id" else world.user.get(term.name)
        case "tenant":
            return world.tenant.get(term.name)
        case _:
            return world.environment


def _holds(condition: Condition, world: World) -> bool:
    left = _value(condition.left, world)
    if condition.operator == "null":
        return (left is None) is not condition.negated
    if isinstance(condition.right, tuple):
        right: Any = list(condition.right)
        right = right if condition.operator == "in" else right[0]
        kind = condition.left.kind
    else:
        right = _value(condition.right, world)
        kind = condition.right.kind
    if right is None:
        return False
    if left is None:
        return condition.open_to_null
    return _compares(condition, left, right, kind) is not condition.negated


def _compares(condition: Condition, left: Any, right: Any, kind: Kind) -> bool:
    """Do two values meet a condition, `not` left out? `kind` is that of the right one."""
    if condition.operator == "contains":
        return right in left
    rank = condition.left.kind.rank
    if condition.operator == "in":
        return rank(left) in map(kind.rank, right)
    left, right = rank(left), kind.rank(right)
    match condition.order:
        case "lt":
            return bool(left < right)
        case "lte":
            return bool(left <= right)
        case "gt":
            return bool(left > right)
        case "gte":
            return bool(left >= right)
    return bool(left == right)


def _making(
    condition: Condition, world: World, wanted: bool, conditions: Sequence[Condition]
) -> Iterator[World]:
    """Worlds near `world` in which the condition has the wanted truth."""
    # What may be null has to be said: an example would fill it in.
    open_ = condition.nullable and not condition.by_value and not _said(condition.left, world)
    if not open_ and _holds(condition, world) is wanted:
        yield world
    found = _by_value if condition.by_value else _otherwise
    for changed in found(condition, world, wanted, conditions):
        if _holds(condition, changed) is wanted:
            yield changed


def _by_value(
    condition: Condition, world: World, wanted: bool, conditions: Sequence[Condition]
) -> Iterator[World]:
    for candidate in _candidates(condition, world, wanted):
        yield from _assignments(condition, candidate, world, wanted)


def _otherwise(
    condition: Condition, world: World, wanted: bool, conditions: Sequence[Condition]
) -> Iterator[World]:
    """Worlds for a condition that does not name the values that meet it: at its bound first."""
    left, right = condition.left, condition.right
    found = probes(left, conditions)
    if isinstance(right, tuple) or condition.with_caller:
        bound = right[0] if isinstance(right, tuple) and right else None
        for value in sorted(found, key=lambda each: _distance(condition, each, bound)):
            yield _assign(left, value, world)
        return
    pairs = list(_pairs(condition, right, world, found))
    for mine, theirs in sorted(pairs, key=lambda each: _distance(condition, *each)):
        yield _assign(right, theirs, _assign(left, mine, world))


def _pairs(
    condition: Condition, right: Term, world: World, found: Sequence[Any]
) -> Iterator[tuple[Any, Any]]:
    """Values for both sides, those that are there already first; `found` are some for the left."""
    held = condition.left.kind.held
    kind = held or condition.left.kind
    given = _value(right, world)
    others = [*domain(right.kind), *islice(several(right.kind), _SEVERAL), *domain(kind), *found]
    singles = [*(given if isinstance(given, list) else [given]), *others]
    for value in distinct(singles):
        if value is None or isinstance(value, list) or not right.kind.accepts(value):
            continue
        theirs = [value] if right.many else value
        if held:
            with_it = condition.left.kind.filled([value]) if held.accepts(value) else None
            without = condition.left.kind.filled([], [value])
            yield from ((each, theirs) for each in (with_it, without) if each is not None)
        else:
            yield from ((each, theirs) for each in (*near(kind, value), *found) if each is not None)
        if condition.nullable:
            yield None, theirs
    if right.many:
        yield from ((each, []) for each in found)


def _distance(condition: Condition, value: Any, bound: Any) -> int:
    """How far a value is from where the condition is decided: at a bound, or at null."""
    if value is None:
        return 0 if condition.open_to_null else 3
    if condition.order is None:
        return 1
    kind = condition.left.kind
    if kind.rank(value) == kind.rank(bound):
        return 0
    return 1 if any(kind.rank(each) == kind.rank(bound) for each in near(kind, value)) else 2


def _candidates(condition: Condition, world: World, wanted: bool) -> list[Any]:
    right = condition.right
    if isinstance(right, tuple):
        return list(right) if wanted else [v for v in domain(condition.left.kind) if v not in right]
    if right.source == "user" and right.name == "id":
        return [ME] if wanted else [OTHER]
    left = condition.left.kind
    there = [_value(term, world) for term in condition.terms]
    known = (each for each in there if each is not None and not isinstance(each, list))
    found = dict.fromkeys((*domain(left), *domain(right.kind), *known))
    return [each for each in found if _accepts(left, each) and _accepts(right.kind, each)]


def _assignments(condition: Condition, value: Any, world: World, wanted: bool) -> Iterator[World]:
    right = condition.right
    if isinstance(right, tuple) or (right.source == "user" and right.name == "id"):
        yield _assign(condition.left, value, world)
        return
    given = [value] if right.many else value
    if wanted:
        yield _assign(right, given, _assign(condition.left, value, world))
        return
    for other in [*domain(condition.left.kind), *domain(right.kind)]:
        if other != value:
            if _accepts(right.kind, other):
                yield _assign(right, [other] if right.many else other, world)
            if _accepts(condition.left.kind, other):
                yield _assign(condition.left, other, world)
    if right.many:
        yield _assign(right, [], world)


def _assign(term: Term, value: Any, world: World) -> World:
    match term.source:
        case "field":
            if not (value is None or isinstance(value, list) or _is_placeholder(value)):
                value = term.kind.compared(value)
            return replace(world, row={**world.row, term.name: value})
        case "user":
            return replace(world, user={**world.user, term.name: value})
        case "tenant":
            return replace(world, tenant={**world.tenant, term.name: value})
        case _:
            return world
