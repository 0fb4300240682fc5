"""What caps mean: how much of what a member does is added up, and how much of it a role may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from scaffold.design.counted import Counter
from scaffold.design.model import Design, Operation
from scaffold.design.surface import Fact
from scaffold.features.caps.keys import Cap as Source
from scaffold.features.caps.keys import Limits as SourceLimits
from scaffold.features.caps.keys import SpecKeys
from scaffold.spec.amounts import type_of
from scaffold.spec.measured import Period, done
from scaffold.spec.model import Action, Resource, Spec

SPENDING = "spending_"
"""The table of what members have spent."""
EXCEEDED = "spending_cap_exceeded"
CAPPED = ("integer", "money", "decimal")
"""The types of amounts."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a role may: by one use, one member in a period, and all members by it. None is no
    cap; where all are none, there is one for a reason."""

    role: str
    each: Decimal | None
    member: Decimal | None
    tenant: Decimal | None
    because: str = ""

    @property
    def width(self) -> tuple[Decimal, ...]:
        """What the widest cap has the most of: the member's first."""
        most = (self.member, self.tenant, self.each)
        return tuple(Decimal("Infinity") if each is None else each for each in most)

    @property
    def named(self) -> Mapping[str, Decimal | None]:
        """Each by its key."""
        return {"each": self.each, "member": self.member, "tenant": self.tenant}


@dataclass(frozen=True, slots=True)
class Cap:
    """A cap: what is added up, and how much of it each role may, the widest first. Of several roles
    of a caller the first one counts. `decimal` says that an amount may have places."""

    name: str
    counter: Counter
    roles: tuple[Limits, ...]
    decimal: bool

    @property
    def per(self) -> Period:
        """The period."""
        return self.counter.period

    def written(self, limits: Limits) -> Mapping[str, int | str]:
        """The limits that a role has, as the contract says them: a decimal number is text."""
        return {
            name: str(most) if self.decimal else int(most)
            for name, most in limits.named.items()
            if most is not None
        }

    def said(self, limits: Limits) -> str:
        """`accountant 500 each, 2000 a month`."""
        words = {
            "each": "each",
            "member": f"a {self.per}",
            "tenant": f"a {self.per} by all of them",
        }
        found = [f"{most} {words[name]}" for name, most in limits.named.items() if most is not None]
        return f"{limits.role} {', '.join(found) or 'without'}"


@dataclass(frozen=True, slots=True)
class Caps:
    """The caps of a service, sorted."""

    each: tuple[Cap, ...]


@dataclass(frozen=True, slots=True)
class Capped:
    """An operation of which uses are added up."""

    caps: tuple[Cap, ...]


def _cap(spec: Spec, name: str, source: Source) -> Cap:
    counts = tuple(map(done, source.counts))
    roles = [_limits(role, each) for role, each in source.roles.items()]
    roles.sort(key=lambda each: each.width, reverse=True)
    types = {type_of(spec, said, source.sum) for said in source.counts}
    counter = Counter(name, source.per, counts, source.sum)
    return Cap(name, counter, tuple(roles), "decimal" in types)


def _limits(role: str, source: object) -> Limits:
    if isinstance(source, SourceLimits):
        return Limits(role, source.each, source.member, source.tenant)
    return Limits(role, None, None, None, getattr(source, "unlimited_because", ""))


def caps(spec: Spec) -> Caps | None:
    """The caps of a spec."""
    assert isinstance(spec, SpecKeys)
    found = tuple(_cap(spec, name, each) for name, each in sorted(spec.caps.items()))
    return Caps(found) if found else None


def capped(spec: Spec, source: Resource, action: Action | None, do: str) -> Capped | None:
    """The caps of an operation of a resource, which is one of the spec."""
    del action
    resource = next((name for name, each in spec.resources.items() if each is source), "")
    found = caps(spec)
    mine = [each for each in found.each if (resource, do) in each.counter.counts] if found else []
    return Capped(tuple(mine)) if mine else None


def caps_of(design: Design) -> Caps | None:
    """The caps of a service, if it has some."""
    return design.trait(Caps)


def of(operation: Operation) -> tuple[Cap, ...]:
    """The caps of an operation, sorted."""
    found = operation.trait(Capped)
    return found.caps if found else ()


def granted(spec: Spec, cap: Source) -> frozenset[str]:
    """The roles that are granted something that is added up, by themselves or by one that they
    extend."""
    wanted = {*map(done, cap.counts)}
    found = {
        name
        for name, role in spec.roles.items()
        for grant in role.can
        if any((on, do) in wanted for on in grant.on for do in grant.do)
    }
    while more := {n for n, role in spec.roles.items() if found & {*role.extends}} - found:
        found |= more
    return frozenset(found)


def facts(design: Design) -> Iterator[tuple[str, Fact]]:
    """What each cap adds up, and how much of it each role may."""
    found = caps_of(design)
    for cap in found.each if found else ():
        what = ", ".join(f"{entity}.{do}" for entity, do in sorted(cap.counter.counts))
        yield "caps", (f"{cap.name} adds up", f"{cap.counter.amount} of {what}")
        for limits in cap.roles:
            for name, most in limits.named.items():
                over = "" if name == "each" else f" a {cap.per}"
                said = "unlimited" if most is None else f"{most}{over}"
                yield "caps", (f"{cap.name} {limits.role} {name}", said)


@dataclass(frozen=True, slots=True)
class View:
    """What the templates are told: the caps, and the operation that the tests try each by, where
    somebody is granted it; `asked` says that one with a cap of a member can be."""

    caps: Caps
    uses: Mapping[str, str]
    asked: bool

    def has(self, name: str) -> bool:
        """Is there a limit of this key: `each`, `member` or `tenant`?"""
        every = (limits for cap in self.caps.each for limits in cap.roles)
        return any(each.named[name] is not None for each in every)

    @property
    def several(self) -> bool:
        """Has one cap several roles?"""
        return any(len(each.roles) > 1 for each in self.caps.each)


def view(design: Design, found: Caps) -> View:
    """The view of a design."""
    uses = {
        cap.name: operation.id for operation in reversed(design.operations) for cap in of(operation)
    }
    asked = any(
        limits.member is not None and limits.role in each.roles
        for cap in found.each
        for limits in cap.roles
        for each in design.operations
        if each.id == uses.get(cap.name)
    )
    return View(found, uses, asked)
