"""How it is judged what is sold, and what follows a missed payment."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, Waiver, example
from scaffold.drift.verdict import Exact, Number
from scaffold.drift.witness import Says
from scaffold.features.feature import Judged

_BILLING = """
roles:
  clerk: {can: [{do: [list, read, create], on: note}]}
  boss:
    mfa: phishing_resistant
    can: [{do: [list, read, create], on: billing_request}, {do: read, on: subscription}]
resources: {note: {feature: writing, fields: {body: {type: text, max: 500}}}}
plans:
  free: {quotas: {note: 25/month}}
  team: {price: price_team, features: writing, quotas: {note: 500/month}}
billing:
  provider: stripe
  webhook: {tolerance: 5m, secrets: [STRIPE_WEBHOOK_SECRET]}
  when_unpaid: {after: 7d, plan: free}
"""
SOLD = SpecRule(
    id="SCF165",
    name="billing-changed",
    severity="medium",
    controls=("PAY-3", "PAY-4"),
    layer="spec",
    what="The provider that is asked for money, the price that a plan is sold for, and how long a "
    "plan is kept after a missed payment.",
    why="Tenants pay another price, somebody else, or later than before.",
    remedy="Keep the price of the catalogue and the grace, or have the new ones approved.",
    example=example(
        _BILLING,
        change=("after: 7d", "after: 60d"),
        dual=("after: 7d", "after: 5d"),
    ),
    claims=(
        Claim(
            "billing",
            "provider",
            Exact(absent=None),
            shows=Says("{now} is asked for money now", "It would have to be asked."),
        ),
        Claim(
            "billing",
            "grace after a missed payment",
            Number(),
            shows=Says(
                "a plan is kept for {now} after a missed payment now",
                "It is the provider that tells of one.",
            ),
        ),
        Claim(
            "billing",
            "{plan} sold as",
            Exact(absent=None),
            shows=Says("{plan} is sold as {now} now", "The price is known to the provider alone."),
        ),
    ),
)
JUDGED = Judged(
    (SOLD,),
    (
        Waiver(
            "billing",
            "billing_request {name}",
            "What can be asked of the provider is the same wherever there is billing; grants say "
            "who may ask.",
        ),
    ),
)
