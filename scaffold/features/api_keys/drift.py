"""How it is judged how long keys work."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, Waiver, example
from scaffold.drift.verdict import Number
from scaffold.drift.witness import Runs
from scaffold.features.api_keys.witness import longer_key
from scaffold.features.feature import Judged

LIFETIME = SpecRule(
    id="SCF154",
    name="api-key-lives-longer",
    severity="high",
    controls=("AZ-5", "ID-5"),
    layer="spec",
    what="How long an API key works at most.",
    why="A key that was lost or stolen is good for longer.",
    remedy="Keep the lifetime, and rotate keys.",
    example=example(
        """
roles:
  clerk:
    mfa: any
    can:
      - {do: [list, read, create, update], on: note}
      - {do: [list, read, create, revoke], on: api_key, when: {member_id: $user.id}}
api_keys: {max_lifetime: 30d}
""",
        change=("max_lifetime: 30d", "max_lifetime: 300d"),
        dual=("max_lifetime: 30d", "max_lifetime: 720h"),
    ),
    claims=(
        Claim(
            "limits",
            "api_key lifetime",
            Number(),
            shows=Runs(longer_key, "API keys are good for {now} now"),
        ),
    ),
    told=False,
)
JUDGED = Judged(
    (LIFETIME,),
    (
        Waiver(
            "operations",
            "{op} by api_key",
            "A key can be good for what its member may do: the grants on keys and on the "
            "operation say who gains what.",
        ),
    ),
)
