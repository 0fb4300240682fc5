"""A request without a key that was refused before."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.drift.spec.witness import Asked, Request, Shape, allowed, asking


def without_a_key(asked: Asked) -> Iterator[Request]:
    """The request, without the header."""
    shape = Shape(without=("idempotency-key",), before="400")
    found = allowed(asked, asked.operation, asked.former)
    yield from asking(found, shape, "without an Idempotency-Key")
