"""How caps are judged when they change."""

from __future__ import annotations

from functools import partial

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.verdict import Exact, Number
from scaffold.drift.witness import Runs, Says
from scaffold.features.caps.witness import beyond_cap
from scaffold.features.feature import Judged

_CAPS = """
roles:
  clerk: {can: [{do: [list, read, create], on: expense}]}
resources:
  expense:
    fields: {amount: {type: money, min: 0, immutable: true}}
caps:
  expenses: {counts: expense, sum: amount, roles: {clerk: {each: 500, member: 2000}}}
"""
CAP = SpecRule(
    id="SCF168",
    name="spending-cap-raised",
    severity="high",
    controls=("PAY-6",),
    layer="spec",
    what="How much a role may spend by one use, a member by a day or a month, and all members by "
    "the role.",
    why="A member spends or approves more than was decided, by mistake or by a stolen session.",
    remedy="Keep the cap, or have the new one approved by whoever answers for the money.",
    example=example(
        _CAPS,
        change=("member: 2000", "member: 200000"),
        dual=("member: 2000", "member: 1000"),
    ),
    claims=(
        Claim(
            "caps",
            "{name} adds up",
            Exact(absent="everything"),
            shows=Says("{name} adds up {now} now", "The test would have to know how much is left."),
        ),
        *(
            Claim(
                "caps",
                f"{{name}} {{role}} {most}",
                Number(absent="everything"),
                shows=Runs(partial(beyond_cap, most), "{role} spends {now} of {name} now"),
            )
            for most in ("each", "member", "tenant")
        ),
    ),
)
JUDGED = Judged((CAP,))
