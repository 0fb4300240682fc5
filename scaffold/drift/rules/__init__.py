"""Every rule of the comparison, of all layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from scaffold.drift.rule import Rule


@cache
def every() -> tuple[Rule, ...]:
    """All rules, by id. The families are imported when somebody asks."""
    from scaffold.drift.application.rules import RULES as OF_THE_APPLICATION
    from scaffold.drift.code.read import RULES as OF_THE_CODE
    from scaffold.drift.contract.rules import RULES as OF_THE_CONTRACT
    from scaffold.drift.database.read import RULES as OF_THE_DATABASE
    from scaffold.drift.database.yielded import RULES as OF_WHAT_IS_YIELDED
    from scaffold.drift.live import RULES as OF_A_LIVE_DATABASE
    from scaffold.drift.project import RULES as OF_THE_PROJECT
    from scaffold.drift.rules import approvals, ceiling
    from scaffold.drift.spec.rules import rules as of_the_spec
    from scaffold.drift.tree.rules import RULES as OF_THE_TREE

    families: tuple[Iterable[Rule], ...] = (
        OF_THE_TREE,
        of_the_spec().all,
        OF_THE_APPLICATION,
        OF_THE_CODE,
        OF_THE_CONTRACT,
        OF_THE_DATABASE,
        OF_A_LIVE_DATABASE,
        OF_WHAT_IS_YIELDED,
        OF_THE_PROJECT,
        approvals.RULES,
        ceiling.RULES,
    )
    found = (rule for family in families for rule in family)
    return tuple(sorted(found, key=lambda each: each.id))


@cache
def known() -> Mapping[str, Rule]:
    """All rules by their id."""
    return {each.id: each for each in every()}
