"""Every rule of the comparison, of all layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from scaffold.drift.rule import Rule


@cache
def every() -> tuple[Rule, ...]:
    """All rules, by id. The families are imported when somebody asks."""
    from scaffold.drift.rules import approvals
    from scaffold.drift.spec.rules import rules as of_the_spec

    families: tuple[Iterable[Rule], ...] = (of_the_spec().all, approvals.RULES)
    found = (rule for family in families for rule in family)
    return tuple(sorted(found, key=lambda each: each.id))


@cache
def known() -> Mapping[str, Rule]:
    """All rules by their id."""
    return {each.id: each for each in every()}
