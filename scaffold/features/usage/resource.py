# ruff: noqa: S608 - names come from `literal`
"""What a tenant has used of each meter, by the period, as a resource that roles are granted."""

from __future__ import annotations

from typing import Any

from scaffold.columns import ID, TENANT
from scaffold.database.counters import HELD, USAGE
from scaffold.database.sql import literal
from scaffold.design.model import Sown
from scaffold.features.feature import BuiltIn
from scaffold.features.usage.design import Meters, meters
from scaffold.features.usage.keys import SpecKeys
from scaffold.spec.model import Resource
from scaffold.spec.names import MAX_NAME

FIELDS: dict[str, Any] = {
    "meter": {
        "type": "string",
        "max": MAX_NAME,
        "filter": ["eq"],
        "description": "What is counted.",
    },
    "period": {
        "type": "string",
        "max": 10,
        "filter": ["eq", "prefix"],
        "description": "The day or the month in UTC: 2001-02-28 or 2001-02.",
    },
    "starts_at": {
        "type": "datetime",
        "filter": ["gte", "lt"],
        "description": "When the period begins.",
    },
    "used": {
        "type": "integer",
        "min": 0,
        "max": 2**53 - 1,
        "description": "How much is used in it.",
    },
    "closed_at": {
        "type": "datetime",
        "optional": True,
        "description": "When it was closed: nothing is counted in it any more. Null before.",
    },
}
_ID = "md5(concat_ws(' ', u.tenant_id, u.meter, u.period))::uuid"


def reading(spec: SpecKeys) -> BuiltIn | None:
    """What the meters of a tenant read, if there are some."""
    found = meters(spec)
    if found is None:
        return None
    declared = Resource.model_validate(
        {"description": "What a meter reads: how much is used in a period.", "fields": FIELDS}
    )
    return BuiltIn(
        declared,
        ("list", "read"),
        "starts_at",
        open=True,
        derived=_derived(found),
        sown=_sown(found),
    )


def _derived(found: Meters) -> str:
    names = ", ".join(literal(each.name) for each in found.each)
    day = "(case length(u.period) when 7 then u.period || '-01' else u.period end)"
    return f"""(
    select u.tenant_id as {TENANT.name}, {_ID} as {ID.name},
      u.meter, u.period,
      {day}::timestamp
        at time zone 'UTC' as starts_at,
      greatest(u.used, 0) as used, u.closed_at
      from {USAGE} u where u.period <> {literal(HELD)} and u.meter in ({names})
  )"""


def _sown(found: Meters) -> Sown:
    """A reading of one more period of long ago."""
    first, *_ = found.each
    over = first.counter.period
    shape = {"day": "YYYY-MM-DD", "month": "YYYY-MM"}[over]
    statement = (
        f"insert into {USAGE} as u (tenant_id, meter, period, used, closed_at)"
        f" select $1::uuid, {literal(first.name)},"
        f" to_char(timestamp '2001-01-01' + count(*) * interval '1 {over}', '{shape}'), 1, now()"
        f" from {USAGE} t where t.tenant_id = $1 and t.closed_at is not null returning {_ID}"
    )
    return Sown(USAGE, statement)
