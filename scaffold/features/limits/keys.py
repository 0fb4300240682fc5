"""The section `limits` of a spec."""

from typing import Annotated

from scaffold.spec.base import Model, about
from scaffold.spec.rates import Limit, Rate, RateText


class Rates(Model):
    """The rates of calls, and of failed authentications."""

    user: Annotated[Limit, about("Of one user.", "60/min")] = Rate(count=300, seconds=60)
    token: Annotated[Limit, about("Of one token.", "60/min")] = Rate(count=300, seconds=60)
    tenant: Annotated[Limit, about("Of one tenant.", "1200/min")] = Rate(count=3_000, seconds=60)
    failed_authentication: Annotated[
        RateText, about("Of failed authentications from one address.", "20/min")
    ] = Rate(count=30, seconds=60)


class SpecKeys(Model):
    """How often each may call."""

    limits: Annotated[Rates, about("How often each may call.", {"user": "60/min"})] = Rates()
