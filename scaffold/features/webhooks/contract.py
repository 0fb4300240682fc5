"""Published events in the contract: the `webhooks` of OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaffold.design.model import Design
from scaffold.features.webhooks.design import Event, events
from scaffold.types.kind import nullable

HEADERS = {
    "webhook-id": "The id of the message: the same in each attempt, so that a second one is known.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": "v1 signatures of the id, the timestamp and the body (Standard Webhooks).",
}


def webhooks(design: Design) -> Mapping[str, Any]:
    """What is posted to endpoints, by the type of the event."""
    return {each.type: {"post": _message(each, design)} for each in events(design)}


def _message(event: Event, design: Design) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "const": event.type},
            "timestamp": {"type": "string", "format": "date-time", "maxLength": 35},
            "data": _data(event, design),
        },
        "required": ["type", "timestamp", "data"],
    }
    return {
        "summary": f"A message about {design.entity(event.resource).names.many}",
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": text,
                "schema": {"type": "string", "maxLength": 1024},
            }
            for name, text in HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        },
        "responses": {
            "2XX": {"description": "It has arrived. Anything else, and it is sent again."}
        },
        "security": [],
    }


def _data(event: Event, design: Design) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "id": {"type": "string", "format": "uuid", "maxLength": 36},
        "version": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 2**53 - 1},
    }
    for each in event.columns(design):
        schema = each.kind.answer_schema()
        properties[each.name] = nullable(schema, each.nullable, each.description)
    return {"type": "object", "properties": properties, "required": [*properties]}
