"""The events of the audit trail as a resource that roles are granted."""

from scaffold.features.feature import BuiltIn
from scaffold.spec.model import Resource
from scaffold.spec.names import EXPORT
from scaffold.types.integer import MAX_INTEGER

OCCURRED_AT = "occurred_at"
EXPORTED = 5_000
"""Events in one part of an export at most: a few megabytes."""

_NAME = {"type": "string", "min": 1, "max": 100}
_FIELDS = {
    OCCURRED_AT: {
        "type": "datetime",
        "filter": ["gte", "lt"],
        "description": "When the transaction of the effect began.",
    },
    "operation": {**_NAME, "description": "The id of the operation."},
    "resource": {**_NAME, "filter": ["eq"], "description": "The resource of the row."},
    "resource_id": {
        "type": "uuid",
        "optional": True,
        "filter": ["eq"],
        "description": "The id of the row, unless the operation is about none.",
    },
    "resource_version": {
        "type": "integer",
        "min": 1,
        "max": MAX_INTEGER,
        "optional": True,
        "description": "The version of the row after the effect; of a deleted one, its last.",
    },
    "fields": {
        "type": "list",
        "of": {"type": "string", "min": 1, "max": 100},
        "max_items": 200,
        "description": "The names of the fields that were said; never their values.",
    },
    "request_id": {**_NAME, "description": "The id of the request, which its log lines have too."},
}

_ACTIONS = {
    EXPORT: {"on": "collection", "step_up": "5m", "description": "Export audit events"},
}


def event() -> BuiltIn:
    """An event: who did what to which row."""
    declared = Resource.model_validate(
        {
            "description": "What happened.",
            "owner": "member_id",
            "fields": _FIELDS,
            "actions": _ACTIONS,
        }
    )
    return BuiltIn(
        declared,
        ("list", "read"),
        OCCURRED_AT,
        owner_filters=("eq",),
        exports={EXPORT: EXPORTED},
    )
