"""The features, in the order in which a request meets them. To add one is a folder and a line here.

The core imports this list and nothing below it.
"""

from __future__ import annotations

from scaffold.features.administration import Administration
from scaffold.features.api_keys import ApiKeys
from scaffold.features.audit import Audit
from scaffold.features.billing import Billing
from scaffold.features.caps import Caps
from scaffold.features.feature import Feature
from scaffold.features.idempotency import Idempotency
from scaffold.features.inbound import InboundWebhooks
from scaffold.features.limits import Limits
from scaffold.features.outbox import Outbox
from scaffold.features.plans import Plans
from scaffold.features.sign_up import SignUp
from scaffold.features.step_up import StepUp
from scaffold.features.usage import Usage
from scaffold.features.webhooks import Webhooks

__all__ = ["FEATURES", "Feature"]

FEATURES: tuple[Feature, ...] = (
    Limits(),
    ApiKeys(),
    StepUp(),
    Administration(),
    SignUp(),
    InboundWebhooks(),
    Idempotency(),
    Caps(),
    Usage(),
    Plans(),
    Billing(),
    Webhooks(),
    Outbox(),
    Audit(),
)
