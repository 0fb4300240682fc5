"""The section `webhooks` of a spec."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic import Field as Key

from scaffold.spec.base import Model, about
from scaffold.spec.field_base import QUERIED, refuse_keys
from scaffold.spec.problems import Refusal, quote
from scaffold.spec.scalars import (
    BodySize,
    FieldName,
    NestedName,
    ResourceName,
    RoleName,
    spelled,
)
from scaffold.spec.signed import Signed
from scaffold.types.fields import Field

Scheme = Literal["stripe", "standard"]

DEFAULT_BODY = 256 * 1_024
MAX_PROVIDERS, MAX_EVENTS, MAX_STEPS = 20, 100, 10

_TYPE = r"[A-Za-z0-9][A-Za-z0-9_./:-]{0,99}"
_STEP = r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}"
_PROVIDER = r"[a-z][a-z0-9_]{0,29}"


def _spelling(pattern: str, what: str, hint: str) -> AfterValidator:
    def check(text: str) -> str:
        if re.fullmatch(pattern, text, re.ASCII) is None:
            raise Refusal("E-NAME", f"{quote(text)} cannot name {what}", hint)
        return text

    return AfterValidator(check)


def _steps(value: object) -> object:
    """One name stands for a path of one; a path may name the same step twice."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


EventType = Annotated[
    str,
    _spelling(_TYPE, "a type of events", "Write it as the provider does: invoice.paid."),
    spelled(f"^{_TYPE}$"),
]
ProviderName = Annotated[
    str,
    _spelling(_PROVIDER, "a provider", "Use lower-case letters, digits and _, at most 30."),
    spelled(f"^{_PROVIDER}$"),
]
Step = Annotated[
    str,
    _spelling(_STEP, "a member of an event", "Write the names of JSON members, from the outside."),
    spelled(f"^{_STEP}$"),
]


def _check_input(fields: dict[str, Field]) -> dict[str, Field]:
    """Refuses what a value of an event cannot have: it is never stored or queried, and no event
    knows the rows of a tenant."""
    for name, field in fields.items():
        refuse_keys(field, (name,), "A value of an event", (*QUERIED, "unseen_because"))
        for each in (field, field.item):
            if each.inner or not each.NESTS:
                raise Refusal(
                    "E-NESTED",
                    f"A value of an event cannot be of type {each.type}",
                    "Write the path of each member, and type: uuid for an id.",
                    (name,),
                    named=True,
                )
    return fields


_ITEM = {"type": "string", "pattern": f"^{_STEP}$"}
Place = Annotated[
    tuple[Step, ...],
    MinLen(1),
    MaxLen(MAX_STEPS),
    BeforeValidator(_steps),
    WithJsonSchema(
        {"anyOf": [_ITEM, {"type": "array", "items": _ITEM, "minItems": 1, "maxItems": MAX_STEPS}]},
        mode="validation",
    ),
]


class Event(Model):
    """What an event of one type does: an operation of a declared resource."""

    do: Annotated[str, about("The operation: create, update, delete or an action.", "settle")]
    on: Annotated[ResourceName, about("The resource that it is of.", "invoice")]
    id: Annotated[
        Place | None,
        about(
            "Where the event has the id of the row, or of the parent of a new one.",
            ["data", "object", "metadata", "invoice_id"],
        ),
    ] = None
    body: Annotated[
        dict[FieldName, Place],
        MaxLen(100),
        about(
            "Where it has what the body says; with a hook, what the hook is told.",
            {"amount": ["data", "object", "amount"]},
        ),
    ] = Key(default_factory=dict)
    hook: Annotated[
        bool,
        about("Whether a function of the developer's says which row, and what the body is.", True),
    ] = False
    input: Annotated[
        dict[NestedName, Field],
        AfterValidator(_check_input),
        MaxLen(100),
        about("What the hook is told.", {"number": {"type": "string", "max": 16}}),
    ] = Key(default_factory=dict)


class Provider(Signed):
    """A provider that tells of what has happened there."""

    scheme: Annotated[Scheme, about("How it signs.", "stripe")]
    account: Annotated[
        Place,
        about("Where an event says whose it is.", ["data", "object", "customer"]),
    ]
    mode: Annotated[
        Place | None, about("Where it says whether it is live or a test.", "livemode")
    ] = None
    order: Annotated[
        Place | None,
        about("Where it says when it happened; an older one does not undo a newer one.", "created"),
    ] = None
    runs_as: Annotated[RoleName, about("The role of a service that acts.", "billing_worker")]
    body_max: Annotated[BodySize, about("How long an event may be.", "256KiB")] = DEFAULT_BODY
    events: Annotated[
        dict[EventType, Event],
        MinLen(1),
        MaxLen(MAX_EVENTS),
        about(
            "The types of events that have an effect.",
            {"invoice.paid": {"do": "settle", "on": "invoice", "id": ["data", "invoice_id"]}},
        ),
    ]


class SpecKeys(Model):
    """The providers whose events are heard."""

    webhooks: Annotated[
        dict[ProviderName, Provider],
        MaxLen(MAX_PROVIDERS),
        about(
            "The providers whose signed events have effects, by the name in their path.",
            {
                "payments": {
                    "scheme": "stripe",
                    "secrets": ["PAYMENTS_SECRET"],
                    "account": ["data", "object", "customer"],
                    "runs_as": "billing_worker",
                    "events": {
                        "invoice.paid": {
                            "do": "settle",
                            "on": "invoice",
                            "id": ["data", "object", "metadata", "invoice_id"],
                        }
                    },
                }
            },
        ),
    ] = Key(default_factory=dict)
