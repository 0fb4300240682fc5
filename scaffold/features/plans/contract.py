"""Plans in the contract."""

from __future__ import annotations

from typing import Any

from scaffold.contract.parts import LIMIT, RESETS_AT, Components, Demands
from scaffold.design.counted import Counter
from scaffold.design.model import Design, Operation
from scaffold.features.plans.design import Plan, Plans, feature_of, meters_of

EXPLAINED: dict[str, Any] = {
    "meter": {
        "type": "string",
        "maxLength": 60,
        "description": "With quota_exceeded: what is counted.",
    },
    "limit": LIMIT,
    "resets_at": RESETS_AT,
}
"""What the problem document of a quota that is used up says beside its reason."""


def components() -> Components:
    """The members of that problem document."""
    return Components(members=EXPLAINED)


def demands(design: Design, found: Plans, operation: Operation) -> Demands | None:
    """The feature that an operation needs, what it uses of which quota, and the limits."""
    extensions: dict[str, Any] = {}
    if feature := feature_of(operation):
        extensions["x-feature"] = feature
        extensions["x-plans"] = list(found.having(feature))
    if meters := meters_of(design, found, operation):
        extensions["x-quota"] = {
            each.name: ", ".join(_of(each, meter) for meter in meters) for each in found.each
        }
    if found.rated:
        extensions["x-rate-limit-of-plans"] = {
            each.name: f"{each.rate.count}/{each.rate.seconds}s" for each in found.each if each.rate
        }
    return Demands(extensions=extensions) if extensions else None


def _of(plan: Plan, meter: Counter) -> str:
    """`25 a month`, and of what, where a use is not one of it."""
    return f"{plan.of(meter.name)}{f' of {meter.amount}' if meter.amount else ''}"
