"""What usage means: what is counted of each tenant, and what becomes of a period that has ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scaffold.design.counted import Counter, Metered, counters, metered, reporter, used_by
from scaffold.design.model import Design, Operation
from scaffold.design.surface import Fact
from scaffold.features.usage.keys import SpecKeys
from scaffold.spec.measured import done

READING = "meter_reading"
"""The resource of what a tenant has used, by the period."""
CLOSING = "usage_closing"
"""The table of periods that are closed, each of which is reported."""
SUMMED = ("integer", "money")
"""The types of fields that a meter can add up."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter; `event` is what the billing provider calls it, where it is told."""

    counter: Counter
    event: str

    @property
    def name(self) -> str:
        """Its name."""
        return self.counter.name

    def __str__(self) -> str:
        """`invoice.send a month`."""
        return _said(self.counter)


@dataclass(frozen=True, slots=True)
class Meters:
    """The meters of a service, sorted."""

    each: tuple[Meter, ...]


def meters(spec: SpecKeys) -> Meters | None:
    """The meters of a spec."""
    found = tuple(
        Meter(
            Counter(
                name,
                each.per,
                tuple(map(done, each.counts)),
                each.sum or "",
                closed=True,
            ),
            each.reported_as or "",
        )
        for name, each in sorted(spec.meters.items())
    )
    return Meters(found) if found else None


def meters_of(design: Design) -> Meters | None:
    """The meters of a service, if it has some."""
    return design.trait(Meters)


def reported(found: Meters) -> Iterator[Metered]:
    """What the billing provider is told."""
    return (Metered(each.name, each.event) for each in found.each if each.event)


def _said(counter: Counter) -> str:
    what = ", ".join(f"{entity}.{do}" for entity, do in sorted(counter.counts))
    return f"{counter.amount or 1} of each {what} a {counter.period}"


def facts(design: Design) -> Iterator[tuple[str, Fact]]:
    """What is counted, and what is reported."""
    found = meters_of(design)
    for each in found.each if found else ():
        yield "meters", (f"{each.name} counts", str(each))
        if each.event:
            yield "meters", (f"{each.name} reported as", each.event)


@dataclass(frozen=True, slots=True)
class Use:
    """How the emitted tests use a meter: by an operation of which each use counts 1, or what a
    field says."""

    meter: Meter
    operation: str
    verb: str

    @property
    def counter(self) -> Counter:
        """The counter."""
        return self.meter.counter


@dataclass(frozen=True, slots=True)
class View:
    """What the templates are told: the meters, how each is used where somebody is granted it, the
    operation that lists readings, the events that somebody is told, and what tells them."""

    meters: Meters
    uses: tuple[Use, ...]
    list: str
    reported: Mapping[str, str]
    reporter: str


def view(design: Design, found: Meters) -> View:
    """The view of a design."""
    every = counters(design)
    uses = {
        each.name: Use(each, operation.id, operation.verb)
        for each in found.each
        for operation in reversed(design.operations)
        if any(counter.name == each.name for counter in used_by(every, operation))
    }
    lists = [e.id for e in design.operations if e.entity == READING and e.verb == "list"]
    return View(
        found,
        tuple(uses.values()),
        next(iter(lists), ""),
        {each.counter: each.event for each in metered(design)},
        reporter(design) if metered(design) else "",
    )


def counted(design: Design, operation: Operation) -> tuple[Counter, ...]:
    """The meters that an operation counts in."""
    found = meters_of(design)
    known = tuple(each.counter for each in found.each) if found else ()
    return used_by(known, operation)
