"""What a step-up means: an action is for somebody who has just signed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scaffold.design.model import Design, Operation
from scaffold.design.surface import Fact


@dataclass(frozen=True, slots=True)
class FreshSignIn:
    """An action needs an authentication that is at most so many seconds old."""

    seconds: int


def seconds_of(operation: Operation) -> int | None:
    """How old the authentication may be for an operation, in seconds; None for any age."""
    found = operation.trait(FreshSignIn)
    return found.seconds if found else None


def used(design: Design) -> bool:
    """Does some operation need a step-up?"""
    return bool(design.operations_with(FreshSignIn))


def facts(design: Design) -> Iterator[tuple[str, Fact]]:
    """How fresh a sign-in each action asks for."""
    for operation in design.operations:
        seconds = seconds_of(operation)
        if operation.verb == "action" or seconds is not None:
            age = "none" if seconds is None else f"{seconds} s"
            yield "operations", (f"{operation.permission} step_up", age)
