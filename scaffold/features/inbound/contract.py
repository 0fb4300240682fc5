"""The operations of providers in the contract: by whom they are signed, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaffold.contract.parts import Components, told
from scaffold.design.model import Design
from scaffold.features.inbound.design import HEADERS, Receiver, receivers

TAG = "webhooks"
STATUSES = {
    "400": "Malformed",
    "401": "Unauthenticated",
    "408": "BodyTooSlow",
    "409": "Conflict",
    "413": "BodyTooLarge",
    "415": "UnsupportedMediaType",
    "422": "Invalid",
    "429": "TooManyRequests",
    "500": "InternalError",
    "501": "NotImplemented",
    "503": "Unavailable",
}


def components(design: Design) -> Components:
    """The schemes of security: the header of a signature, by provider."""
    return Components(
        schemes={
            _scheme(each): {
                "type": "apiKey",
                "in": "header",
                "name": _header(each),
                "description": "The signature of the provider, HMAC-SHA256 over the body and the "
                f"time, which may be {each.source.tolerance} s from ours.",
            }
            for each in receivers(design)
        }
    )


def paths(design: Design) -> Mapping[str, Any]:
    """Where each provider sends its events."""
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in told(design)}
    return {each.path: {"post": _operation(each, headers)} for each in receivers(design)}


def _operation(each: Receiver, headers: Mapping[str, Any]) -> dict[str, Any]:
    outcome = {"type": "string", "maxLength": 100, "description": "What became of the event."}
    schema = {"type": "object", "properties": {"outcome": outcome}, "required": ["outcome"]}
    answer = {"application/json": {"schema": schema}}
    return {
        "operationId": each.id,
        "summary": f"Hear an event of {each.name}",
        "tags": [TAG],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "description": f"An event, of at most {each.source.body_max} bytes.",
                        "examples": [{"type": next(iter(each.does))}],
                    }
                }
            },
        },
        "responses": {
            "200": {
                "description": "Its effect is done, now or before.",
                "headers": headers,
                "content": answer,
            },
            "202": {
                "description": "It is recorded and has no effect: sending it again helps nobody.",
                "headers": headers,
                "content": answer,
            },
            **{
                status: {"$ref": f"#/components/responses/{name}"}
                for status, name in STATUSES.items()
            },
        },
        "security": [{_scheme(each): []}],
        **({"x-runs-as": each.source.runs_as} if each.source.runs_as else {}),
        "x-effects": each.does,
    }


def _scheme(each: Receiver) -> str:
    return f"{each.name}_signature"


def _header(each: Receiver) -> str:
    found = next(name for name in HEADERS[each.source.scheme] if name.endswith("-signature"))
    return "-".join(part.capitalize() for part in found.split("-"))
