"""An action after a sign-in that was too long ago before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scaffold.drift.spec.witness import Asked, Request, Shape, allowed, asking
from scaffold.features.step_up.design import seconds_of

MARGIN: Final = 5
"""Seconds by which it was too long ago."""


def older_sign_in(asked: Asked) -> Iterator[Request]:
    """The action, by somebody who signed in a while ago."""
    old = seconds_of(asked.former) if asked.former else None
    now = seconds_of(asked.operation)
    if old is not None and (now is None or now > old + 2 * MARGIN):
        age = old + MARGIN
        shape = Shape(aged={"auth_time": age}, before="403")
        found = allowed(asked, asked.operation, asked.former)
        yield from asking(found, shape, f"{age} seconds after the sign-in")
