"""How meters are judged when they change."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.verdict import Exact
from scaffold.drift.witness import Says
from scaffold.features.feature import Judged

_METERS = """
resources:
  note: {fields: {body: {type: text, max: 500}, pages: {type: integer, min: 1, max: 99}}}
meters:
  notes: {counts: note, per: month}
  pages: {counts: note, sum: pages, per: month}
"""
METER = SpecRule(
    id="SCF167",
    name="meter-changed",
    severity="medium",
    controls=("PAY-6",),
    layer="spec",
    what="What a meter counts, over which period, and as what it is reported to the billing "
    "provider.",
    why="What a tenant uses is counted no more, or it is counted or paid for as something else.",
    remedy="Keep the meter, and add another one for what is to be counted as well.",
    example=example(
        _METERS,
        change=("sum: pages, per: month", "per: month"),
        dual=("meters:\n", "meters:\n  more: {counts: note, per: day}\n"),
    ),
    claims=(
        Claim(
            "meters",
            "{name} counts",
            Exact(absent="everything"),
            shows=Says("{name} counts {now} now", "What is counted stops nobody."),
        ),
        Claim(
            "meters",
            "{name} reported as",
            Exact(absent="everything"),
            shows=Says(
                "{name} is reported as {now} now", "The provider alone knows what it costs."
            ),
        ),
    ),
)
JUDGED = Judged((METER,))
