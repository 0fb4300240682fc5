"""How it is judged what leaves the service."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.verdict import Names
from scaffold.drift.witness import Says
from scaffold.features.feature import Judged

_EVENTS = """
roles:
  clerk: {can: [{do: [list, read, create, update], on: note}]}
  boss:
    mfa: any
    can: [{do: [list, read, create, update, delete, rotate], on: webhook_endpoint}]
resources:
  note:
    fields: {title: {type: string, max: 50}, body: {type: text, max: 500}}
    events: {created: {on: create, fields: [title]}}
"""
TOLD = SpecRule(
    id="SCF164",
    name="event-tells-more",
    severity="high",
    controls=("DATA-1", "API-3"),
    layer="spec",
    what="Events that are sent to the endpoints of a tenant: what raises them, what they tell.",
    why="More of the data of a tenant is sent out, to whoever keeps the endpoint.",
    remedy="Send the id, and let the receiver read the rest with its own permissions.",
    example=example(
        _EVENTS,
        change=("fields: [title]", "fields: [title, body]"),
        dual=(", fields: [title]", ""),
    ),
    claims=(
        Claim(
            "events",
            "{event} on",
            Names(),
            lead=("event",),
            shows=Says(
                "{event} is told on {now} now",
                "It takes an endpoint of a tenant, outside of the project.",
            ),
        ),
        Claim(
            "events",
            "{event} tells",
            Names(),
            shows=Says(
                "{event} tells {now} now",
                "It takes an endpoint of a tenant, outside of the project.",
            ),
        ),
    ),
    told=False,
)
JUDGED = Judged((TOLD,))
