"""The key `step_up` of an action."""

from typing import Annotated

from scaffold.spec.base import Model, about
from scaffold.spec.scalars import DURATION_SCHEMA, reads, seconds, within

MAX_SECONDS = 86_400

Age = Annotated[
    int,
    reads(seconds),
    within(1, MAX_SECONDS, "E-RANGE", "step_up must be from 1s to 24h"),
    DURATION_SCHEMA,
]


class ActionKeys(Model):
    """How fresh the authentication of who acts must be."""

    step_up: Annotated[Age | None, about("How fresh the sign-in must be, in seconds.", "5m")] = None
