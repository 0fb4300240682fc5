"""Stripe as the billing provider, by its own SDK over the HTTP client that the service has."""

import json
import time
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal, TypeVar

import httpx2
import stripe

from invoicing.store.startup import UnsafeConfiguration
from invoicing.work.provider import Cost, Dispute, Page, Refused, Standing, Subscription

Result = TypeVar("Result")

SECONDS: Final = 12.0
"""For a call; an attempt makes a few."""
LIVE: Final = "production"
"""The environment with a live key; all others have one of the test mode."""
DEVELOPMENT_KEY: Final = "sk_test_of_development"
DEVELOPMENT_BASE: Final = "http://127.0.0.1:8001"
"""Where the provider of `make dev` listens."""
MANY: Final = 20
"""Subscriptions of one account that are looked at."""
CHARGES: Final = 100
"""The newest charges of one that are."""
COUNTED: Final = "already exists with identifier"
"""What Stripe says of an event that it has counted; there is no code for it."""


def provider_of(
    environment: str, key: str, base: str, return_url: str, *, development: bool
) -> "Stripe":
    """The provider that the environment names.

    Raises:
        UnsafeConfiguration: the key is missing or of the other mode, or an address is not safe.
    """
    if development:
        return Stripe(
            key or DEVELOPMENT_KEY,
            base or DEVELOPMENT_BASE,
            return_url or "http://localhost:8000/docs",
        )
    mode = "live" if environment == LIVE else "test"
    if not key.startswith((f"sk_{mode}_", f"rk_{mode}_")):
        raise UnsafeConfiguration(
            f"STRIPE_SECRET_KEY must be a key of the {mode} mode in {environment}: it begins with sk_{mode}_ or rk_{mode}_."
        )
    if base:
        raise UnsafeConfiguration(
            "STRIPE_API_BASE is for development alone: leave it out."
        )
    if not return_url.startswith("https://"):
        raise UnsafeConfiguration(
            "BILLING_RETURN_URL must be the https address that people come back to."
        )
    return Stripe(key, "", return_url)


class Stripe:
    """The provider. The SDK sends nothing again by itself: whoever claims the request does."""

    def __init__(
        self,
        key: str,
        base: str,
        return_url: str,
        client: httpx2.AsyncClient | None = None,
    ) -> None:
        self._http = _Http(
            client
            or httpx2.AsyncClient(
                timeout=SECONDS, follow_redirects=False, trust_env=False
            )
        )
        self._return_url = return_url
        self._api = stripe.StripeClient(
            key,
            http_client=self._http,
            max_network_retries=0,
            base_addresses={"api": base} if base else {},
        ).v1

    async def customer(self, tenant_id: str, key: str) -> str:
        """A new account for a tenant: what it is called."""
        made = await _asked(
            self._api.customers.create_async(
                {"name": f"tenant {tenant_id}"}, {"idempotency_key": key}
            )
        )
        return made.id

    async def checkout(self, customer: str, price: str, key: str) -> Page:
        """A page on which one of a price is bought."""
        made = await _asked(
            self._api.checkout.sessions.create_async(
                {
                    "mode": "subscription",
                    "customer": customer,
                    "line_items": [{"price": price, "quantity": 1}],
                    "success_url": self._return_url,
                    "cancel_url": self._return_url,
                },
                {"idempotency_key": key},
            )
        )
        return Page(
            made.id, made.url or "", datetime.fromtimestamp(made.expires_at, UTC)
        )

    async def expire(self, checkout: str) -> Literal["completed", "expired"]:
        """Nobody can pay on the page of a checkout any more: how it ended, now or before."""
        try:
            await _asked(self._api.checkout.sessions.expire_async(checkout))
        except Refused:
            end = await self.end_of(checkout)  # one that is over is not expired again
            if end is None:
                raise
            return end
        return "expired"

    async def end_of(self, checkout: str) -> Literal["completed", "expired"] | None:
        """How a checkout ended, or None while it is open."""
        found = await _asked(self._api.checkout.sessions.retrieve_async(checkout))
        ends: Mapping[object, Literal["completed", "expired"]] = {
            "complete": "completed",
            "expired": "expired",
        }
        return ends.get(found.status)

    async def portal(self, customer: str, key: str) -> Page:
        """A page with invoices and ways to pay."""
        made = await _asked(
            self._api.billing_portal.sessions.create_async(
                {"customer": customer, "return_url": self._return_url},
                {"idempotency_key": key},
            )
        )
        return Page("", made.url)

    async def subscriptions(self, customer: str) -> Sequence[Subscription]:
        """All of an account, ended ones too, the newest first."""
        return (await self.standing(customer)).subscriptions

    async def standing(self, customer: str) -> Standing:
        """The same, with a moment from which on there may be more."""
        began = time.monotonic()
        listed = await _asked(
            self._api.subscriptions.list_async(
                {"customer": customer, "status": "all", "limit": MANY}
            )
        )
        took = timedelta(seconds=time.monotonic() - began)
        found = sorted(
            map(_subscription, listed.data),
            key=lambda each: (each.began, each.id),
            reverse=True,
        )
        return Standing(found, _answered(listed.last_response) - took)

    async def disputes(self, customer: str, since: datetime) -> Sequence[Dispute]:
        """Those about what an account has paid since then."""
        moment = int(since.timestamp())
        charges = await _asked(
            self._api.charges.list_async(
                {"customer": customer, "created": {"gte": moment}, "limit": CHARGES}
            )
        )
        found: list[Dispute] = []
        for charge in charges.data:
            if charge.disputed:
                listed = await _asked(
                    self._api.disputes.list_async({"charge": charge.id, "limit": MANY})
                )
                found += [_dispute(each, charge.id) for each in listed.data]
        return found

    async def change(self, found: Subscription, price: str, key: str) -> None:
        """Another price from now on, what is paid already being settled."""
        await _asked(
            self._api.subscriptions.update_async(
                found.id,
                {
                    "items": [{"id": found.item, "price": price}],
                    "proration_behavior": "always_invoice",
                },
                {"idempotency_key": key},
            )
        )

    async def cost(self, customer: str, found: Subscription, price: str) -> Cost:
        """What that would cost now."""
        told = await _asked(
            self._api.invoices.create_preview_async(
                {
                    "customer": customer,
                    "subscription": found.id,
                    "subscription_details": {
                        "items": [{"id": found.item, "price": price}],
                        "proration_behavior": "always_invoice",
                    },
                }
            )
        )
        return Cost(told.amount_due, told.currency)

    async def cancel(self, found: Subscription, key: str) -> None:
        """No further payment: it ends with what is paid."""
        await _asked(
            self._api.subscriptions.update_async(
                found.id, {"cancel_at_period_end": True}, {"idempotency_key": key}
            )
        )

    async def resume(self, found: Subscription, key: str) -> None:
        """It does not end after all; one that rests goes on."""
        if found.status == "paused":
            await _asked(
                self._api.subscriptions.resume_async(
                    found.id, {}, {"idempotency_key": key}
                )
            )
            return
        await _asked(
            self._api.subscriptions.update_async(
                found.id, {"cancel_at_period_end": False}, {"idempotency_key": key}
            )
        )

    async def meter(
        self, customer: str, event: str, value: int, at: datetime, key: str
    ) -> None:
        """Counts so much of an event, once under a key, as of a moment. Stripe refuses a key that it has
        counted: whoever asked before has had no answer."""
        try:
            await self._api.billing.meter_events.create_async(
                {
                    "event_name": event,
                    "payload": {"stripe_customer_id": customer, "value": str(value)},
                    "identifier": key,
                    "timestamp": int(at.timestamp()),
                },
                {"idempotency_key": key},
            )
        except stripe.InvalidRequestError as error:
            if COUNTED not in str(error.user_message):
                raise _refused(error) from error
        except stripe.StripeError as error:
            raise _refused(error) from error

    async def close(self) -> None:
        """Closes what is open."""
        await self._http.close_async()


