"""The section `audit` of a spec."""

from typing import Annotated

from scaffold.spec.base import Model, about
from scaffold.spec.problems import Refusal, quote
from scaffold.spec.scalars import DAY, reads, seconds, spelled, within

MIN_DAYS = 400
"""How many days an audit event is kept at least (control DATA-2)."""
MAX_DAYS = 36_500


def _days(text: str) -> int:
    if not text.endswith("d") or seconds(text) < MIN_DAYS * DAY:
        raise Refusal(
            "E-RETENTION",
            f"{quote(text)} is too short to keep audit events",
            f"Write days, at least {MIN_DAYS}d.",
        )
    return seconds(text) // DAY


Retention = Annotated[
    int,
    reads(_days),
    within(MIN_DAYS, MAX_DAYS, "E-RETENTION", f"Audit events can be kept for at most {MAX_DAYS}d"),
    spelled("^[1-9][0-9]{2,4}d$"),
]


class Trail(Model):
    """The append-only record of every effect."""

    retain: Annotated[Retention, about("How many days it is kept.", "400d")] = 400


class SpecKeys(Model):
    """The record of what was done."""

    audit: Annotated[Trail, about("The record of every effect.", {"retain": "400d"})] = Trail()
