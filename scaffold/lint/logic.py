"""What conditions say together: whether they can hold, and whether some imply others."""

from __future__ import annotations

from collections.abc import Callable, Collection

from scaffold.spec.model import Condition, Term

Values = frozenset[str | int | bool]
Domain = Callable[[Term], Values | None]
"""The values that a term can have, where they are few; None where they are not."""


def possible(conditions: Collection[Condition], domain: Domain) -> bool:
    """Can all of the conditions hold at once?

    Terms that must be equal share the values that each of them can have, and those that literals
    leave them. A list attribute of the user can hold anything.
    """
    equal: dict[Term, set[Term]] = {}
    for condition in conditions:
        left = equal.setdefault(condition.left, {condition.left})
        if isinstance(condition.right, Term) and condition.operator == "eq":
            left |= equal.get(condition.right, {condition.right})
            for term in left:
                equal[term] = left
    for terms in equal.values():
        sets = [values for term in terms if (values := domain(term)) is not None]
        sets += [
            frozenset(each.right)
            for each in conditions
            if each.left in terms and isinstance(each.right, tuple)
        ]
        if sets and not frozenset.intersection(*sets):
            return False
    return True


def implies(narrow: Collection[Condition], wide: Collection[Condition]) -> bool:
    """Does every row that meets the conditions of `narrow` meet those of `wide`?

    Compares condition by condition: a true answer is certain, a false one is not.
    """
    return all(any(_implies(each, other) for each in narrow) for other in wide)


def _implies(narrow: Condition, wide: Condition) -> bool:
    if narrow.left != wide.left:
        return False
    if isinstance(narrow.right, Term) or isinstance(wide.right, Term):
        return narrow == wide
    return set(narrow.right) <= set(wide.right)
