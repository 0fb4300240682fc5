# ruff: noqa: S608 - identifiers come from `identifier`
"""A tenant's own plan, and what it has used of it, as a resource that roles are granted."""

from __future__ import annotations

from typing import Any

from scaffold.columns import ID, TENANT
from scaffold.database.counters import USAGE, ends, period
from scaffold.database.layout import LINE, Group, Sql, lay
from scaffold.database.sql import identifier, literal
from scaffold.design import states
from scaffold.features.feature import BuiltIn
from scaffold.features.plans.design import Plans, plans, told_as
from scaffold.features.plans.keys import MAX_FEATURES, MAX_QUOTA, SpecKeys, of_tenant
from scaffold.features.plans.sql import counts, most
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
    """The rows that the view has: one of each tenant, worked out when it is read.

    It calls no function: `check` of a live database makes it once more as a temporary view.
    """
    having = tuple(
        f"when {literal(each.name)} then {_json(each.features)}"
        for each in found.each
        if each.features
    )
    features: Sql = "'[]'::jsonb"
    if having:
        features = Group((*having, f"else {features}"), LINE, "case p.plan ", " end")
    lines = [
        f"select o.id as {TENANT.name}, o.id as {ID.name}, p.plan,",
        f"      coalesce(s.state, {literal(NEITHER)}) as state, s.trial_ends_at,",
        f"      {lay(features, 6, 13, 6)} as features",
    ]
    if found.meters:
        lines[-1] += ","
        counted = ",\n        ".join(_usage(found, meter) for meter in found.meters)
        lines.append(f"      jsonb_build_object(\n        {counted}\n      ) as usage")
    entitled = lay(counts(found), 15, 0, 10)
    lines += [
        f"      from {tenant} o left join subscription s on s.tenant_id = o.id",
        f"      cross join lateral (select case\n        when {entitled}",
        f"          then s.plan else {literal(found.first.name)} end as plan) p",
    ]
    return "(\n    " + "\n".join(lines) + "\n  )"


def _json(features: tuple[str, ...]) -> str:
    given = ", ".join(f'"{each}"' for each in features)
    return f"{literal(f'[{given}]')}::jsonb"


def _usage(found: Plans, meter: str) -> str:
    over = found.first.of(meter).period
    return (
        f"{literal(told_as(meter))}, jsonb_build_object(\n"
        f"          'used', coalesce((select greatest(u.used, 0) from {USAGE} u\n"
        f"            where u.tenant_id = o.id and u.meter = {literal(meter)}\n"
        f"              and u.period = {period(over)}), 0),\n"
        f"          'limit', {lay(most(found, meter, 'p.plan'), 19, 1, 10)},\n"
        f"          'resets_at', {ends(over)})"
    )
