"""Rules about plans that nobody can buy, and about what follows a payment that fails."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.billing.design import REQUEST, billing_of, requests
from scaffold.lint.context import Context
from scaffold.lint.rule import Family, Found

family = Family()

LONG = 600
"""Seconds of tolerance that are many."""

_SOLD = """
roles:
  clerk:
    mfa: any
    can: [{do: [list, read, create], on: note}, {do: [list, read, create], on: billing_request}]
resources: {note: {fields: {body: {type: text, max: 500}}}}
plans: {free: {}, team: {price: price_team}}
billing:
  provider: stripe
  webhook: {tolerance: 5m, secrets: STRIPE_WEBHOOK_SECRET}
  when_unpaid: {after: 7d, plan: free}
"""


@family.rule(
    "L335",
    "plan-that-nobody-can-buy",
    "warning",
    "PAY-4",
    reason="A plan has a price, and no role of people may ask for a checkout of it: an operator "
    "would have to give it to every tenant.",
    remedy="Grant a role create on billing_request.",
    example=_SOLD.replace("{do: [list, read, create], on: billing_request}", "").replace(
        "note}, ]", "note}]"
    ),
    repair=("on: note}]", "on: note}, {do: [list, read, create], on: billing_request}]"),
)
def plan_that_nobody_can_buy(context: Context) -> Iterator[Found]:
    """Plans with prices, and no human role that may begin a checkout."""
    found = billing_of(context.design)
    if found is None:
        return
    humans = {each.name for each in context.design.roles if each.kind == "human"}
    buys = any(
        each.verb == "create"
        and any(
            set(way.roles) & humans
            and all(
                condition.left.name != "kind"
                or not condition.by_value
                or not isinstance(condition.right, tuple)
                or "checkout" in condition.right
                for condition in way.conditions
            )
            for way in each.alternatives
        )
        for each in requests(context.design)
    )
    if not buys:
        sold = ", ".join(plan for plan, _ in found.sold)
        yield Found(f"Nobody may begin the checkout of {sold}", ("billing",))


@family.rule(
    "L336",
    "asked-and-never-told",
    "warning",
    "PAY-4",
    reason="What the provider answers, such as the address of the checkout, stands in the request: "
    "whoever cannot read it has asked in vain.",
    remedy="Grant read on billing_request to the role that may create one.",
    example=_SOLD.replace("{do: [list, read, create], on: b", "{do: create, on: b"),
    repair=("{do: create, on: b", "{do: [read, create], on: b"),
)
def asked_and_never_told(context: Context) -> Iterator[Found]:
    """A role that may create a request of billing, and read none."""
    found = {each.verb: each for each in requests(context.design)}
    if "create" not in found:
        return
    told = set(found["read"].roles) if "read" in found else set()
    for each in context.granted:
        if each.entity.name == REQUEST and each.do == "create" and each.role not in told:
            yield Found(f"{each.role} may create a {REQUEST}, and not read it", each.path)


@family.rule(
    "L337",
    "unpaid-at-once",
    "advice",
    "PAY-4",
    reason="A card that has expired yesterday takes the plan away from everybody in the tenant "
    "before anybody could replace it.",
    remedy="Write when_unpaid: {after: 7d, plan: ...}.",
    example=_SOLD.replace("  when_unpaid: {after: 7d, plan: free}\n", ""),
    repair=(
        "secrets: STRIPE_WEBHOOK_SECRET}\n",
        "secrets: STRIPE_WEBHOOK_SECRET}\n  when_unpaid: {after: 7d, plan: free}\n",
    ),
)
def unpaid_at_once(context: Context) -> Iterator[Found]:
    """Billing without a grace after a missed payment."""
    found = billing_of(context.design)
    if found and not found.grace:
        yield Found("The first payment that fails ends the plan", ("billing",))


@family.rule(
    "L338",
    "payments-good-for-long",
    "warning",
    "PAY-1",
    reason="Whoever gets hold of an event of the provider can send it again for as long as that.",
    remedy="Write tolerance: 5m, and keep the clock of the service right.",
    example=_SOLD.replace("tolerance: 5m", "tolerance: 30m"),
    repair=("tolerance: 30m", "tolerance: 5m"),
)
def payments_good_for_long(context: Context) -> Iterator[Found]:
    """A tolerance of more than ten minutes."""
    found = billing_of(context.design)
    if found and found.tolerance > LONG:
        yield Found(
            f"An event of {found.provider} is good for {found.tolerance} s",
            ("billing", "webhook", "tolerance"),
        )
