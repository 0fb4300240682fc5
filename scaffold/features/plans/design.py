"""What plans mean: what a tenant may do, how much and how often, by the plan that counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scaffold.design.counted import Counter, counters, used_by
from scaffold.design.model import Design, Operation
from scaffold.design.states import DISPUTED, STATES, TRANSITIONS, State, Transition
from scaffold.design.surface import Fact
from scaffold.features.plans.keys import (
    ActionKeys,
    Quota,
    ResourceKeys,
    SpecKeys,
    grace_of,
    meters_in,
)
from scaffold.features.plans.keys import Plan as Source
from scaffold.spec.measured import Period
from scaffold.spec.model import Action, Resource
from scaffold.spec.names import MAX_NAME
from scaffold.spec.rates import Rate

SUBSCRIPTION = "subscription"
"""The resource of a tenant's subscription, and their table."""
CHANGE = "subscription_change"
"""The table of what a subscription was before."""
HOLD_DAYS = 180
"""How long after a dispute what tells of it is held: an arbitration can still follow."""
REFUSED = "feature_not_in_plan"
EXCEEDED = "quota_exceeded"
UNITS: Mapping[Period, str] = {"day": " a day", "month": " a month", "held": " at once"}


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much of a meter a plan has: `most` in a period. None is no limit, for a reason."""

    meter: str
    most: int | None
    period: Period
    because: str = ""

    def __str__(self) -> str:
        """`25 a month`."""
        return "unlimited" if self.most is None else f"{self.most}{UNITS[self.period]}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan; `rate` is how often one of its tenants may call, where the plan says it."""

    name: str
    price: str
    features: tuple[str, ...]
    allowances: tuple[Allowance, ...]
    rate: Rate | None

    def of(self, meter: str) -> Allowance:
        """How much it has of a meter. A checked spec says it in every plan."""
        none = Allowance(meter, 0, "month")
        return next((each for each in self.allowances if each.meter == meter), none)


