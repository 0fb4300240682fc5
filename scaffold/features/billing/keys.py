"""The section `billing` of a spec."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from scaffold.spec import names
from scaffold.spec.base import Model, about
from scaffold.spec.scalars import DAY, Seconds, spelled, within
from scaffold.spec.signed import Signed

MAX_GRACE = 90 * DAY


def _plan(name: str) -> str:
    return names.identifier(name, "a plan")


PlanName = Annotated[
    str, AfterValidator(_plan), spelled(names.IDENTIFIER, maxLength=names.MAX_NAME)
]


class Webhook(Signed):
    """How the events of the provider are verified."""


class WhenUnpaid(Model):
    """What becomes of a tenant that does not pay."""

    after: Annotated[
        Seconds,
        within(0, MAX_GRACE, "E-RANGE", "after must be from 0s to 90d"),
        about("How long it keeps its plan after the first missed payment.", "7d"),
    ]
    plan: Annotated[PlanName, about("The plan that it has then: the first one.", "free")]


class Billing(Model):
    """Who takes the money for the plans that have a price."""

    provider: Annotated[Literal["stripe"], about("The billing provider.", "stripe")]
    webhook: Annotated[
        Webhook, about("How its events are verified.", {"secrets": "STRIPE_WEBHOOK_SECRET"})
    ]
    when_unpaid: Annotated[
        WhenUnpaid | None,
        about(
            "What becomes of a tenant that does not pay; at once the first plan, if left out.",
            {"after": "7d", "plan": "free"},
        ),
    ] = None


class SpecKeys(Model):
    """The billing of a service."""

    billing: Annotated[
        Billing | None,
        about(
            "Who takes the money for the plans that have a price; nobody if left out.",
            {"provider": "stripe", "webhook": {"secrets": "STRIPE_WEBHOOK_SECRET"}},
        ),
    ] = None
