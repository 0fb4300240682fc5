"""A burst of requests that passes now, and did not before."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from scaffold.drift.spec.witness import Asked
from scaffold.drift.verdict import Rate
from scaffold.drift.witness import Trial, Tried, Witness
from scaffold.features.limits.design import FAILURES

MOST: Final = 400
"""The most requests that a test sends."""
SLOWEST: Final = 0.02
"""How many seconds a request takes at most, for which a bucket fills up meanwhile."""


def burst(asked: Asked) -> Iterator[Witness]:
    """More requests at once than were let through."""
    scope = asked.change.key.partition(" ")[2]
    count = beyond(asked.old, asked.now)
    if count is not None:
        test = Trial(
            f"burst_of_{scope}_is_heard",
            "limits/witness_burst.jinja",
            {"scope": scope, "count": count, "fails": scope == FAILURES},
            r"assert [1-9]\d* == 0",
            (
                f"from {asked.after.design.name}.gate.admission import LIMITS",
                f"from {asked.after.design.name}.gate.limits import Limit",
                f"from {asked.after.design.name}.development.issuer import DevelopmentIssuer",
                "from tests.contract import conftest",
            ),
        )
        yield Tried(f"{count} requests at once, as {scope} counts them, are heard now", test)


def beyond(old: str, now: str) -> int | None:
    """How many requests at once the rate of before lets through for sure no more, and that of now
    does; None where they are none, or too many to be tried."""
    rates = [Rate().read(each) for each in (old, now)]
    if rates[0] is None or rates[1] is None or not rates[0][0].is_finite():
        return None
    (burst, second), most = rates[0], rates[1][0]
    filled = math.ceil(float(second) * float(burst) * SLOWEST) + 1
    count = int(burst) + filled
    return count if count <= MOST and count <= most else None
