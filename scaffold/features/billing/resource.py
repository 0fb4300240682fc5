"""What a tenant asks of the provider, as a resource that roles are granted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffold.columns import NEWEST
from scaffold.database.layout import Sql
from scaffold.features.billing.design import KINDS, OF_A_PLAN, STEP_UP, billing
from scaffold.features.feature import BuiltIn
from scaffold.spec.model import Action, Resource, Spec
from scaffold.types.enum import EnumKind
from scaffold.types.kind import Kind

if TYPE_CHECKING:
    from scaffold.plan.python import Module

MAX_URL = 4_000
STATES = ("waiting", "delivered", "dead")
_MOMENT = {"type": "datetime", "optional": True}
FIELDS: dict[str, Any] = {
    "kind": {
        "type": "enum",
        "values": list(KINDS),
        "filter": ["eq", "in"],
        "description": "What is asked.",
    },
    "plan": {
        "type": "string",
        "max": 28,
        "optional": True,
        "description": f"The plan, of {', '.join(OF_A_PLAN[:-1])} and {OF_A_PLAN[-1]} alone.",
    },
    # From the catalogue of the service, in the transaction that records the request.
    "price": {"type": "string", "max": 100, "optional": True, "class": "secret"},
    "state": {
        "type": "enum",
        "values": list(STATES),
        "filter": ["eq"],
        "description": "Whether the provider is still to be asked, has answered, or will not be.",
    },
    "due_at": {**_MOMENT, "description": "When it is asked next."},
    "attempts": {"type": "integer", "min": 0, "max": 1_000, "description": "How often it was."},
    "last_error": {
        "type": "string",
        "max": 60,
        "optional": True,
        "description": "Why the last attempt failed, in a word.",
    },
    "finished_at": {**_MOMENT, "description": "When there was an answer, or an end of it."},
    "url": {
        "type": "string",
        "max": MAX_URL,
        "optional": True,
        "class": "confidential",
        "description": "The page of the provider: whoever has it acts for the tenant there.",
    },
    "url_expires_at": {**_MOMENT, "description": "Until when the page is there."},
    "reference": {
        "type": "string",
        "max": 255,
        "optional": True,
        "class": "confidential",
        "description": "What the provider calls the page.",
    },
    "ended_as": {
        "type": "enum",
        "values": ["completed", "expired"],
        "optional": True,
        "description": "How the checkout ended.",
    },
    "amount": {
        "type": "integer",
        "min": -(10**12),
        "max": 10**12,
        "optional": True,
        "description": "What a preview would cost now, in the smallest unit of the currency.",
    },
    "currency": {
        "type": "string",
        "max": 3,
        "optional": True,
        "description": "The currency of that (ISO 4217), in lower case.",
    },
}
PRICE = "billing_price_"
"""The function that knows the catalogue."""
DEFAULTS = {"state": "'waiting'", "due_at": "now()", "attempts": "0"}


@dataclass(frozen=True, slots=True)
class SoldKind(EnumKind):
    """A plan that is sold now; one that was sold before may stand in a row."""

    def check(self, column: str) -> Sql:
        """A name."""
        return f"char_length({column}) <= 28"

    def answer_schema(self) -> dict[str, Any]:
        """A name: one of another release may be among them."""
        return {"type": "string", "maxLength": 28}

    def stored_annotation(self, module: Module, name: str) -> str:
        """A name."""
        del module, name
        return "str"


def request(spec: Spec) -> BuiltIn | None:
    """What can be asked of the provider, where there is one."""
    found = billing(spec)
    if found is None:
        return None
    declared = Resource.model_validate(
        {"description": "What is asked of the billing provider.", "fields": FIELDS}
    )
    sold = tuple(name for name, _ in found.sold) or ("none",)  # which the language refuses

    def plan(spec: Spec) -> Kind:
        del spec
        return SoldKind(sold)

    return BuiltIn(
        declared,
        ("list", "create", "read"),
        NEWEST.name,
        versioned=True,
        sent=("kind", "plan"),
        sets={"price": f"{PRICE}(p_body ->> 'plan')"},
        kinds={"plan": plan},
        defaults=DEFAULTS,
        asks={
            "create": Action.model_validate(
                {"on": "collection", "idempotent": "required", "step_up": f"{STEP_UP}s"}
            )
        },
    )
