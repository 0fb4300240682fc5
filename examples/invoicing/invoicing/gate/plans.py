"""How often a tenant may call by its plan, as far as this process knows the plan.

No request asks for it by itself: where the process has not heard of the plan for a while, the call
of an operation tells it as well, so that it is known one request later. Until then, and where
nothing was heard of a tenant for long, the smallest rate holds: a tenant that is not known gets no
more than the plan where every tenant begins. Nothing but rates is decided by what is remembered
here: features and quotas are decided by the row, in the transaction of the operation.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from invoicing.gate.identity import Principal
from invoicing.gate.limits import Limit

RATES: Final = {
    "free": Limit("tenant", 120, 60),
    "team": Limit("tenant", 1200, 60),
}
"""How often one tenant may call, by its plan."""
SMALLEST: Final = "free"
"""The plan with the smallest rate."""
CURRENT_SECONDS: Final = 5.0
"""How long no request asks again for a plan that an answer has told: for so long, and one request
more, a tenant keeps the rate of a plan that it does not have any more."""
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
        self._plans[tenant_id] = (plan, self._now())
        self._plans.move_to_end(tenant_id)
        if len(self._plans) > self._capacity:
            self._plans.popitem(last=False)

    def plan(self, tenant_id: str) -> str:
        """The plan of a tenant; where it is not known, the one with the smallest rate."""
        return self._last(tenant_id, SECONDS) or SMALLEST

    def current(self, tenant_id: str) -> bool:
        """Was the plan of a tenant heard of so lately that nobody needs to ask for it?"""
        return self._last(tenant_id, CURRENT_SECONDS) is not None

    def _last(self, tenant_id: str, seconds: float) -> str | None:
        """The plan that was told last, if that was not too long ago."""
        found = self._plans.get(tenant_id)
        if found is None or found[1] + seconds <= self._now():
            return None
        return found[0]


KNOWN: Final = Known()


def rated(
    rates: Mapping[str, Limit], limits: Sequence[Limit], principal: Principal
) -> tuple[tuple[Limit, str], ...]:
    """The limits to charge, each with its bucket: that of a tenant by its plan. Each rate has its own
    bucket, so that what was charged at one rate does not count at another."""
    counted = principal.counted
    rate = rates[KNOWN.plan(principal.tenant_id)]
    bucket = f"{counted['tenant']}:{rate.count}/{rate.window}"
    return tuple(
        (rate, bucket) if limit.name == "tenant" else (limit, counted[limit.name])
        for limit in limits
    )


def asking(principal: Principal) -> Principal:
    """The caller, whose call tells the plan as well where it is not known or not current."""
    if KNOWN.current(principal.tenant_id):
        return principal
    return replace(principal, caller=f'{principal.caller[:-1]},"plan":true}}')
