"""What several statements say of plans: the one that counts, and quotas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scaffold.database.counters import among
from scaffold.database.layout import LINE, Group, Sql, all_of, any_of
from scaffold.database.sql import literal
from scaffold.design import states
from scaffold.features.plans.design import Plans


def literals(names: Iterable[str]) -> str:
    """Texts between commas."""
    return ", ".join(map(literal, names))


def ways(found: Plans) -> Iterator[Sql]:
    """The tests that a subscription `s` of a known plan entitles to it at this moment: one is
    enough."""
    yield among("s.state", states.entitled("plan"))
    if found.grace:
        until = f"s.past_due_at + interval '{found.grace} s' > now()"
        yield all_of([among("s.state", states.entitled("grace")), until])
    yield all_of([among("s.state", states.entitled("trial")), "s.trial_ends_at > now()"])


def counts(found: Plans) -> Sql:
    """The test that a subscription `s` entitles to its plan at this moment."""
    known = f"s.plan in ({literals(each.name for each in found.each)})"
    return all_of([known, any_of(ways(found))])


def most(found: Plans, meter: str, plan: str) -> Sql:
    """How much a plan has of a meter: null is no limit, and of an unknown plan it has nothing."""
    cases = []
    for each in found.each:
        limit = each.of(meter).most
        cases.append(f"when {literal(each.name)} then {'null' if limit is None else limit}")
    return Group((*cases, "else 0"), LINE, f"case {plan} ", " end")