@dataclass(frozen=True, slots=True)
class Trial:
    """The plan that a new tenant tries for so many days."""

    plan: str
    days: int


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of a service, the first one first.

    `grace` is how many seconds a tenant keeps its plan after a payment was missed. `rated` says
    that the plans differ in how often their tenants may call: each has a rate then.
    """

    each: tuple[Plan, ...]
    trial: Trial | None
    grace: int = 0
    rated: bool = False

    @property
    def first(self) -> Plan:
        """Where every tenant begins."""
        return self.each[0]

    @property
    def meters(self) -> tuple[str, ...]:
        """What quotas count, sorted: counters are locked in this order."""
        return tuple(sorted({one.meter for each in self.each for one in each.allowances}))

    @property
    def held(self) -> tuple[str, ...]:
        """The meters that count rows which are there: a delete gives them back."""
        return tuple(
            sorted({o.meter for e in self.each for o in e.allowances if o.period == "held"})
        )

    @property
    def features(self) -> tuple[str, ...]:
        """Every feature of some plan, sorted."""
        return tuple(sorted({name for each in self.each for name in each.features}))

    def having(self, feature: str) -> tuple[str, ...]:
        """The plans with a feature."""
        return tuple(each.name for each in self.each if feature in each.features)

    @property
    def smallest(self) -> Plan:
        """The plan whose tenants may call the least often, of those that say how often."""
        rated = [each for each in self.each if each.rate]
        return min(rated, key=lambda each: each.rate.count / each.rate.seconds if each.rate else 0)

    @property
    def widest(self) -> Plan:
        """The plan with the most features, the later of two."""
        return max(reversed(self.each), key=lambda each: len(each.features))


def told_as(meter: str) -> str:
    """What the usage of a meter is called: as its resource, or as the operation is.

    A name that is too long for a field ends with a digest of the whole.
    """
    resource, _, action = meter.partition(".")
    whole = f"{action}_{resource}" if action else resource
    if len(whole) <= MAX_NAME:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:6]
    return f"{whole[: MAX_NAME - 8].rstrip('_')}_x{digest}"


@dataclass(frozen=True, slots=True)
class Gated:
    """An operation is for tenants whose plan has a feature: the `plans` have it."""

    feature: str
    plans: tuple[str, ...]


def plans(spec: SpecKeys, fallback: object) -> Plans | None:
    """The plans of a spec; `fallback` is the limit of a tenant where a plan says none."""
    if not spec.plans:
        return None
    rated = any(each.limits.tenant for each in spec.plans.values())
    periods = _periods(spec)
    every = fallback if rated and isinstance(fallback, Rate) else None
    return Plans(
        tuple(
            Plan(
                name,
                each.price or "",
                tuple(sorted(each.features)),
                tuple(_allowances(each, periods)),
                each.limits.tenant or every,
            )
            for name, each in spec.plans.items()
        ),
        Trial(spec.trial.plan, spec.trial.days) if spec.trial else None,
        grace=grace_of(spec),
        rated=rated,
    )


def _periods(spec: SpecKeys) -> Mapping[str, Period]:
    """What each meter is counted over where a plan has no limit: as in the first that has one."""
    found = dict(meters_in(spec))
    for plan in spec.plans.values():
        for meter, quota in plan.quotas.items():
            if isinstance(quota, Quota):
                found.setdefault(meter, quota.period)
    return found


def _allowances(source: Source, periods: Mapping[str, Period]) -> Iterator[Allowance]:
    for meter, quota in sorted(source.quotas.items()):
        if isinstance(quota, Quota):
            yield Allowance(meter, quota.most, quota.period)
        else:
            yield Allowance(meter, None, periods.get(meter, "month"), quota.unlimited_because)


def gated(spec: SpecKeys, source: Resource, action: Action | None) -> Gated | None:
    """The feature that an operation needs, and the plans that have it."""
    feature = action.feature if isinstance(action, ActionKeys) else None
    if feature is None and isinstance(source, ResourceKeys):
        feature = source.feature
    if feature is None:
        return None
    having = tuple(name for name, each in spec.plans.items() if feature in each.features)
    return Gated(feature, having)


def plans_of(design: Design) -> Plans | None:
    """The plans of a service, if it has some."""
    return design.trait(Plans)


def counted(found: Plans) -> Iterator[Counter]:
    """What the quotas count: a resource each create, an action each use. One that a meter has the
    name of is that meter."""
    for meter in found.meters:
        resource, _, action = meter.partition(".")
        yield Counter(meter, found.first.of(meter).period, ((resource, action or "create"),))


def meters_of(design: Design, found: Plans, operation: Operation) -> tuple[Counter, ...]:
    """What one use of an operation is counted as."""
    known = tuple(each for each in counters(design) if each.name in found.meters)
    return used_by(known, operation)


def feature_of(operation: Operation) -> str:
    """The feature that an operation needs, or nothing."""
    found = operation.trait(Gated)
    return found.feature if found else ""


def facts(design: Design) -> Iterator[tuple[str, Fact]]:
    """What each plan has, and what each operation needs."""
    found = plans_of(design)
    if found is None:
        return
    yield "plans", ("first", found.first.name)
    if found.trial:
        yield "plans", ("trial", f"{found.trial.plan} for {found.trial.days} days")
    yield "plans", ("grace after a missed payment", f"{found.grace} s")
    yield "plans", ("evidence is held after a dispute", f"{HOLD_DAYS} days")
    for plan in found.each:
        yield "plans", (f"{plan.name} features", ", ".join(plan.features) or "none")
        for each in plan.allowances:
            yield "plans", (f"{plan.name} quota {each.meter}", str(each))
        if plan.rate:
            rate = f"{plan.rate.count} in {plan.rate.seconds} s"
            yield "plans", (f"{plan.name} limit of a tenant", rate)
        if plan.price:
            yield "plans", (f"{plan.name} price", plan.price)
    for operation in design.operations:
        if feature := feature_of(operation):
            yield "operations", (f"{operation.permission} feature", feature)


@dataclass(frozen=True, slots=True)
class View:
    """What is told to the emitted tests and to the module of rates.

    `gated` are the operations that need a feature, each with it, and `uses` maps each meter to the
    operation that uses it. `creates` says that one of these is a create, and `founding` is the
    operation with which somebody makes a tenant, and `read` the one that reads a subscription, if
    there are some. `paid` is another plan than the first, if there is one.
    """

    plans: Plans
    gated: Mapping[str, str]
    uses: Mapping[str, str]
    creates: bool
    founding: str
    read: str

    @classmethod
    def of(cls, design: Design, found: Plans) -> View:
        """The view of a design."""
        gates = {e.id: feature for e in design.operations if (feature := feature_of(e))}
        uses = {
            meter.name: each
            for each in design.operations
            for meter in meters_of(design, found, each)
            if not meter.amount
        }
        limited = {
            one.meter for each in found.each for one in each.allowances if one.most is not None
        }
        return cls(
            found,
            gates,
            {meter: each.id for meter, each in uses.items()},
            any(each.verb == "create" and meter in limited for meter, each in uses.items()),
            next((each.operation.id for each in design.joins if each.founding), ""),
            next((each.id for each in design.operations if each.entity == SUBSCRIPTION), ""),
        )

    @property
    def told(self) -> Mapping[str, str]:
        """What a subscription calls each meter."""
        return {each: told_as(each) for each in self.plans.meters}

    @property
    def paid(self) -> str:
        """Another plan than the first, if there is one."""
        others = [each.name for each in self.plans.each[1:]]
        widest = self.plans.widest.name
        return widest if widest in others else (others or [self.plans.first.name])[-1]

    @property
    def hold_days(self) -> int:
        """How many days what tells of a dispute is held after it."""
        return HOLD_DAYS

    @property
    def disputed(self) -> str:
        """The state of a subscription whose payment is disputed."""
        return DISPUTED

    @property
    def states(self) -> Sequence[State]:
        """The states of a subscription."""
        return STATES

    @property
    def transitions(self) -> Sequence[Transition]:
        """What leads from one to another."""
        return TRANSITIONS

    @property
    def worlds(self) -> bool:
        """Do the tests need the catalogue of synthetic data?"""
        return bool(self.plans.held or self.plans.trial)

    @property
    def harness(self) -> Sequence[str]:
        """What the tests take from the harness."""
        names = {"Service", "World", "world_of"}
        if self.read:
            names |= {"allowed"}
        if self.gated or self.plans.meters:
            names |= {"ACCESS", "allowed", "code", "prepare", "reachable"}
        if self.plans.rated:
            names |= {"allowed", "code", "let_in", "plain"}
        if self.creates:
            names |= {"allowed_facts", "body_of"}
        if self.plans.trial:
            names |= {"SLUGS"}
            names |= {"TABLE", "body_schema"} if self.founding else set()
        return sorted(names, key=lambda each: (not each.isupper(), not each[0].isupper(), each))
