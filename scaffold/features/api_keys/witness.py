"""A key that works for longer than one could before."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.drift.spec.witness import Asked, Request, Shape, allowed, asking, former
from scaffold.features.api_keys.design import API_KEY, max_lifetime


def longer_key(asked: Asked) -> Iterator[Request]:
    """The request that makes it."""
    seconds = max_lifetime(asked.before.design) + 1
    for operation in asked.after.design.operations:
        if operation.entity == API_KEY and operation.verb == "create":
            earlier = former(asked.before, operation.permission, operation.searches)
            found = allowed(asked, operation, earlier)
            asks = f"for a key that works for {seconds} seconds"
            yield from asking(found, Shape(body={"lifetime": seconds}), asks)
