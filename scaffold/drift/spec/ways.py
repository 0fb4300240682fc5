"""How a role is allowed an operation, before and now: which ways the others cover."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product
from typing import Any

from scaffold.design import surface
from scaffold.design.model import Condition, Design, Entity
from scaffold.design.model import Term as Resolved
from scaffold.lint.logic import Values, implies, possible
from scaffold.spec.conditions import Condition as Written
from scaffold.spec.conditions import Term

_COMBINATIONS = 2_000
"""Combinations of values that are tried one by one, where conditions have few values."""


@dataclass(frozen=True)
class Way:
    """One way: on rows that meet the conditions, for these columns, giving these roles.

    None stands for all columns, or for all roles and for what gives none.
    """

    conditions: tuple[Condition, ...]
    fields: frozenset[str] | None
    gives: frozenset[str] | None

    @cached_property
    def written(self) -> tuple[Written, ...]:
        """The conditions as the logic of conditions compares them."""
        return tuple(map(_written, self.conditions))

    @cached_property
    def terms(self) -> Mapping[Term, Resolved]:
        """What the conditions look at."""
        return {_term(t): t for each in self.conditions for t in each.terms}


def ways_of(found: Iterable[surface.Way]) -> tuple[Way, ...]:
    """The ways of the surface, for comparing."""
    return tuple(
        Way(
            each.conditions,
            None if each.fields is None else frozenset(each.fields),
            None if each.gives is None else frozenset(each.gives),
        )
        for each in found
    )


class Coverage:
    """Whether ways cover others: over the environments and the small types of two designs."""

    def __init__(self, environments: Iterable[str]) -> None:
        self._environments = frozenset(environments)

    def covers(self, wide: Sequence[Way], narrow: Sequence[Way]) -> bool:
        """Is whatever one of `narrow` allows allowed by those of `wide`? A no may be unsure."""
        return all(self._covered(each, wide) for each in narrow)

    def _covered(self, way: Way, wide: Sequence[Way]) -> bool:
        domain = self._domain((way, *wide))
        if not possible(way.written, domain):
            return True
        fitting = [each for each in wide if _holds_more(each, way)]
        if any(implies(way.written, each.written) for each in fitting):
            return True
        return self._by_cases(way, fitting, domain)

    def _by_cases(
        self, way: Way, wide: Sequence[Way], domain: Callable[[Term], Values | None]
    ) -> bool:
        """The same value by value, for the terms that have few."""
        terms = dict.fromkeys(t for each in wide for t in each.terms)
        few = [(term, values) for term in terms if (values := domain(term)) is not None]
        if not wide or not few:
            return False
        cases = product(*(sorted(values, key=repr) for _, values in few))
        listed = list(islice(cases, _COMBINATIONS + 1))
        if len(listed) > _COMBINATIONS:
            return False
        for case in listed:
            chosen = tuple(
                Written(term, "null", ()) if value is None else Written(term, "eq", (value,))
                for (term, _), value in zip(few, case, strict=True)
            )
            here = (*way.written, *chosen)
            if possible(here, domain) and not any(implies(here, each.written) for each in wide):
                return False
        return True

    def _domain(self, ways: Sequence[Way]) -> Callable[[Term], Values | None]:
        known: dict[Term, set[Any] | None] = {}
        for each in ways:
            for term, resolved in each.terms.items():
                choices = resolved.kind.choices
                if term.kind == "environment":
                    known[term] = {*self._environments}
                elif not choices or resolved.many:
                    known[term] = None
                elif (found := known.setdefault(term, set())) is not None:
                    found |= {resolved.kind.rank(c) for c in choices}
            for condition in each.conditions:
                if condition.nullable and (found := known.get(_term(condition.left))):
                    found.add(None)
        return lambda term: None if (v := known.get(term)) is None else frozenset(v)


def _holds_more(wide: Way, narrow: Way) -> bool:
    """Does it cover as many columns and give as many roles?"""
    fields = wide.fields is None or (narrow.fields is not None and narrow.fields <= wide.fields)
    gives = wide.gives is None or (narrow.gives is not None and narrow.gives <= wide.gives)
    return fields and gives


def within(ways: Iterable[Way], entity: Entity, known: frozenset[str]) -> tuple[Way, ...]:
    """The ways with the columns of `known` alone, all of them named: those that such an operation
    can have before and now. What is said of others is said by their own facts.
    """
    every = frozenset(each.name for each in entity.fields) & known
    return tuple(
        Way(each.conditions, every if each.fields is None else each.fields & known, each.gives)
        for each in ways
    )


def _term(term: Resolved) -> Term:
    return Term(term.source, term.name)


def _written(condition: Condition) -> Written:
    if isinstance(condition.right, Resolved):
        return Written(
            _term(condition.left), condition.operator, _term(condition.right), condition.negated
        )
    kind = condition.left.kind.held or condition.left.kind
    values = tuple(kind.rank(each) for each in condition.right)
    if condition.operator == "in":
        values = tuple(sorted({*values}, key=repr))
    return Written(_term(condition.left), condition.operator, values, condition.negated)


def environments(*designs: Design) -> frozenset[str]:
    """The environments of some designs."""
    return frozenset(name for each in designs for name in each.environments)
