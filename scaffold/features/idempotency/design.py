"""What an idempotency key means: a repeated request has one effect and one answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scaffold.design.model import Design, Operation
from scaffold.design.surface import Fact
from scaffold.features.idempotency.keys import Need


@dataclass(frozen=True, slots=True)
class Repeatable:
    """An operation may be sent with an idempotency key, or has to be."""

    need: Need


@dataclass(frozen=True, slots=True)
class View:
    """What the templates are told: whether some operation cannot be sent without a key."""

    required: bool

    @classmethod
    def of(cls, design: Design) -> View:
        """The view of a design."""
        return cls(any(need_of(each) == "required" for each in design.operations))


def need_of(operation: Operation) -> Need | None:
    """Whether an operation takes an idempotency key; None if it does not.

    An answer that tells a secret is not stored, so that none is told again.
    """
    found = operation.trait(Repeatable) if operation.secret is None else None
    return found.need if found else None


def used(design: Design) -> bool:
    """Does some operation take an idempotency key?"""
    return any(need_of(each) for each in design.operations)


def facts(design: Design) -> Iterator[tuple[str, Fact]]:
    """Which operations take a key."""
    for operation in design.operations:
        need = need_of(operation)
        if need is not None:
            yield "operations", (f"{operation.permission} idempotency_key", need)
