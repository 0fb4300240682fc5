"""The section `api_keys` of a spec."""

from typing import Annotated

from scaffold.spec.base import Model, about
from scaffold.spec.scalars import DAY, DURATION_SCHEMA, reads, seconds, within

MIN_SECONDS = 3_600
MAX_SECONDS = 365 * DAY

Lifetime = Annotated[
    int,
    reads(seconds),
    within(MIN_SECONDS, MAX_SECONDS, "E-RANGE", "max_lifetime must be from 1h to 365d"),
    DURATION_SCHEMA,
]


class ApiKeys(Model):
    """The keys with which programs act for members."""

    max_lifetime: Annotated[Lifetime, about("How long a key works at most.", "90d")] = 90 * DAY


class SpecKeys(Model):
    """The keys with which programs act for members."""

    api_keys: Annotated[
        ApiKeys, about("The keys that members make for programs.", {"max_lifetime": "90d"})
    ] = ApiKeys()
