"""What is wrong with what a spec says of plans, in several places."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.plans.keys import (
    ActionKeys,
    Quota,
    ResourceKeys,
    SpecKeys,
    meters_in,
    of_tenant,
)
from scaffold.spec.findings import Finding, Scope, unknown
from scaffold.spec.measured import Period
from scaffold.spec.problems import Path, listing, quote
from scaffold.spec.rates import Unlimited

SUBSCRIPTION = "subscription"


def findings(scope: Scope) -> Iterator[Finding]:
    """The plans, the trial, and what they are to gate."""
    spec = scope.spec
    assert isinstance(spec, SpecKeys)
    gates = dict(_gates(scope))
    yield from _doubly_gated(scope)
    if not spec.plans and not scope.is_broken("plans"):
        yield from _without_plans(spec, gates)
    if not spec.plans:
        return
    first, *_ = spec.plans
    if spec.plans[first].price is not None:
        yield Finding(
            "E-PLAN",
            f"{first} is the first plan, where every tenant begins, and has a price",
            ("plans", first, "price"),
            "Remove the price, or write a plan without one before it.",
        )
    if spec.trial is not None and spec.trial.plan not in spec.plans:
        path = ("trial", "plan")
        yield unknown("E-UNKNOWN-PLAN", "plan", spec.trial.plan, path, spec.plans)
    yield from _rates(scope, spec)
    for name, plan in spec.plans.items():
        for index, feature in enumerate(plan.features):
            if feature not in gates.values() and not scope.is_broken("resources"):
                yield unknown(
                    "E-UNKNOWN-FEATURE",
                    "operation that needs the feature",
                    feature,
                    ("plans", name, "features", index),
                    sorted(set(gates.values())),
                )
        for meter in plan.quotas:
            yield from _meter(scope, name, meter)
    yield from _uneven(spec)
    yield from _conditions(scope)


def _conditions(scope: Scope) -> Iterator[Finding]:
    """What is worked out for a tenant is everybody's there who may read it, or nobody's."""
    for path, _, grant in scope.grants():
        for when in grant.when if SUBSCRIPTION in grant.on else ():
            if when.left.kind == "field":
                yield Finding(
                    "E-CONDITION",
                    f"A condition looks at {when.left.name} of a subscription",
                    (*path, "when"),
                    "Leave it out, or ask for attributes of the user or the tenant.",
                )


def _gates(scope: Scope) -> Iterator[tuple[Path, str]]:
    """Where each feature is asked for."""
    for name, resource in scope.spec.resources.items():
        if isinstance(resource, ResourceKeys) and resource.feature:
            yield ("resources", name, "feature"), resource.feature
        for word, action in resource.actions.items():
            if isinstance(action, ActionKeys) and action.feature:
                yield ("resources", name, "actions", word, "feature"), action.feature


def _doubly_gated(scope: Scope) -> Iterator[Finding]:
    for name, resource in scope.spec.resources.items():
        whole = resource.feature if isinstance(resource, ResourceKeys) else None
        for word, action in resource.actions.items():
            if whole and isinstance(action, ActionKeys) and action.feature:
                yield Finding(
                    "E-FEATURE",
                    f"{word} needs the feature {whole} already, as all of {name} does",
                    ("resources", name, "actions", word, "feature"),
                    "An operation needs one feature: remove it here or at the resource.",
                )


def _without_plans(spec: SpecKeys, gates: dict[Path, str]) -> Iterator[Finding]:
    hint = "Write plans, or remove it."
    for path, feature in gates.items():
        message = f"There are no plans that could have the feature {quote(feature)}"
        yield Finding("E-UNKNOWN-FEATURE", message, path, hint)
    if spec.trial is not None:
        yield Finding("E-UNKNOWN-PLAN", "There are no plans to try", ("trial", "plan"), hint)


def _rates(scope: Scope, spec: SpecKeys) -> Iterator[Finding]:
    rated = [name for name, each in spec.plans.items() if each.limits.tenant]
    if rated and isinstance(of_tenant(scope.spec), Unlimited):
        yield Finding(
            "E-PLAN-LIMIT",
            f"A tenant on {rated[0]} is limited, and limits.tenant says that none is",
            ("limits", "tenant"),
            "Write a rate there, which holds for plans that say none.",
        )


def _meter(scope: Scope, plan: str, meter: str) -> Iterator[Finding]:
    """What a quota counts is a resource of the spec, or an action of one."""
    name, dot, action = meter.partition(".")
    path = ("plans", plan, "quotas", meter)
    meters = meters_in(scope.spec)
    if meter in meters:
        yield from _of_meter(scope, path, plan, meters[meter])
        return
    if name not in scope.resources:
        if not scope.is_broken("meters", name):
            known = scope.resources | {*meters}
            yield unknown("E-UNKNOWN-RESOURCE", "resource or meter", name, path, known, named=True)
        return
    if not dot or name not in scope.spec.resources:
        return
    if action not in scope.actions(name):
        known = scope.actions(name)
        yield unknown("E-UNKNOWN-ACTION", "action", action, path, known, named=True)
    quota = scope.spec.plans[plan].quotas[meter] if isinstance(scope.spec, SpecKeys) else None
    if isinstance(quota, Quota) and quota.period == "held":
        yield Finding(
            "E-QUOTA",
            f"{meter} counts uses, and {quota.most} is a number of rows",
            path,
            f"Write {quota.most}/month or {quota.most}/day.",
        )


def _of_meter(scope: Scope, path: Path, plan: str, period: Period) -> Iterator[Finding]:
    """A quota of a meter is over its period."""
    assert isinstance(scope.spec, SpecKeys)
    quota = scope.spec.plans[plan].quotas[str(path[-1])]
    if isinstance(quota, Quota) and quota.period != period:
        yield Finding(
            "E-QUOTA",
            f"{path[-1]} is a meter of each {period}, and this is a quota of something else",
            path,
            f"Write {quota.most}/{period}.",
        )


def _uneven(spec: SpecKeys) -> Iterator[Finding]:
    """Every plan says every quota, over the same period: what one leaves out has no limit there,
    and a counter counts one thing."""
    meters = {meter: name for name, each in reversed(spec.plans.items()) for meter in each.quotas}
    for name, plan in spec.plans.items():
        missing = sorted(meters.keys() - plan.quotas.keys())
        if missing:
            yield Finding(
                "E-QUOTA",
                f"{name} says no quota of {listing(missing)}, and {meters[missing[0]]} does",
                ("plans", name),
                "Write the quota, or {unlimited_because: ...}.",
                named=True,
            )
    for meter in sorted(meters):
        found = {
            name: each.quotas[meter]
            for name, each in spec.plans.items()
            if isinstance(each.quotas.get(meter), Quota)
        }
        (first, known), *others = found.items() or [("", None)]
        for name, quota in others:
            assert isinstance(known, Quota) and isinstance(quota, Quota)
            if quota.period != known.period:
                yield Finding(
                    "E-QUOTA",
                    f"{name} counts {meter} over another period than {first}",
                    ("plans", name, "quotas", meter),
                    "Write the same in every plan: N/day, N/month, or N for the rows at once.",
                )
