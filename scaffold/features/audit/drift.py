"""How it is judged how long evidence is kept."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.verdict import Number
from scaffold.drift.witness import Says
from scaffold.features.feature import Judged

KEPT = SpecRule(
    id="SCF158",
    name="audit-kept-shorter",
    severity="high",
    controls=("DATA-2",),
    layer="spec",
    what="For how many days audit events are kept.",
    why="Evidence of what somebody did is gone sooner.",
    remedy="Keep it as long as before, and at least 400 days.",
    example=example(
        "audit: {retain: 800d}",
        change=("800d", "400d"),
        dual=("800d", "900d"),
    ),
    claims=(
        Claim(
            "service",
            "audit days",
            Number("narrower"),
            shows=Says("audit events are gone after {now} days now", "It would take until then."),
        ),
    ),
    told=False,
)
JUDGED = Judged((KEPT,))
