"""How plans are judged when they change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.verdict import By, Exact, Number, Rate, Verdict, from_both
from scaffold.drift.witness import Runs, Says
from scaffold.features.feature import Judged
from scaffold.features.plans.design import feature_of
from scaffold.features.plans.witness import (
    beyond_quota,
    burst_of_tenant,
    entitled,
    without_a_feature,
)

if TYPE_CHECKING:
    from scaffold.drift.spec.state import State

Names = frozenset[str]

_PLANS = """
resources:
  note: {feature: writing, fields: {body: {type: text, max: 500}}}
plans:
  free: {features: writing, quotas: {note: 25/month}, limits: {tenant: 60/min}}
  team: {price: price_team, features: writing, quotas: {note: 500/month}}
trial: {plan: team, days: 14}
"""
_TRIAL = re.compile(r"(\w+) for ([0-9]+) days", re.ASCII)


def _trial(before: str, after: str) -> Verdict:
    old, new = _TRIAL.fullmatch(before), _TRIAL.fullmatch(after)
    if old is None or new is None or old[1] != new[1]:
        return "incomparable"
    return from_both(int(new[2]) <= int(old[2]), int(old[2]) <= int(new[2]))


def _gated(state: State, match: re.Match[str], text: str) -> tuple[Names, Names]:
    """The features of a plan, and those that something needs."""
    del match
    needed = frozenset(feature_of(each) or "" for each in state.design.operations) - {""}
    return frozenset(text.split(", ")) - {"none"}, needed


def _features(before: tuple[Names, Names], after: tuple[Names, Names]) -> Verdict:
    """A feature that nothing needed before takes nothing from anybody when a plan has it."""
    (old, known), (new, _) = before, after
    return from_both(new & known <= old & known, old & known <= new & known)


FEATURE = SpecRule(
    id="SCF161",
    name="entitlement-widened",
    severity="medium",
    controls=("PAY-4",),
    layer="spec",
    what="The features that plans have, the plan of the beginning, the trial, the grace after a "
    "missed payment, and the feature that an operation needs.",
    why="Tenants get what they have not paid for.",
    remedy="Keep the feature in the plans that are paid for.",
    example=example(
        _PLANS,
        change=("days: 14", "days: 90"),
        dual=("days: 14", "days: 7"),
    ),
    claims=(
        Claim(
            "plans",
            "{plan} features",
            By(_features),
            lead=("plan",),
            point=_gated,
            shows=Runs(entitled, "tenants of {plan} have {now} now"),
        ),
        Claim(
            "plans",
            "first",
            Exact(absent="other"),
            shows=Says(
                "tenants without a plan have {now} now",
                "Which plan a tenant has is not what anybody asks for.",
            ),
        ),
        Claim(
            "plans",
            "trial",
            By(_trial),
            shows=Says("new tenants try {now} now", "It would take until then."),
        ),
        Claim(
            "plans",
            "grace after a missed payment",
            Number(),
            shows=Says(
                "a plan is kept for {now} after a missed payment now", "It would take until then."
            ),
        ),
        Claim(
            "operations",
            "{op} feature",
            Exact(absent="everything"),
            shows=Runs(without_a_feature, "{op} needs {now} now, and needed {old}"),
        ),
    ),
)
QUOTA = SpecRule(
    id="SCF162",
    name="quota-raised",
    severity="medium",
    controls=("PAY-6", "API-2"),
    layer="spec",
    what="How much a tenant may hold or use on a plan, and how often it may call.",
    why="A tenant uses more than its plan was made for.",
    remedy="Keep the quota, or have the new one approved with its price.",
    example=example(
        _PLANS,
        change=("note: 25/month", "note: 250/month"),
        dual=("note: 25/month", "note: 20/month"),
    ),
    claims=(
        Claim(
            "plans",
            "{plan} quota {name}",
            Number(absent="everything"),
            shows=Runs(beyond_quota, "tenants of {plan} use {now} of {name} now"),
        ),
        Claim(
            "plans",
            "{plan} limit of a tenant",
            Rate(absent="everything"),
            shows=Runs(burst_of_tenant, "tenants of {plan} call {now} now"),
        ),
    ),
)
PRICE = SpecRule(
    id="SCF163",
    name="price-changed",
    severity="medium",
    controls=("PAY-3",),
    layer="spec",
    what="The price of a plan in the catalogue of the provider.",
    why="Tenants pay another price for the plan, or none.",
    remedy="Compare the ids with the catalogue of the provider.",
    example=example(
        _PLANS,
        change=("price_team", "price_test"),
        dual=("note: 25/month", "note: 20/month"),
    ),
    claims=(
        Claim(
            "plans",
            "{plan} price",
            Exact(absent="other"),
            shows=Says("{plan} is sold as {now} now", "The price is known to the provider alone."),
        ),
    ),
    told=False,
)
EVIDENCE = SpecRule(
    id="SCF166",
    name="evidence-held-shorter",
    severity="medium",
    controls=("PAY-8", "DATA-2"),
    layer="spec",
    what="For how long the evidence about a disputed payment is held.",
    why="What proves that the payment was right is gone before the dispute has ended.",
    remedy="Take the scaffold that holds it as long as before.",
    example=None,
    claims=(
        Claim(
            "plans",
            "evidence is held after a dispute",
            Number("narrower"),
            shows=Says(
                "evidence is held for {now} after a dispute now", "It would take until then."
            ),
        ),
    ),
    told=False,
)
JUDGED = Judged((FEATURE, QUOTA, PRICE, EVIDENCE))
