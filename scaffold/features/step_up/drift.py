"""How it is judged that an action asks for a less recent sign-in."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.verdict import Number
from scaffold.drift.witness import Runs
from scaffold.features.feature import Judged
from scaffold.features.step_up.witness import older_sign_in

AGE = SpecRule(
    id="SCF153",
    name="step-up-weaker",
    severity="high",
    controls=("ID-3",),
    layer="spec",
    what="How recent a sign-in has to be for an action.",
    why="Whoever finds an open session, or has stolen a token, may do the action for longer.",
    remedy="Keep the age.",
    example=example(
        """
roles: {clerk: {mfa: any, can: [{do: [list, read, create, close], on: note}]}}
resources:
  note:
    fields:
      body: {type: text, max: 500}
      closed: {type: boolean, default: false, set_by: [close]}
    actions: {close: {on: item, step_up: 5m}}
""",
        change=("step_up: 5m", "step_up: 50m"),
        dual=("step_up: 5m", "step_up: 300s"),
    ),
    claims=(
        Claim(
            "operations",
            "{op} step_up",
            Number(absent="everything"),
            shows=Runs(older_sign_in, "{op} is done by whoever signed in {now} ago now"),
        ),
    ),
)
JUDGED = Judged((AGE,))
