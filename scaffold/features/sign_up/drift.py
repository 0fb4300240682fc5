"""How it is judged what people give themselves."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.verdict import Exact, Number
from scaffold.drift.witness import Runs
from scaffold.features.feature import Judged
from scaffold.features.sign_up.witness import gives, one_more

SIGN_UP = SpecRule(
    id="SCF155",
    name="sign-up-gives-more",
    severity="high",
    controls=("AZ-1", "API-2"),
    layer="spec",
    what="The role of whoever signs up, and how many tenants one person makes.",
    why="It is given without anybody's consent.",
    remedy="Keep the role and the number.",
    example=example(
        """
tenancy: {tenant: company, sign_up: {issuer: https://login.example.com/, role: clerk}}
roles:
  clerk: {can: [{do: [list, read, create], on: note}, {do: read, on: company}]}
  boss: {can: [{do: [list, read, create, update], on: note}, {do: read, on: company}]}
""",
        change=("role: clerk", "role: boss"),
        dual=("[list, read, create, update]", "[update, create, list, read]"),
    ),
    claims=(
        Claim(
            "access",
            "sign_up gives",
            Exact(),
            lead=(),
            shows=Runs(gives, "whoever signs up is {now} now"),
        ),
        Claim(
            "limits",
            "sign_up of one subject",
            Number(),
            shows=Runs(one_more, "one person makes {now} tenants now"),
        ),
    ),
)
JUDGED = Judged((SIGN_UP,))
