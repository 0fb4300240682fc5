"""Limits in the contract."""

from __future__ import annotations

from scaffold.contract.parts import Components, Demands
from scaffold.design.model import Design
from scaffold.features.limits.design import FAILURES, limits_of

COMPONENTS = Components(
    headers={
        "RateLimit-Policy": "The limits in force (draft-ietf-httpapi-ratelimit-headers).",
        "RateLimit": "What is left of the limit that is closest.",
    },
    refused={"4XX": ("RateLimit-Policy", "RateLimit"), "429": ("Retry-After",)},
    problems={"429": ("TooManyRequests", "A limit is exceeded.")},
)


def demands(design: Design) -> Demands:
    """The limits of every operation, and the headers that tell what is left of them."""
    charged = [each for each in limits_of(design).each if each.scope != FAILURES]
    return Demands(
        headers=COMPONENTS.refused["4XX"] if charged else (),
        statuses=("429",),
        extensions={
            "x-rate-limit": {each.scope: f"{each.count}/{each.window}s" for each in charged}
        },
    )
