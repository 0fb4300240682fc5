"""What a tenant gets of its plan now, and did not get before."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scaffold.drift.spec.witness import Asked, Request, Shape, allowed, asking, former
from scaffold.drift.verdict import Rate
from scaffold.drift.witness import Trial, Tried, Witness
from scaffold.features.plans.design import Plans, feature_of, meters_of, plans_of

_MOST = 200
_QUOTA = re.compile(r"([0-9]+)( .+)", re.ASCII)


def entitled(asked: Asked) -> Iterator[Request]:
    """An operation for a tenant whose plan did not have its feature."""
    gained = {*asked.now.split(", ")} - {*asked.old.split(", ")}
    for operation in asked.after.design.operations:
        if feature_of(operation) in gained:
            yield from _on_plan(asked, operation.permission, asked.match["plan"])


def without_a_feature(asked: Asked) -> Iterator[Request]:
    """An operation for a tenant whose plan has not the feature that was needed."""
    before, after = plans_of(asked.before.design), plans_of(asked.after.design)
    known = {each.name for each in after.each} if after else set()
    for plan in before.each if before else ():
        if asked.old not in plan.features and plan.name in known:
            yield from _on_plan(asked, asked.match["op"], plan.name)


def _on_plan(asked: Asked, permission: str, plan: str) -> Iterator[Request]:
    shape = Shape(
        statements=(_subscribe(plan),),
        imports=(f"from {asked.after.design.name}.development import plans",),
        before="403",
    )
    for operation in asked.after.design.operations:
        if operation.permission == permission:
            earlier = former(asked.before, operation.permission, operation.searches)
            yield from asking(allowed(asked, operation, earlier), shape, f"on the plan {plan}")


def _subscribe(plan: str) -> str:
    return f"service.run(plans.subscribe(service.admin, request.world.tenant_id, {plan!r}))"


def beyond_quota(asked: Asked) -> Iterator[Request]:
    """One more than the plan of a tenant had."""
    plan, meter = asked.match["plan"], asked.match["name"]
    old, new = _QUOTA.fullmatch(asked.old), _QUOTA.fullmatch(asked.now)
    found = plans_of(asked.after.design)
    if old is None or found is None or (new and new[2] != old[2]):
        return
    shape = Shape(
        statements=(_subscribe(plan), f"use(request.world, {meter!r}, {old[1]})"),
        imports=(
            f"from {asked.after.design.name}.development import plans",
            "from tests.contract.test_plans import use",
        ),
        before="403",
    )
    asks = f"on the plan {plan}, when {old[1]} are used"
    for operation in asked.after.design.operations:
        if meter in (each.name for each in meters_of(asked.after.design, found, operation)):
            earlier = former(asked.before, operation.permission, operation.searches)
            requests = allowed(asked, operation, earlier)
            yield from asking(requests, shape, asks)


def burst_of_tenant(asked: Asked) -> Iterator[Witness]:
    """More requests of a tenant at once than its plan let through."""
    rates = [Rate().read(each) for each in (asked.old, asked.now)]
    found = plans_of(asked.before.design)
    if rates[0] is None or not _has(found, asked.match["plan"]):
        return
    # As the service counts, a bucket fills up while requests are answered.
    count = int(rates[0][0]) + int(rates[0][1] * rates[0][0] / 50) + 2
    if count <= _MOST and (rates[1] is None or count <= rates[1][0]):
        package = asked.after.design.name
        test = Trial(
            f"burst_on_{asked.match['plan']}_is_heard",
            "plans/witness_burst.jinja",
            {"plan": asked.match["plan"], "count": count},
            r"assert [1-9]\d* == 0",
            (
                f"from {package}.development import plans",
                f"from {package}.gate.limits import Limit",
                f"from {package}.gate.plans import RATES",
                f"from {package}.development.issuer import DevelopmentIssuer",
                "from tests.contract import conftest",
            ),
        )
        said = (
            f"{count} requests at once of a tenant on the plan {asked.match['plan']} are heard now"
        )
        yield Tried(said, test)


def _has(found: Plans | None, plan: str) -> bool:
    return found is not None and any(each.name == plan for each in found.each)
