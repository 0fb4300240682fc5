"""What is counted of a tenant: counters that features declare, how much of them there is, and who
is told what they came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffold.spec.measured import Period

if TYPE_CHECKING:
    from scaffold.design.model import Design, Operation


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter of each tenant: which operations it counts, each as its resource and what is done.

    Each use counts 1, or what the field `amount` says, of the body or the row. Where it is `closed`
    at the end of its period, it is counted in the next one from then on.
    """

    name: str
    period: Period
    counts: tuple[tuple[str, str], ...]
    amount: str = ""
    closed: bool = False

    def of(self, operation: Operation) -> bool:
        """Does a use of the operation count?"""
        return (operation.entity, operation.action or operation.verb) in self.counts

    def of_rows(self, entity: str) -> bool:
        """Does a new row of a resource count?"""
        return (entity, "create") in self.counts


@dataclass(frozen=True, slots=True)
class Bound:
    """How much there is of a counter: `least` whoever asks (None is without a limit), and `most`,
    the SQL of how much the tenant `p_tenant` has of the counter `p_meter`, which is asked where the
    least is not enough; and the outcome of a use for which there is not enough left."""

    least: int | None
    most: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Metered:
    """A counter whose end of a period is reported to whoever takes the money: as which `event`."""

    counter: str
    event: str


def counters(design: Design) -> tuple[Counter, ...]:
    """Every counter, sorted by name: they are locked in this order. One that several features name
    is as the first of them says."""
    from scaffold.features import FEATURES  # which this is a part of the design of

    found: dict[str, Counter] = {}
    for feature in FEATURES:
        for each in feature.counters(design):
            found.setdefault(each.name, each)
    return tuple(found[name] for name in sorted(found))


def bounds(design: Design) -> Mapping[str, Bound]:
    """How much there is of counters, by their names."""
    from scaffold.features import FEATURES

    return {name: bound for each in FEATURES for name, bound in each.bounds(design).items()}


def used_by(found: tuple[Counter, ...], operation: Operation) -> tuple[Counter, ...]:
    """The counters that a use of an operation is counted in, sorted."""
    return tuple(each for each in found if each.of(operation))


def metered(design: Design) -> tuple[Metered, ...]:
    """What is reported."""
    from scaffold.features import FEATURES

    return tuple(found for each in FEATURES for found in each.metered(design))


def reporter(design: Design) -> str:
    """What reports it, as Python of the worker; nothing where nobody does."""
    from scaffold.features import FEATURES

    return next(filter(None, (each.reporter(design) for each in FEATURES)), "")
