"""A tenant's own plan, and what it has used of it, as a resource that roles are granted."""

from __future__ import annotations

from typing import Any

from scaffold.columns import ID, TENANT
from scaffold.database.sql import identifier, literal
from scaffold.features.feature import BuiltIn
from scaffold.features.plans import states
from scaffold.features.plans.design import Plans, plans, told_as
from scaffold.features.plans.keys import MAX_FEATURES, MAX_QUOTA, SpecKeys, of_tenant
from scaffold.features.plans.sql import ends, period
from scaffold.naming import words
from scaffold.spec.model import Resource, Spec

NEITHER = "none"
"""The state of a tenant without a subscription."""
MOST_USED = 10**12

_FIELDS: dict[str, Any] = {
    "plan": {"type": "string", "max": 28, "description": "The plan that counts now."},
    "state": {
        "type": "enum",
        "values": [*states.names(), NEITHER],
        "description": "What became of the subscription.",
    },
    "trial_ends_at": {
        "type": "datetime",
        "optional": True,
        "description": "When the trial ends, or ended.",
    },
    "features": {
        "type": "list",
        "of": {"type": "string", "max": 28},
        "max_items": MAX_FEATURES,
        "description": "What the plan has.",
    },
}


def subscription(spec: Spec) -> BuiltIn | None:
    """The plan of a tenant, if there are plans."""
    assert isinstance(spec, SpecKeys)
    found = plans(spec, of_tenant(spec))
    if found is None:
        return None
    fields = dict(_FIELDS)
    if found.meters:
        usage = {told_as(meter): _counted(meter) for meter in found.meters}
        fields["usage"] = {
            "type": "object",
            "fields": usage,
            "description": "What is used of each quota.",
        }
    declared = Resource.model_validate(
        {"description": f"The plan of the {words(spec.tenancy.tenant)}.", "fields": fields}
    )
    derived = _derived(found, identifier(spec.tenancy.tenant))
    return BuiltIn(declared, ("read",), "state", open=True, derived=derived)


def _counted(meter: str) -> dict[str, Any]:
    whole = {"type": "integer", "min": 0}
    return {
        "type": "object",
        "description": f"What {meter} has used.",
        "fields": {
            "used": {**whole, "max": MOST_USED, "description": "How much is used."},
            "limit": {
                **whole,
                "max": MAX_QUOTA,
                "optional": True,
                "description": "How much the plan has; null is without a limit.",
            },
            "resets_at": {
                "type": "datetime",
                "optional": True,
                "description": "When it is counted anew; null where rows are counted.",
            },
        },
    }


def _derived(found: Plans, tenant: str) -> str:
    """The rows that the view has: one of each tenant, worked out when it is read."""
    having = " ".join(
        f"when {literal(each.name)} then {_json(each.features)}"
        for each in found.each
        if each.features
    )
    features = f"case p.plan {having} else '[]'::jsonb end" if having else "'[]'::jsonb"
    lines = [
        f"select o.id as {TENANT.name}, o.id as {ID.name}, p.plan,",
        f"      coalesce(s.state, {literal(NEITHER)}) as state, s.trial_ends_at,",
        f"      {features} as features",
    ]
    if found.meters:
        lines[-1] += ","
        counted = ",\n        ".join(_usage(found, meter) for meter in found.meters)
        lines.append(f"      jsonb_build_object(\n        {counted}\n      ) as usage")
    lines.append(f"      from {tenant} o cross join plan_of_(o.id) p (plan)")
    lines.append("      left join subscription s on s.tenant_id = o.id")
    return "(\n    " + "\n".join(lines) + "\n  )"


def _json(features: tuple[str, ...]) -> str:
    given = ", ".join(f'"{each}"' for each in features)
    return f"{literal(f'[{given}]')}::jsonb"


def _usage(found: Plans, meter: str) -> str:
    over = found.first.of(meter).period
    counted = f"used_(o.id, {literal(meter)}, {period(over)})"
    return (
        f"{literal(told_as(meter))}, jsonb_build_object(\n"
        f"          'used', {counted},\n"
        f"          'limit', most_(p.plan, {literal(meter)}),\n"
        f"          'resets_at', {ends(over)})"
    )
