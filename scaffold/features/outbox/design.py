"""What work after the answer means: which messages there are, and which hooks they call."""

from __future__ import annotations

from dataclasses import dataclass

from scaffold.design.model import Design, Operation
from scaffold.features.webhooks.design import DELIVERY, ENDPOINT, hears

MESSAGE = "outbox_message"
"""The table of messages that call hooks."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Once the action is committed, a hook is called."""


@dataclass(frozen=True, slots=True)
class View:
    """What the templates are told: what the worker's role reaches, and the tables of messages."""

    tables: tuple[str, ...]
    queues: tuple[str, ...]


def deferred(operation: Operation) -> bool:
    """Is a hook called once it is committed?"""
    return operation.trait(Deferred) is not None


def calls(design: Design) -> tuple[Operation, ...]:
    """The actions with such a hook."""
    return tuple(each for each in design.operations if deferred(each))


def used(design: Design) -> bool:
    """Is there work for a worker?"""
    return bool(calls(design)) or hears(design)


def view(design: Design) -> View:
    """The view of a design."""
    own = (MESSAGE,) if calls(design) else ()
    queues = (*own, *((DELIVERY,) if hears(design) else ()))
    return View((*queues, *((ENDPOINT,) if hears(design) else ())), queues)
