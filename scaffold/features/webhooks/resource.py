"""Endpoints and deliveries as resources that roles are granted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffold.columns import NEWEST
from scaffold.database.layout import Sql
from scaffold.design.model import Secret
from scaffold.features.feature import BuiltIn, Effect
from scaffold.features.webhooks.design import OVERLAP, types
from scaffold.spec.model import Resource, Spec
from scaffold.spec.scalars import DAY
from scaffold.types.enum import EnumKind
from scaffold.types.integer import MAX_INTEGER
from scaffold.types.list import ListKind
from scaffold.types.string import StringKind

if TYPE_CHECKING:
    from scaffold.plan.python import Module

MAX_OVERLAP = 7 * DAY
MAX_TYPES = 1_000
MAX_TYPE = 60
MAX_URL = 1_000

PLACE = r"^(https://[0-9A-Za-z.-]+|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?(/[!-~]*)?$"
"""Where messages may go: neither credentials nor addresses of version 6 are written in it. Without
TLS it is this machine, which the worker reaches in development alone."""

_TYPE = {"type": "string", "max": MAX_TYPE}
_VERSION = {"type": "integer", "min": 1, "max": MAX_INTEGER}
_ENDPOINT: dict[str, Any] = {
    "url": {"type": "string", "max": MAX_URL, "description": "Where messages are posted."},
    "events": {
        "type": "list",
        "of": _TYPE,
        "min_items": 1,
        "max_items": MAX_TYPES,
        "unique_items": True,
        "description": "What it hears.",
    },
    "description": {
        "type": "string",
        "max": 200,
        "optional": True,
        "description": "What it is for.",
    },
    "active": {
        "type": "boolean",
        "default": True,
        "filter": ["eq"],
        "description": "Whether it hears anything.",
    },
    "former_valid_until": {
        "type": "datetime",
        "optional": True,
        "description": "Until when the secret from before its rotation signs too.",
    },
    # The version of the row when a secret was made: it is derived from that.
    "secret_version": {"type": "integer", "min": 1, "max": MAX_INTEGER, "class": "secret"},
    "former_secret_version": {
        "type": "integer",
        "min": 1,
        "max": MAX_INTEGER,
        "class": "secret",
        "optional": True,
    },
}
_OVERLAP = f"make_interval(secs => coalesce((p_body ->> 'overlap')::bigint, {OVERLAP}))"
_ENDPOINT_ACTIONS: dict[str, Any] = {
    "rotate": {
        "on": "item",
        "input": {
            "overlap": {
                "type": "duration",
                "max": f"{MAX_OVERLAP}s",
                "default": f"{OVERLAP}s",
                "description": "For how many seconds the secret of before signs too.",
            }
        },
    }
}
_ENDPOINT_EFFECTS = {
    "rotate": Effect(
        "Make a new secret for a webhook endpoint",
        {
            "secret_version": "t.version + 1",
            "former_secret_version": "t.secret_version",
            "former_valid_until": f"now() + {_OVERLAP}",
        },
        issues=True,
    )
}

STATES = ("waiting", "delivered", "dead")
_DELIVERY: dict[str, Any] = {
    "endpoint_id": {"type": "uuid", "filter": ["eq"], "description": "Whose message it is."},
    "event": {**_TYPE, "description": "What is told."},
    "resource": {"type": "string", "max": 40, "description": "Of which resource the row is."},
    "resource_id": {"type": "uuid", "description": "The row that it is about."},
    "resource_version": {
        "type": "integer",
        "min": 1,
        "max": MAX_INTEGER,
        "description": "The version of the row.",
    },
    "payload": {"type": "text", "max": 10_000, "class": "secret"},
    "state": {
        "type": "enum",
        "values": list(STATES),
        "filter": ["eq"],
        "description": "Whether it is still tried.",
    },
    "due_at": {
        "type": "datetime",
        "optional": True,
        "description": "When it is tried, or while it is under way given up on.",
    },
    "attempts": {
        "type": "integer",
        "min": 0,
        "max": 1_000,
        "description": "How often it was tried.",
    },
    "last_status": {
        "type": "integer",
        "min": 100,
        "max": 599,
        "optional": True,
        "description": "The status that the endpoint answered with.",
    },
    "last_error": {
        "type": "string",
        "max": 60,
        "optional": True,
        "description": "Why the last attempt failed, in a word.",
    },
    "finished_at": {"type": "datetime", "optional": True, "description": "When it ended."},
}
DEFAULTS = {"state": "'waiting'", "due_at": "now()", "attempts": "0"}
_DELIVERY_EFFECTS = {
    "retry": Effect(
        "Try a webhook delivery again",
        {"state": "'waiting'", "due_at": "now()", "attempts": "0", "finished_at": "null"},
    )
}


@dataclass(frozen=True, slots=True)
class TypesKind(ListKind):
    """Types of events of the service."""

    def check(self, column: str) -> Sql:
        """Some of them: the table holds those of other releases, too."""
        return ListKind(self.item, 1, MAX_TYPES, unique=True).check(column)

    def bounds(self) -> Iterator[str]:
        """Not each of them: they are facts of their own."""
        yield "events"

    def answer_schema(self) -> dict[str, Any]:
        """Types: one of another release may be among them."""
        item = {"type": "string", "maxLength": MAX_TYPE}
        return {"type": "array", "items": item, "minItems": self.low, "maxItems": MAX_TYPES}

    def stored_annotation(self, module: Module, name: str) -> str:
        """Types."""
        del module, name
        return "list[str]"


def _types(spec: Spec) -> TypesKind:
    known = types(spec) or ("none.none",)  # which a rule of lint refuses
    return TypesKind(EnumKind(known), 1, len(known), unique=True)


def _place(spec: Spec) -> StringKind:
    del spec
    return StringKind(1, MAX_URL, PLACE)


def endpoint() -> BuiltIn:
    """An endpoint: where a tenant hears of events, and of which."""
    declared = Resource.model_validate(
        {
            "description": "Where the tenant hears of events.",
            "fields": _ENDPOINT,
            "actions": _ENDPOINT_ACTIONS,
        }
    )
    return BuiltIn(
        declared,
        ("list", "create", "read", "update", "delete"),
        NEWEST.name,
        versioned=True,
        open=True,  # to find out who hears of an event
        sent=("url", "events", "description", "active"),
        changed=("url", "events", "description", "active"),
        secret=Secret("secret", "What signs its messages, until it is rotated.", derived=True),
        effects=_ENDPOINT_EFFECTS,
        kinds={"url": _place, "events": _types},
        defaults={"secret_version": "1"},
    )


def delivery() -> BuiltIn:
    """A delivery: a message for one endpoint, and what became of it."""
    declared = Resource.model_validate(
        {
            "description": "The messages to endpoints, and what became of them.",
            "fields": _DELIVERY,
            "actions": {"retry": {"on": "item"}},
        }
    )
    return BuiltIn(
        declared,
        ("list", "read"),
        NEWEST.name,
        versioned=True,
        effects=_DELIVERY_EFFECTS,
        defaults=DEFAULTS,
    )
