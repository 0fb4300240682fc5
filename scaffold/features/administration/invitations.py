"""Invitations as a resource: who may become a member, in which roles, and until when."""

from __future__ import annotations

from typing import Any

from scaffold.columns import NEWEST
from scaffold.design.model import Secret
from scaffold.features.administration.design import ACCEPTED, INVITE, MEMBER
from scaffold.features.administration.resource import MAX_ROLES, roles_of_people
from scaffold.features.feature import BuiltIn, Effect
from scaffold.spec.model import Resource

WORD = "invitation"
"""What stands in the text of a token, so that it is none of another kind."""
DEFAULT = 7 * 86_400
"""Seconds for which an invitation is good, unless it says otherwise."""

_FIELDS: dict[str, Any] = {
    "roles": {
        "type": "list",
        "of": {"type": "string", "max": 40},
        "min_items": 1,
        "max_items": MAX_ROLES,
        "unique_items": True,
        "description": "What they may do once they are a member.",
    },
    "email": {
        "type": "email",
        "optional": True,
        "class": "pii",
        "description": "The address that their token has to say is verified.",
    },
    "issuer": {
        "type": "string",
        "max": 500,
        "optional": True,
        "description": "Whose token it has to be.",
    },
    "subject": {
        "type": "string",
        "min": 1,
        "max": 500,
        "optional": True,
        "class": "pii",
        "description": "Who it has to be for that issuer.",
    },
    "name": {
        "type": "string",
        "max": 200,
        "optional": True,
        "class": "pii",
        "description": "What people call them.",
    },
    "expires_in": {
        "type": "duration",
        "min": "1h",
        "max": "30d",
        "default": "7d",
        "description": "How long it is good for, in seconds.",
    },
    "expires_at": {"type": "datetime", "description": "When it is good no longer."},
    "revoked_at": {
        "type": "datetime",
        "optional": True,
        "description": "When it was taken back.",
    },
    "accepted_at": {
        "type": "datetime",
        "optional": True,
        "description": "When somebody became a member by it.",
    },
    "accepted_by": {"type": "uuid", "optional": True, "description": "The member whom it made."},
    "digest": {"type": "string", "min": 64, "max": 64, "class": "secret"},
}
_SENT = ("roles", "email", "issuer", "subject", "name", "expires_in")


def invitation() -> BuiltIn:
    """An invitation: whoever has its token and is who it is bound to becomes a member by it."""
    declared = Resource.model_validate(
        {
            "description": "Who may become a member.",
            "owner": "invited_by",
            "fields": _FIELDS,
            "actions": {"revoke": {"on": "item"}},
        }
    )
    seconds = f"coalesce((p_body ->> 'expires_in')::bigint, {DEFAULT})"
    return BuiltIn(
        declared,
        ("list", "read", "create"),
        NEWEST.name,
        versioned=True,
        sent=_SENT,
        sets={"expires_at": f"now() + make_interval(secs => {seconds})", "digest": "p_digest"},
        secret=Secret("token", "What accepts it: whoever it is bound to sends it.", WORD),
        effects={
            "revoke": Effect(
                "Take an invitation back", {"revoked_at": "coalesce(t.revoked_at, now())"}
            )
        },
        kinds={"roles": lambda spec: roles_of_people(spec, 1)},
        granted_as={"create": (MEMBER, INVITE)},
        kept=ACCEPTED,
    )
