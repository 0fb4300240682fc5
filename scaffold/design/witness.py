"""Worlds in which a grant applies, and worlds in which it just does not.

The emitted tests build them: a tenant, a caller with claims, and a row. Values that are only
known then are written as placeholders: `@me` and `@other` are members, `@row:NAME` is a row
of a resource, and `@new:NAME` another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import Any

from scaffold.columns import ID
from scaffold.design.model import Alternative, Condition, Entity, Term
from scaffold.types.kind import Kind, values
from scaffold.types.uuid import EXAMPLES

ME, OTHER = "@me", "@other"
DEVELOPMENT = "development"


@dataclass(frozen=True, slots=True)
class World:
    """What a condition can look at."""

    row: Mapping[str, Any] = field(default_factory=dict)
    user: Mapping[str, Any] = field(default_factory=dict)
    tenant: Mapping[str, Any] = field(default_factory=dict)
    environment: str = DEVELOPMENT


def domain(kind: Kind) -> list[Any]:
    """A few different values of a kind."""
    if kind.of_member:
        return [OTHER, ME]
    if kind.target:
        return [f"@row:{kind.target}"]
    return list(values(kind))


def _accepts(kind: Kind, value: object) -> bool:
    """Can a value be of this kind? A placeholder stands for an id."""
    placeholder = str(value).startswith("@")
    return kind.accepts(EXAMPLES[0] if placeholder else value)


def satisfying(
    alternative: Alternative, entity: Entity, beside: World | None = None
) -> World | None:
    """A world in which every conjunct holds; None where there is none in its environment.

    With `beside`, a row of another resource is added to that world's caller and tenant.
    """
    world = replace(beside or World(), row=_defaults(entity))
    for condition in sorted(alternative.conditions, key=_literal_last, reverse=True):
        found = next(_making(condition, world, True), None)
        if found is None:
            return None
        world = found
    return world if holds(alternative.conditions, world) else None


def failing(
    alternative: Alternative,
    others: Sequence[Alternative],
    entity: Entity,
    start: World,
    usable: Callable[[World], bool],
) -> Iterator[tuple[str, World]]:
    """For each conjunct, a usable world in which it alone fails, and no other alternative helps."""
    whole = satisfying(alternative, entity, start)
    if whole is None:
        return
    looked_at = [condition for other in others for condition in other.conditions]
    for condition in alternative.conditions:
        rest = [each for each in alternative.conditions if each != condition]
        for near in _making(condition, whole, False):
            worlds = (each for each in _settled(near, looked_at) if holds(rest, each))
            found = (w for w in worlds if not any(holds(o.conditions, w) for o in others))
            world = next(filter(usable, found), None)
            if world is not None:
                yield str(condition), world
                break


def hidden(
    alternatives: Sequence[Alternative], entity: Entity, beside: World
) -> Mapping[str, Any] | None:
    """A row that no alternative allows the caller in a world; None where there is none."""
    terms = {
        term.name: term.kind
        for each in alternatives
        for condition in each.conditions
        for term in condition.terms
        if term.source == "field"
    }
    choices = [_others(entity, name, kind) for name, kind in terms.items()]
    for chosen in islice(product(*choices), 1000):
        row = _defaults(entity) | dict(zip(terms, chosen, strict=True))
        if not any(holds(each.conditions, replace(beside, row=row)) for each in alternatives):
            return {name: value for name, value in row.items() if value is not None}
    return None


def _others(entity: Entity, name: str, kind: Kind) -> list[Any]:
    if name == ID.name:
        return [None]  # given to a row when it is made: whatever it is then, it is another one
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
            if _value(term, world) is not None:
                continue
            if term.source == "tenant" or (term.source == "field" and term.kind.choices):
                world = _assign(term, domain(term.kind)[0], world)
    return world


def _settled(world: World, conditions: Sequence[Condition]) -> Iterator[World]:
    """The world with values for all that the conditions look at in a row or a tenant.

    What a world leaves open is filled in with an example, which might meet a condition.
    """
    for term in (term for each in conditions for term in each.terms):
        if term.source in ("field", "tenant") and _value(term, world) is None:
            for value in domain(term.kind):
                yield from _settled(_assign(term, value, world), conditions)
            return
    yield world


def holds(conditions: Sequence[Condition], world: World) -> bool:
    """Is every condition met?"""
    return all(_holds(each, world) for each in conditions)


def _literal_last(condition: Condition) -> bool:
    return isinstance(condition.right, tuple)


def _defaults(entity: Entity) -> dict[str, Any]:
    """What the conditions see of a row when nobody says anything else."""
    found = {each.name: each.default for each in entity.columns if each.default is not None}
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
    if isinstance(condition.right, tuple):
        return left in condition.right
    right = _value(condition.right, world)
    if left is None or right is None:
        return False
    return left in right if condition.operator == "in" else bool(left == right)


def _making(condition: Condition, world: World, wanted: bool) -> Iterator[World]:
    """Worlds near `world` in which the condition has the wanted truth."""
    if _holds(condition, world) is wanted:
        yield world
    for candidate in _candidates(condition, wanted):
        for changed in _assignments(condition, candidate, world, wanted):
            if _holds(condition, changed) is wanted:
                yield changed


def _candidates(condition: Condition, wanted: bool) -> list[Any]:
    right = condition.right
    if isinstance(right, tuple):
        return list(right) if wanted else [v for v in domain(condition.left.kind) if v not in right]
    if right.source == "user" and right.name == "id":
        return [ME] if wanted else [OTHER]
    left = condition.left.kind
    found = dict.fromkeys((*domain(left), *domain(right.kind)))
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
            return replace(world, row={**world.row, term.name: value})
        case "user":
            return replace(world, user={**world.user, term.name: value})
        case "tenant":
            return replace(world, tenant={**world.tenant, term.name: value})
        case _:
            return world