async def _asked(call: Awaitable[Result]) -> Result:
    """The answer to a call, or `Refused`."""
    try:
        return await call
    except stripe.StripeError as error:
        raise _refused(error) from error


def _refused(error: stripe.StripeError) -> Refused:
    """Why the provider did not do it, by a word; what it says may name people."""
    match error:
        case stripe.APIConnectionError():
            return Refused("unreachable")
        case stripe.RateLimitError():
            return Refused("busy")
        case stripe.CardError():
            return Refused("card_declined", final=True)
        case stripe.IdempotencyError():  # 409: the first one is still under way
            return Refused("idempotency", final=error.http_status != 409)
        case stripe.AuthenticationError() | stripe.PermissionError():
            return Refused("credentials")
        case stripe.InvalidRequestError():
            return Refused("not_accepted", final=error.http_status != 409)
    return Refused("provider")


def _answered(response: stripe.StripeResponse | None) -> datetime:
    """When the provider answered, by its own clock (RFC 9110, section 6.6.1): that of its events. By
    ours where it does not say."""
    try:
        return parsedate_to_datetime(
            response.headers["date"] if response else ""
        ).astimezone(UTC)
    except (KeyError, ValueError):
        return datetime.now(UTC)


def _subscription(found: stripe.Subscription) -> Subscription:
    shown: Mapping[str, Any] = json.loads(str(found))
    items = shown.get("items", {}).get("data") or [{"id": ""}]
    return Subscription(
        found.id, str(items[0]["id"]), found.status, found.created, shown
    )


def _dispute(found: stripe.Dispute, charge: str) -> Dispute:
    if found.status == "lost":
        return Dispute(found.id, charge, found.created, "lost")
    waits = found.status.endswith(("needs_response", "under_review"))
    return Dispute(found.id, charge, found.created, None if waits else "won")


class _Http(stripe.HTTPClient):
    """The HTTP client of the service as the SDK wants it."""

    name = "httpx2"

    def __init__(self, client: httpx2.AsyncClient) -> None:
        super().__init__()
        self._client = client

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One request: its answer as bytes, the status and the headers."""
        content = post_data.encode() if isinstance(post_data, str) else post_data
        try:
            answer = await self._client.request(
                method, url, headers=dict(headers), content=content
            )
        except httpx2.HTTPError as error:
            raise stripe.APIConnectionError(type(error).__name__) from error  # type: ignore[no-untyped-call]
        return answer.content, answer.status_code, answer.headers

    async def close_async(self) -> None:
        """Closes what is open."""
        await self._client.aclose()
