"""What conditions say together: whether they can hold, and whether some imply others.

Literals are as they are ordered and compared (`Kind.rank`), each value in one way. None is null.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any

from scaffold.spec.model import Condition, Term

Values = frozenset[Any]
Domain = Callable[[Term], Values | None]
"""The values that a term can have, where they are few; None where they are not."""

_SIGNS = {"lt": {-1}, "lte": {-1, 0}, "eq": {0}, "gte": {0, 1}, "gt": {1}}
"""How the left side compares with the right one."""
_FEW = 200
"""Whole numbers that are tried one by one."""


def possible(conditions: Collection[Condition], domain: Domain) -> bool:
    """Can all of the conditions hold at once?

    Terms that must be equal share the values that each of them can have, and those that literals
    leave them. A list attribute of the user can hold anything.
    """
    equal: dict[Term, set[Term]] = {}
    for condition in conditions:
        left = equal.setdefault(condition.left, {condition.left})
        if isinstance(condition.right, Term) and _equates(condition):
            left |= equal.get(condition.right, {condition.right})
            for term in left:
                equal[term] = left
    if any(replace(each, negated=not each.negated) in conditions for each in conditions):
        return False
    groups = [[each for each in conditions if each.left in terms] for terms in equal.values()]
    for terms, here in zip(equal.values(), groups, strict=True):
        sets = [values for term in terms if (values := domain(term)) is not None]
        sets += [
            frozenset(each.right) for each in here if _named(each) and isinstance(each.right, tuple)
        ]
        if sets and not any(_meets_all(here, each) for each in frozenset.intersection(*sets)):
            return False
        if not sets and not _something_left(here):
            return False
    return _terms_agree(conditions, equal)


def implies(narrow: Collection[Condition], wide: Collection[Condition]) -> bool:
    """Does every row that meets the conditions of `narrow` meet those of `wide`?

    Compares condition by condition: a true answer is certain, a false one is not.
    """
    return all(any(_implies(each, other) for each in narrow) for other in wide)


def _equates(condition: Condition) -> bool:
    return condition.operator == "eq" and not condition.negated


def _named(condition: Condition) -> bool:
    """Does it name, by literals, all values that meet it?"""
    positive = condition.operator in ("eq", "in") and not condition.negated
    return positive and isinstance(condition.right, tuple)


def _meets_all(conditions: Iterable[Condition], value: Any) -> bool:
    return all(_meets(each, value) for each in conditions)


def _meets(condition: Condition, value: Any) -> bool:
    """May a value of the left side meet a condition? What is right of it may be anything."""
    if value is None or condition.operator == "null":
        return (value is None) is (condition.negated is not (condition.operator == "null"))
    if isinstance(condition.right, Term):
        return True
    match condition.operator:
        case "contains":
            return (condition.right[0] in value) is not condition.negated
        case "eq" | "in":
            return (value in condition.right) is not condition.negated
    return _sign(value, condition.right[0]) in _SIGNS[condition.operator]


def _sign(value: Any, other: Any) -> int:
    return int(value > other) - int(value < other)


def _something_left(conditions: Collection[Condition]) -> bool:
    """Is there a value that meets what the literals say, where there are many values?"""
    if any(each.operator == "null" and not each.negated for each in conditions):
        return _meets_all(conditions, None)
    low, high = _interval(conditions)
    if low is None or high is None:
        return True
    if _is_whole(low) and _is_whole(high) and high - low < _FEW:
        return any(_meets_all(conditions, each) for each in range(low, high + 1))
    return bool(low < high) or (low == high and _meets_all(conditions, low))


def _interval(conditions: Collection[Condition]) -> tuple[Any, Any]:
    """The least and the greatest value that literals leave; None where there is no bound."""
    bounds = [
        (each.operator, each.right[0])
        for each in conditions
        if isinstance(each.right, tuple) and each.right and not each.negated
    ]
    lows = [value for operator, value in bounds if operator in ("gt", "gte", "eq")]
    highs = [value for operator, value in bounds if operator in ("lt", "lte", "eq")]
    return max(lows, default=None), min(highs, default=None)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _terms_agree(conditions: Collection[Condition], equal: dict[Term, set[Term]]) -> bool:
    """Can the comparisons of two terms hold together, and with the bounds of each?"""
    signs: dict[tuple[Term, Term], set[int]] = {}
    for each in conditions:
        if not isinstance(each.right, Term) or each.operator in ("in", "contains"):
            continue
        allowed = {-1, 1} if each.negated else _SIGNS[each.operator]
        same = {0} if each.right in equal.get(each.left, ()) else {-1, 0, 1}
        found = signs.setdefault((each.left, each.right), same)
        found &= allowed
    for (left, right), allowed in signs.items():
        mine, theirs = ([c for c in conditions if c.left == term] for term in (left, right))
        (low, high), (their_low, their_high) = _interval(mine), _interval(theirs)
        if allowed <= {-1, 0} and None not in (low, their_high):
            allowed &= {_sign(low, their_high), -1} if low <= their_high else set()
        if allowed <= {0, 1} and None not in (high, their_low):
            allowed &= {_sign(high, their_low), 1} if high >= their_low else set()
        if not allowed:
            return False
    return True


def _implies(narrow: Condition, wide: Condition) -> bool:
    if narrow == wide:
        return True
    if narrow.left != wide.left:
        return False
    if wide.operator == "null":
        return wide.negated and not narrow.negated and narrow.operator != "null"
    if isinstance(wide.right, Term):
        return narrow.right == wide.right and _orders_within(narrow, wide)
    if narrow.operator == "null":
        return not narrow.negated and wide.negated
    if isinstance(narrow.right, Term) or "contains" in (narrow.operator, wide.operator):
        return False
    if _named(narrow):
        return all(_meets(wide, each) for each in narrow.right)
    if narrow.negated:
        return wide.negated and set(wide.right) <= set(narrow.right)
    if wide.negated:
        return not any(_meets(narrow, each) for each in wide.right)
    if narrow.operator[0] != wide.operator[0] or _named(wide):
        return False
    return _meets(wide, narrow.right[0])  # the same way: up to a bound, or from one on


def _orders_within(narrow: Condition, wide: Condition) -> bool:
    """Does a comparison with a term imply another one with the same term?"""
    if "in" in (narrow.operator, wide.operator) or "contains" in (narrow.operator, wide.operator):
        return False
    mine, theirs = ({-1, 1} if each.negated else _SIGNS[each.operator] for each in (narrow, wide))
    # What is null meets a negated one, and no other.
    return mine <= theirs and (wide.negated or not narrow.negated)
