# ruff: noqa: S105 - the secret of development is no secret
"""The providers whose events are heard, and what their events do."""

from typing import Final

from pydantic import SecretStr, TypeAdapter

from invoicing.gate import heard
from invoicing.gate.billing import ProviderEvent, follow
from invoicing.gate.operation import Body, Operation
from invoicing.gate.receive import EVENT, Effect, Provider, receive
from invoicing.gate.signatures import STRIPE, Signatures
from invoicing.resources.invoice import handlers as invoice_handlers
from invoicing.settings import Settings
from invoicing.store.startup import UnsafeConfiguration

DEVELOPMENT_SECRET: Final = "whsec_b2YgZGV2ZWxvcG1lbnQsIGFuZCBvZiBub3RoaW5nIGVsc2U="
"""What signs events on a developer's machine and in tests: nowhere else is it a secret."""
MIN_SECRET: Final = 24
"""Bytes of the key that a secret stands for (Standard Webhooks has from 24 to 64)."""

PAYMENTS: Final = Provider(
    name="payments",
    scheme=STRIPE,
    tolerance=300,
    role="billing_worker",
    account=("data", "object", "customer"),
    id=("id",),
    mode=("livemode",),
    order=("created",),
    effects={
        "invoice.paid": Effect(
            "settle_invoice",
            invoice_handlers.settle,
            row=("data", "object", "metadata", "invoice_id"),
            table="invoice",
        ),
        "charge.succeeded": Effect(
            "settle_invoice",
            invoice_handlers.settle,
            fields={
                "number": ("data", "object", "metadata", "number"),
                "amount": ("data", "object", "amount"),
            },
            hook=heard.ON_PAYMENTS_CHARGE_SUCCEEDED,
            table="invoice",
        ),
    },
)
STRIPE_EVENTS_BODY: Final = Body(TypeAdapter(ProviderEvent), 262144)
STRIPE_EVENTS: Final = Provider(
    name="stripe",
    scheme=STRIPE,
    tolerance=300,
    role="",
    account=("data", "object", "customer"),
    id=("id",),
    mode=("livemode",),
    effects={
        "checkout.session.completed": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
        ),
        "checkout.session.expired": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
        ),
        "charge.succeeded": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
        ),
        "charge.dispute.created": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
            account=("data", "object", "charge"),
        ),
        "charge.dispute.closed": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
            account=("data", "object", "charge"),
        ),
        "customer.subscription.created": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
        ),
        "customer.subscription.updated": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
        ),
        "customer.subscription.deleted": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
        ),
        "customer.subscription.paused": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
        ),
        "customer.subscription.resumed": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
        ),
        "customer.subscription.trial_will_end": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
        ),
        "invoice.paid": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
        ),
        "invoice.payment_failed": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
        ),
        "invoice.payment_action_required": Effect(
            "stripe",
            follow,
            body=STRIPE_EVENTS_BODY,
            fields={"event": ()},
        ),
    },
)

RECEIVERS: Final[tuple[Operation, ...]] = (
    Operation(
        id="receive_payments",
        method="POST",
        path="/webhooks/payments",
        permission="",
        handler=receive,
        body=Body(EVENT, 262144),
        provider=PAYMENTS,
    ),
    Operation(
        id="receive_stripe",
        method="POST",
        path="/webhooks/stripe",
        permission="",
        handler=receive,
        body=Body(EVENT, 262144),
        provider=STRIPE_EVENTS,
    ),
)
"""The operations that a signature lets in, in place of a token."""


def signatures(settings: Settings) -> Signatures:
    """The signatures of all providers, by the secrets of the environment.

    Raises:
        UnsafeConfiguration: a secret is missing, too short, or that of development.
    """
    given: tuple[tuple[Provider, dict[str, SecretStr | None]], ...] = (
        (
            PAYMENTS,
            {
                "PAYMENTS_WEBHOOK_SECRET": settings.payments_webhook_secret,
                "PAYMENTS_WEBHOOK_SECRET_PREVIOUS": settings.payments_webhook_secret_previous,
            },
        ),
        (
            STRIPE_EVENTS,
            {
                "STRIPE_WEBHOOK_SECRET": settings.stripe_webhook_secret,
                "STRIPE_WEBHOOK_SECRET_PREVIOUS": settings.stripe_webhook_secret_previous,
            },
        ),
    )
    keys: dict[str, list[bytes]] = {}
    for provider, secrets in given:
        first, *_ = secrets
        held = {
            name: each.get_secret_value()
            for name, each in secrets.items()
            if each is not None
        }
        found = [_key(provider, name, text) for name, text in held.items() if text]
        if settings.development:
            found.append(provider.scheme.key(DEVELOPMENT_SECRET))
        elif not held.get(first):
            raise UnsafeConfiguration(
                f"{first} is empty: it is what {provider.name} signs its events with."
            )
        elif DEVELOPMENT_SECRET in held.values():
            raise UnsafeConfiguration(
                f"A secret of {provider.name} is that of development: use its own."
            )
        keys[provider.name] = found
    return Signatures(keys, settings.environment)


def _key(provider: Provider, name: str, text: str) -> bytes:
    try:
        key = provider.scheme.key(text)
    except ValueError as error:
        raise UnsafeConfiguration(
            f"{name} is no secret of {provider.name}: {error}."
        ) from None
    if len(key) < MIN_SECRET:
        raise UnsafeConfiguration(
            f"{name} is shorter than {MIN_SECRET} bytes: copy all of it."
        )
    return key
