"""How the signed events of a provider are verified, in the words of every section that has some."""

from __future__ import annotations

from typing import Annotated

from annotated_types import MaxLen, MinLen

from scaffold.spec.base import ONE_OR_MANY, Model, about
from scaffold.spec.scalars import Seconds, SecretName, within

DEFAULT_TOLERANCE = 300
MAX_TOLERANCE = 3_600
MAX_SECRETS = 5


class Signed(Model):
    """The keys of whoever sends signed events."""

    tolerance: Annotated[
        Seconds,
        within(1, MAX_TOLERANCE, "E-RANGE", "tolerance must be from 1s to 1h"),
        about("How far its clock and ours may be apart, in either direction.", "5m"),
    ] = DEFAULT_TOLERANCE
    secrets: Annotated[
        tuple[SecretName, ...],
        MinLen(1),
        MaxLen(MAX_SECRETS),
        ONE_OR_MANY,
        about(
            "The environment variables with its secrets: the one in use, then former ones.",
            "PAYMENTS_WEBHOOK_SECRET",
        ),
    ]
