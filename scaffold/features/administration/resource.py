"""The members of a tenant as a resource that roles are granted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from scaffold.columns import NEWEST
from scaffold.database.sql import literal
from scaffold.features.feature import BuiltIn, Effect
from scaffold.naming import words
from scaffold.spec.model import Resource, Spec
from scaffold.types.enum import EnumKind
from scaffold.types.list import ListKind

if TYPE_CHECKING:
    from scaffold.plan.python import Module

MAX_ROLES = 50

_FIELDS: dict[str, Any] = {
    "issuer": {"type": "string", "max": 500, "filter": ["eq"], "description": "Whose tokens."},
    "subject": {
        "type": "string",
        "max": 500,
        "class": "pii",
        "description": "Who it is for that issuer.",
    },
    "kind": {"type": "enum", "values": ["human", "service"], "description": "A person or not."},
    "name": {
        "type": "string",
        "max": 200,
        "optional": True,
        "class": "pii",
        "description": "What people call them.",
    },
    "email": {
        "type": "email",
        "optional": True,
        "class": "pii",
        "description": "The verified address that an invitation was bound to.",
    },
    "roles": {
        "type": "list",
        "of": {"type": "string", "max": 40},
        "max_items": MAX_ROLES,
        "unique_items": True,
        "description": "What they may do.",
    },
    "active": {
        "type": "boolean",
        "filter": ["eq"],
        "description": "Whether they are let in.",
    },
    "tokens_valid_after": {
        "type": "datetime",
        "optional": True,
        "description": "Tokens that were issued before are refused.",
    },
}
_ROLES = {
    "type": "list",
    "of": {"type": "string", "max": 40},
    "max_items": MAX_ROLES,
    "unique_items": True,
    "description": "All roles that they have then.",
}
_ACTIONS: dict[str, Any] = {
    "assign": {"on": "item", "input": {"roles": _ROLES}},
    "deactivate": {"on": "item"},
    "reactivate": {"on": "item"},
    "sign_out": {"on": "item"},
}
GIVEN = "array(select jsonb_array_elements_text(p_body -> 'roles'))"
"""The roles that are sent."""
_EFFECTS = {
    "assign": Effect("Change the roles of a member", {"roles": GIVEN}, "gives"),
    "deactivate": Effect("Let a member in no more", {"active": "false"}, "holds"),
    "reactivate": Effect("Let a member in again", {"active": "true"}, "gives"),
    "sign_out": Effect(
        "Refuse the tokens that a member has",
        # A token says when it was issued in whole seconds: one of this second is refused as well.
        {"tokens_valid_after": "date_trunc('second', now())"},
        "holds",
    ),
}


@dataclass(frozen=True, slots=True)
class RolesKind(ListKind):
    """Names of roles, which PostgreSQL has as an array of text: each call compares them."""

    SQL: ClassVar[str] = "text[]"

    def extract(self, source: str, name: str) -> str:
        """The names that are sent."""
        return f"array(select jsonb_array_elements_text({source} -> {literal(name)}))"

    def check(self, column: str) -> str:
        """An array of the right length; a trigger holds the names to those of the roles."""
        return f"cardinality({column}) between {self.low} and {self.high}"

    def stored_annotation(self, module: Module, name: str) -> str:
        """Names."""
        del module, name
        return "list[str]"

    def answer_schema(self) -> dict[str, Any]:
        """Names: a role of another release may be among them."""
        item = {"type": "string", "maxLength": 40}
        return {"type": "array", "items": item, "maxItems": self.high}


def roles_of_people(spec: Spec, least: int = 0) -> RolesKind:
    """The type of a list of roles that people can hold."""
    people = tuple(name for name, role in spec.roles.items() if role.kind == "human")
    return RolesKind(EnumKind(people), least, MAX_ROLES, unique=True)


_TENANT: dict[str, Any] = {
    "slug": {"type": "string", "max": 63, "description": "The short name, which stays."},
    "name": {"type": "string", "min": 1, "max": 200, "description": "What people call it."},
}
_SUSPENDED: dict[str, Any] = {
    "suspended_at": {
        "type": "datetime",
        "optional": True,
        "description": "Since when nobody is let in.",
    }
}
SUSPEND = "suspend"


def tenant(spec: Spec) -> BuiltIn:
    """The tenant itself: its name and its attributes, which conditions may look at."""
    attributes = spec.tenancy.attributes
    fixed = Resource.model_validate(
        {
            "description": "The tenant itself.",
            "fields": {**_TENANT, **_SUSPENDED},
            "actions": {SUSPEND: {"on": "item"}},
        }
    )
    # An attribute may be called like no field: no list is filtered by it.
    own = {name: e.field.model_copy(update={"optional": True}) for name, e in attributes.items()}
    last = {name: fixed.fields[name] for name in _SUSPENDED}
    fields = {**{name: fixed.fields[name] for name in _TENANT}, **own, **last}
    declared = fixed.model_copy(update={"fields": fields})
    word = words(spec.tenancy.tenant)
    return BuiltIn(
        declared,
        ("list", "read", "update"),
        NEWEST.name,
        versioned=True,
        open=True,
        is_tenant=True,
        changed=("name", *attributes),
        effects={SUSPEND: Effect(f"Let nobody of the {word} in", {"suspended_at": "now()"})},
    )


def member() -> BuiltIn:
    """A member: who belongs to the tenant, and in which roles."""
    declared = Resource.model_validate(
        {"description": "Who belongs here.", "fields": _FIELDS, "actions": _ACTIONS}
    )
    return BuiltIn(
        declared,
        ("list", "read"),
        NEWEST.name,
        versioned=True,
        open=True,  # to find out who calls, and what else they may see
        effects=_EFFECTS,
        kinds={"roles": roles_of_people},
        defaults={"roles": f"{literal('{}')}", "active": "true"},
    )
