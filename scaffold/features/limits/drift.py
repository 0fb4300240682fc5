"""How the limits are judged when they change."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.verdict import Rate
from scaffold.drift.witness import Runs
from scaffold.features.feature import Judged
from scaffold.features.limits.witness import burst

LIMIT = SpecRule(
    id="SCF151",
    name="limit-raised",
    severity="high",
    controls=("API-2",),
    layer="spec",
    what="How often a user, a token, a tenant and a network may call, and fail to sign in.",
    why="More guesses a minute, and one tenant can take more from the others.",
    remedy="Keep the rate: 60 in a minute is another one than 1 in a second.",
    example=example(
        "limits: {user: 60/min}",
        change=("60/min", "600/min"),
        dual=("60/min", "30/min"),
    ),
    claims=tuple(
        Claim("limits", each, Rate(), shows=Runs(burst, "{now} are heard now, and {old} before"))
        for each in ("user", "token", "tenant", "failed_authentication")
    ),
    told=False,
)
JUDGED = Judged((LIMIT,))
