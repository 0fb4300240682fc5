"""What travels: the answers of subscriptions, and what their operations accept."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from invoicing.types import Closed, DateTime, whole


class SubscriptionUsageValueCustomer(Closed):
    """A part of a body."""

    used: Annotated[int, Field(ge=0, le=1000000000000), whole]
    """How much is used."""
    limit: Annotated[int, Field(ge=0, le=1000000000), whole] | None = None
    """How much the plan has; null is without a limit."""
    resets_at: DateTime | None = None
    """When it is counted anew; null where rows are counted."""


class SubscriptionUsageValueInvoice(Closed):
    """A part of a body."""

    used: Annotated[int, Field(ge=0, le=1000000000000), whole]
    """How much is used."""
    limit: Annotated[int, Field(ge=0, le=1000000000), whole] | None = None
    """How much the plan has; null is without a limit."""
    resets_at: DateTime | None = None
    """When it is counted anew; null where rows are counted."""


class SubscriptionUsageValue(Closed):
    """A part of a body."""

    customer: SubscriptionUsageValueCustomer
    """What customer has used."""
    invoice: SubscriptionUsageValueInvoice
    """What invoice has used."""


class Subscription(TypedDict):
    """A subscription as an answer."""

    id: UUID
    plan: str
    """The plan that counts now."""
    state: Literal[
        "trialing",
        "active",
        "past_due",
        "unpaid",
        "canceled",
        "paused",
        "incomplete",
        "disputed",
        "none",
    ]
    """What became of the subscription."""
    trial_ends_at: datetime | None
    """When the trial ends, or ended."""
    features: list[str]
    """What the plan has."""
    usage: SubscriptionUsageValue
    """What is used of each quota."""
