"""How often a tenant may call by its plan, as far as this process knows the plan.

Every answer of the database tells the plan, so that no request asks for it by itself: it is known
one request later. Until then, and where nothing was heard of a tenant for long, the smallest rate
holds: a tenant that is not known gets no more than the plan where every tenant begins.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from invoicing.gate.limits import Limit

RATES: Final = {
    "free": Limit("tenant", 120, 60),
    "team": Limit("tenant", 1200, 60),
}
"""How often one tenant may call, by its plan."""
SMALLEST: Final = "free"
"""The plan with the smallest rate."""
SECONDS: Final = 3600.0
"""How long a plan is remembered after the last answer."""
CAPACITY: Final = 10_000
"""Of how many tenants, in one process."""


class Known:
    """The plans of the tenants of which something was heard last."""

    def __init__(
        self, now: Callable[[], float] = time.monotonic, capacity: int = CAPACITY
    ) -> None:
        self._now = now
        self._capacity = capacity
        self._plans: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def learn(self, tenant_id: str, plan: str | None) -> None:
        """Remembers what an answer tells; None is an answer that does not tell it."""
        if plan is None:
            return
        self._plans[tenant_id] = (plan, self._now() + SECONDS)
        self._plans.move_to_end(tenant_id)
        if len(self._plans) > self._capacity:
            self._plans.popitem(last=False)

    def plan(self, tenant_id: str) -> str:
        """The plan of a tenant; where it is not known, the one with the smallest rate."""
        plan, until = self._plans.get(tenant_id, (SMALLEST, 0.0))
        return plan if until > self._now() else SMALLEST


KNOWN: Final = Known()


def rated(
    rates: Mapping[str, Limit], limit: Limit, key: str, tenant_id: str
) -> tuple[Limit, str]:
    """A limit and the bucket to charge: of a tenant by its plan. Each rate has its own bucket, so
    that what was charged at one rate does not count at another."""
    if limit.name != "tenant":
        return limit, key
    rate = rates[KNOWN.plan(tenant_id)]
    return rate, f"{key}:{rate.count}/{rate.window}"
