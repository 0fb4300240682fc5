"""What published events mean: who hears of what, and what is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scaffold.design.model import Column, Design
from scaffold.design.surface import Fact
from scaffold.features.webhooks.keys import ResourceKeys
from scaffold.spec.model import Spec

ENDPOINT = "webhook_endpoint"
"""The resource of endpoints, and their table."""
DELIVERY = "webhook_delivery"
"""The resource of deliveries, and their table."""
MAX_ENDPOINTS = 20
"""Endpoints of one tenant: each of them hears of an event in the transaction that raises it."""
OVERLAP = 86_400
"""Seconds for which the secret of before signs too, unless it is said."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a resource: what raises it, and the columns that it tells."""

    resource: str
    name: str
    on: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def type(self) -> str:
        """What subscribers call it."""
        return f"{self.resource}.{self.name}"

    def columns(self, design: Design) -> tuple[Column, ...]:
        """The columns that it tells, in the order of the resource."""
        entity = design.entity(self.resource)
        return tuple(each for each in entity.columns if each.field in self.fields and each.field)


@dataclass(frozen=True, slots=True)
class Published:
    """The events of a service."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Raised:
    """An event with an operation that raises it, and the properties that it tells."""

    type: str
    operation: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """What the templates are told: the events that operations raise, the types of all, and the
    operations on endpoints that somebody is granted; whether somebody may retry a delivery, and
    how many endpoints a tenant has at most."""

    raised: tuple[Raised, ...]
    types: tuple[str, ...]
    granted: frozenset[str]
    retried: bool
    most: int = MAX_ENDPOINTS

    def has(self, *names: str) -> bool:
        """Is one of these operations on endpoints granted?"""
        return not self.granted.isdisjoint(names)


def types(spec: Spec) -> tuple[str, ...]:
    """The types of the events of a spec, sorted."""
    return tuple(sorted(each.type for each in _events(spec)))


def published(spec: Spec) -> Published:
    """The events of a spec, by their resources."""
    return Published(tuple(_events(spec)))


def _events(spec: Spec) -> Iterator[Event]:
    for name, resource in spec.resources.items():
        assert isinstance(resource, ResourceKeys)
        for event, each in resource.events.items():
            yield Event(name, event, each.on, each.fields)


def declared(design: Design) -> tuple[Event, ...]:
    """The events that the spec declares, whether somebody can hear of them or not."""
    found = design.trait(Published)
    return found.events if found else ()


def events(design: Design) -> tuple[Event, ...]:
    """The events that somebody can hear of."""
    return declared(design) if hears(design) else ()


def hears(design: Design) -> bool:
    """Is somebody granted endpoints?"""
    return ENDPOINT in design.operated


def used(design: Design) -> bool:
    """Is somebody granted endpoints or deliveries?"""
    return not design.operated.isdisjoint((ENDPOINT, DELIVERY))


def facts(design: Design) -> Iterator[tuple[str, Fact]]:
    """What leaves the service, and what raises it."""
    for each in events(design):
        told = ["id", "version", *sorted(column.name for column in each.columns(design))]
        yield "events", (f"{each.type} on", ", ".join(sorted(each.on)))
        yield "events", (f"{each.type} tells", ", ".join(told))


def view(design: Design) -> View:
    """The view of a design."""
    found = [each for each in design.operations if each.entity == ENDPOINT]
    granted = frozenset(each.action or each.verb for each in found)
    retried = any(e.entity == DELIVERY and e.action == "retry" for e in design.operations)
    types = tuple(sorted(each.type for each in events(design)))
    return View(tuple(_raised(design)), types, granted, retried)


def _raised(design: Design) -> Iterator[Raised]:
    for each in events(design):
        told = tuple(column.name for column in each.columns(design))
        for operation in design.entity(each.resource).operations:
            if (operation.action or operation.verb) in each.on:
                yield Raised(each.type, operation.id, told)
