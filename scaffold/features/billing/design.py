"""What billing means: which plans are sold, whose events count, and what a provider is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scaffold.design.counted import metered
from scaffold.design.heard import Heard, path
from scaffold.design.model import Design, Operation
from scaffold.design.surface import Fact
from scaffold.features.billing.keys import SpecKeys
from scaffold.spec.model import Spec

REQUEST, EVENT = "billing_request", "billing_event"
"""The resource and table of what a tenant asks of the provider; the table of what that said."""
UNASKED = "billing_plan_asked"
"""The outcome of a request that names a plan and must not, or the other way round."""
KINDS: Mapping[str, str] = {
    "portal": "a page of the provider for invoices and ways to pay",
    "checkout": "a page of the provider on which the plan is bought",
    "change": "another plan from now on, the difference being settled",
    "preview": "what that would cost now",
    "cancel": "no further payment: the plan ends with what is paid",
    "resume": "the plan does not end after all",
    "refresh": "what the provider says of the subscription, asked anew",
}
"""What can be asked, in words. The first one needs no plan and changes nothing."""
OF_A_PLAN = ("checkout", "change", "preview")
STEP_UP = 300
"""Seconds."""
TYPES = (
    "checkout.session.completed",
    "checkout.session.expired",
    "charge.succeeded",
    "charge.dispute.created",
    "charge.dispute.closed",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
)
"""The events that say something about a subscription or a request."""
BODY_MAX = 256 * 1_024


@dataclass(frozen=True, slots=True)
class Billing:
    """The billing of a service: what is sold, as plans with the ids of their prices, and the plan
    that nobody pays for."""

    provider: str
    tolerance: int
    secrets: tuple[str, ...]
    grace: int
    sold: tuple[tuple[str, str], ...]
    first: str


@dataclass(frozen=True, slots=True)
class View:
    """What the templates are told. `live` is the environment of live keys; `create` is whether
    somebody may create requests, and `buyer` a role that may create each of them, if there is
    one. `events` are the meters that are told of."""

    billing: Billing
    live: str
    create: bool
    buyer: str
    events: tuple[str, ...]

    @property
    def path(self) -> str:
        """Where the provider sends its events."""
        return path(self.billing.provider)

    @property
    def kinds(self) -> Mapping[str, str]:
        """What can be asked."""
        return KINDS

    @property
    def of_a_plan(self) -> Sequence[str]:
        """What is asked with a plan."""
        return OF_A_PLAN

    @property
    def step_up(self) -> int:
        """How old the sign-in of whoever asks may be, in seconds."""
        return STEP_UP


def billing(spec: Spec) -> Billing | None:
    """What a spec says of it."""
    assert isinstance(spec, SpecKeys)
    if spec.billing is None:
        return None
    plans: Mapping[str, object] = getattr(spec, "plans", {})  # another room has its keys
    prices = {name: getattr(each, "price", None) for name, each in plans.items()}
    webhook, unpaid = spec.billing.webhook, spec.billing.when_unpaid
    return Billing(
        provider=spec.billing.provider,
        tolerance=webhook.tolerance,
        secrets=tuple(webhook.secrets),
        grace=unpaid.after if unpaid else 0,
        sold=tuple((name, price) for name, price in prices.items() if price),
        first=next(iter(plans), ""),
    )


def billing_of(design: Design) -> Billing | None:
    """The billing of a service, if it has some."""
    return design.trait(Billing)


def requests(design: Design) -> tuple[Operation, ...]:
    """The operations on requests that somebody is granted."""
    return tuple(each for each in design.operations if each.entity == REQUEST)


def heard(found: Billing) -> Heard:
    """The provider, as the machinery of signed events is told."""
    charge = ("data", "object", "charge")
    return Heard(
        name=found.provider,
        scheme="stripe",
        tolerance=found.tolerance,
        secrets=found.secrets,
        account=("data", "object", "customer"),
        mode=("livemode",),
        types=TYPES,
        module="gate.billing",
        handler="follow",
        model="ProviderEvent",
        effect="the subscription of a tenant follows its events",
        body_max=BODY_MAX,
        # A dispute names no customer: it is of whoever has paid the charge.
        accounts={each: charge for each in TYPES if "dispute" in each},
    )


def facts(design: Design) -> Iterator[tuple[str, Fact]]:
    """What is sold, and what follows a missed payment."""
    found = billing_of(design)
    if found is None:
        return
    yield "billing", ("provider", found.provider)
    yield "billing", ("grace after a missed payment", f"{found.grace} s")
    for plan, price in found.sold:
        yield "billing", (f"{plan} sold as", price)
    for each in KINDS:
        yield "billing", (f"{REQUEST} {each}", "with a plan" if each in OF_A_PLAN else "as it is")


def view(design: Design, found: Billing) -> View:
    """The view of a design."""
    (*creates,) = (each for each in requests(design) if each.verb == "create")
    ways = [way for each in creates for way in each.alternatives]
    buyers = [way.roles[0] for way in ways if not way.conditions and way.fields is None]
    events = tuple(each.event for each in metered(design))
    return View(found, design.live, bool(creates), next(iter(buyers), ""), events)
