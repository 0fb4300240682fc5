"""Every rule of the comparison, of all layers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from scaffold.drift.rule import Rule


@cache
def every() -> tuple[Rule, ...]:
    """All rules, by id. Each family is a module with RULES, imported when somebody asks."""
    from scaffold.drift.rules import approvals

    families = (approvals,)
    found = (rule for family in families for rule in family.RULES)
    return tuple(sorted(found, key=lambda each: each.id))


@cache
def known() -> Mapping[str, Rule]:
    """All rules by their id."""
    return {each.id: each for each in every()}
