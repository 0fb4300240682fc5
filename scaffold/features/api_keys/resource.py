"""API keys as a resource that roles are granted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffold.columns import NEWEST
from scaffold.database.layout import Sql
from scaffold.design.model import Secret
from scaffold.features.api_keys.keys import MAX_SECONDS, SpecKeys
from scaffold.features.feature import BuiltIn, Effect
from scaffold.spec.model import Resource, Spec
from scaffold.spec.scalars import DAY
from scaffold.types.duration import DurationKind
from scaffold.types.enum import EnumKind
from scaffold.types.list import ListKind
from scaffold.types.string import StringKind

if TYPE_CHECKING:
    from scaffold.plan.python import Module

SHORTEST = 60
MAX_OVERLAP = 7 * DAY
OVERLAP = DAY
MAX_NETWORKS = 20
MAX_OPERATIONS = 1000

_BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_GROUP = "[0-9a-f]{1,4}"
NETWORK = (
    rf"^(({_BYTE}\.){{3}}{_BYTE}/(3[0-2]|[12]?[0-9])"
    f"|(({_GROUP}:){{7}}{_GROUP}|({_GROUP}:){{1,6}}:)/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))$"
)
"""Networks as they are written down, with their prefix (RFC 4632, RFC 4291)."""

_DIGEST = {"type": "string", "min": 64, "max": 64, "class": "secret"}
_LIFETIME = {
    "type": "duration",
    "min": f"{SHORTEST}s",
    "max": f"{MAX_SECONDS}s",
    "description": "For how many seconds it works.",
}
_FIELDS: dict[str, Any] = {
    "name": {"type": "string", "min": 1, "max": 100, "description": "What it is for."},
    "operations": {
        "type": "list",
        "of": {"type": "string", "max": 100},
        "min_items": 1,
        "max_items": MAX_OPERATIONS,
        "unique_items": True,
        "description": "What it may do, as far as its member may.",
    },
    "networks": {
        "type": "list",
        "of": {"type": "string", "max": 43},
        "min_items": 1,
        "max_items": MAX_NETWORKS,
        "optional": True,
        "description": "Where it works alone.",
    },
    "lifetime": _LIFETIME,
    "expires_at": {"type": "datetime", "description": "When it ends to work."},
    "issued_at": {"type": "datetime", "description": "When its secret was made."},
    "last_used_at": {
        "type": "datetime",
        "optional": True,
        "description": "When it was last used, to the minute.",
    },
    "revoked_at": {"type": "datetime", "optional": True, "description": "When it was revoked."},
    "former_valid_until": {
        "type": "datetime",
        "optional": True,
        "description": "Until when the secret from before its rotation works.",
    },
    "digest": _DIGEST,
    "former_digest": {**_DIGEST, "optional": True},
}
_ACTIONS: dict[str, Any] = {
    "rotate": {
        "on": "item",
        "input": {
            "lifetime": _LIFETIME,
            "overlap": {
                "type": "duration",
                "max": f"{MAX_OVERLAP}s",
                "default": f"{OVERLAP}s",
                "description": "For how many seconds the secret of before works on.",
            },
        },
    },
    "revoke": {"on": "item"},
}
_SAID = "make_interval(secs => (p_body ->> 'lifetime')::bigint)"
_SIGNED_OUT = (
    "exists (\n        select from member m where m.tenant_id = p_tenant and m.id = t.member_id"
    "\n          and m.tokens_valid_after >= date_trunc('second', t.issued_at)\n      )"
)
_OVERLAP = f"make_interval(secs => coalesce((p_body ->> 'overlap')::bigint, {OVERLAP}))"
_EFFECTS = {
    "rotate": Effect(
        "Make a new secret for an API key",
        {
            "digest": "p_digest",
            "issued_at": "now()",
            "lifetime": "(p_body ->> 'lifetime')::bigint",
            "expires_at": f"now() + {_SAID}",
            # What a sign-out ended does not work again.
            "former_digest": f"case when not {_SIGNED_OUT} then t.digest end",
            "former_valid_until": f"least(\n        t.expires_at, now() + {_OVERLAP}\n      )",
        },
        issues=True,
        owners=True,
    ),
    "revoke": Effect("Revoke an API key", {"revoked_at": "coalesce(t.revoked_at, now())"}),
}


@dataclass(frozen=True, slots=True)
class OperationsKind(ListKind):
    """Permissions of the service: those that a key may have."""

    def check(self, column: str) -> Sql:
        """Some of them: the table holds keys of other releases, too."""
        return ListKind(self.item, 1, MAX_OPERATIONS, unique=True).check(column)

    def bounds(self) -> Iterator[str]:
        """Not each of them: they are facts of their own."""
        yield "permissions"

    def answer_schema(self) -> dict[str, Any]:
        """Permissions: one of another release may be among them."""
        item = {"type": "string", "maxLength": 100}
        return {"type": "array", "items": item, "minItems": self.low, "maxItems": self.high}

    def stored_annotation(self, module: Module, name: str) -> str:
        """Permissions."""
        del module, name
        return "list[str]"


@dataclass(frozen=True, slots=True)
class LifetimeKind(DurationKind):
    """As long as the spec lets a key work; the table holds keys of other releases, too."""

    def check(self, column: str) -> Sql:
        """The bounds of the language."""
        return f"{column} between {SHORTEST} and {MAX_SECONDS}"


def permissions(spec: Spec) -> tuple[str, ...]:
    """What a key may do: it reads what the service has built in, and writes none of it."""
    from scaffold.spec.built_in import built_in  # which asks the features for their resources

    granted = {
        (resource, do)
        for role in spec.roles.values()
        for grant in role.can
        for resource in grant.on
        for do in grant.do
    }
    return tuple(
        f"{resource}:{do}"
        for resource, do in sorted(granted)
        if do in ("list", "read") or resource not in built_in()
    )


def _operations(spec: Spec) -> OperationsKind:
    known = permissions(spec) or ("none:none",)  # which a rule of lint refuses
    return OperationsKind(EnumKind(known), 1, min(len(known), MAX_OPERATIONS), unique=True)


def _networks(spec: Spec) -> ListKind:
    del spec
    return ListKind(StringKind(9, 43, NETWORK), 1, MAX_NETWORKS, unique=False)


def _lifetime(spec: Spec) -> LifetimeKind:
    assert isinstance(spec, SpecKeys)
    return LifetimeKind(SHORTEST, spec.api_keys.max_lifetime)


def api_key() -> BuiltIn:
    """A key: what a program may do for a member, and for how long."""
    declared = Resource.model_validate(
        {
            "description": "The keys with which programs act for a member.",
            "owner": "member_id",
            "fields": _FIELDS,
            "actions": _ACTIONS,
        }
    )
    return BuiltIn(
        declared,
        ("list", "create", "read"),
        NEWEST.name,
        versioned=True,
        open=True,  # to find out who calls
        sent=("name", "operations", "networks", "lifetime"),
        sets={"digest": "p_digest", "expires_at": f"now() + {_SAID}"},
        secret=Secret("key", "What a program sends as its bearer token."),
        effects=_EFFECTS,
        kinds={"operations": _operations, "networks": _networks, "lifetime": _lifetime},
        defaults={"issued_at": "now()"},
    )
