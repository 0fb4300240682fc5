# ruff: noqa: S608 - statements are put together from names of this service only
"""Puts to the billing provider what tenants ask of it: at least once, and with one effect.

A request is written before the provider is called, in the transaction that lets its caller ask.
Each attempt sends the same idempotency key, that of the request, so that whatever dies in between
leaves a request which the next attempt finishes. The provider forgets keys after a day: by then
nobody tries any more.
"""

import json
import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from invoicing.gate.billing import ASKED, DISPUTE, NEXT, snapshot
from invoicing.gate.problems import Problem
from invoicing.store.history import SCHEMA
from invoicing.work.provider import Provider, Refused, Subscription
from invoicing.work.queue import Ended, Message, Pool, Queue

PROVIDER: Final = "stripe"
KEPT: Final = timedelta(hours=20)
"""How long the provider certainly knows the key of a request."""
SWEEP_SECONDS: Final = 600.0
"""Between two looks for what is to be asked by itself."""
ASKED_AFTER: Final = timedelta(days=1)
"""Since the last answer about a tenant: the events of a day may be lost."""
MANY: Final = 100
"""Tenants that are asked about after one look."""
DISPUTED: Final = timedelta(days=540)
"""How long after a payment somebody may still dispute it."""
PORTAL_SECONDS: Final = 300
"""How long the page of invoices can be opened, as far as the provider says."""

FIND: Final = f"""
select account from {SCHEMA}.webhook_account where provider = $1 and tenant_id = $2 and account like 'cus%'
 order by created_at, account limit 1
"""
KEEP: Final = f"""
insert into {SCHEMA}.webhook_account (provider, account, tenant_id) values ($1, $2, $3)
"""
OPEN: Final = f"""
select reference from {SCHEMA}.billing_request where tenant_id = $1 and kind = 'checkout' and ended_as is null
   and reference is not null order by created_at
"""
SAY: Final = f"""
insert into {SCHEMA}.billing_event (tenant_id, event_id, kind, subject, state, plan, began_at, ends_at, occurred_at, rank)
select $1, r.event_id, r.kind, r.subject, r.state, r.plan, r.began_at, r.ends_at, r.occurred_at, r.rank
  from jsonb_populate_record(null::{SCHEMA}.billing_event, $2) r
    on conflict do nothing
"""
SWEEP: Final = f"""
insert into {SCHEMA}.billing_request (tenant_id, kind)
select distinct a.tenant_id, 'refresh' from {SCHEMA}.webhook_account a
 where a.provider = $1 and a.account like 'cus%' and not exists (
   select from {SCHEMA}.billing_request r where r.tenant_id = a.tenant_id and r.kind = 'refresh'
      and r.created_at > now() - $2::interval)
 limit {MANY}
"""


class Meters:
    """Tells the provider what tenants have used."""

    def __init__(self, pool: Pool, provider: Provider) -> None:
        self._pool = pool
        self._provider = provider

    async def tell(
        self, tenant_id: UUID, event: str, value: int, at: datetime, key: str
    ) -> Ended:
        """One attempt. A tenant that has bought nothing has no account which could be charged."""
        customer: str | None = await self._pool.fetchval(FIND, PROVIDER, tenant_id)
        if customer is None:
            return Ended("not_subscribed", final=True)
        try:
            await self._provider.meter(customer, event, value, at, key)
        except Refused as refused:
            return Ended(refused.word, final=refused.final)
        return Ended()


class Requests(Queue):
    """The queue of requests. Those of one tenant are put one at a time, in the order in which they
    were made; now and then it asks by itself what has become of tenants."""

    def __init__(self, billing: "Billing") -> None:
        super().__init__(
            "billing",
            billing.work,
            table="billing_request",
            lane="tenant_id",
            same="true",
            before="(b.created_at, b.id) < (d.created_at, d.id)",
            answers=False,
            results=("url", "url_expires_at", "reference", "amount", "currency"),
        )
        self._sweep_at = time.monotonic()

    async def claim(
        self, pool: Pool, most: int, each: int, without: Collection[Any] = ()
    ) -> list[Message]:
        """What is due, and first of all what nobody has asked for a day."""
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP_SECONDS
            await pool.execute(SWEEP, PROVIDER, ASKED_AFTER)
        return await super().claim(pool, most, each, without)


class Billing:
    """Puts one request to the provider."""

    def __init__(self, pool: Pool, provider: Provider) -> None:
        self._pool = pool
        self._provider = provider

    async def work(self, message: Message) -> Ended:
        """One attempt."""
        if datetime.now(UTC) - message["created_at"] > KEPT:
            return Ended("expired", final=True)
        try:
            return await self._answered(message)
        except Refused as refused:
            return Ended(refused.word, final=refused.final)

    async def _answered(self, message: Message) -> Ended:
        key = f"{message['tenant_id']}:{message['id']}"
        kind, price = str(message["kind"]), str(message["price"] or "")
        customer = await self._customer(message, make=kind in ("checkout", "portal"))
        if customer is None:
            return Ended() if kind == "refresh" else Ended("not_subscribed", final=True)
        if kind == "refresh":
            return await self._refreshed(message, customer)
        if kind == "portal":
            page = await self._provider.portal(customer, key)
            until = datetime.now(UTC) + timedelta(seconds=PORTAL_SECONDS)
            return Ended(results={"url": page.url, "url_expires_at": until})
        found = next(
            (
                each
                for each in await self._provider.subscriptions(customer)
                if each.live
            ),
            None,
        )
        if kind == "checkout":
            if found is not None or not await self._closed(message):
                return Ended("subscribed", final=True)
            page = await self._provider.checkout(customer, price, key)
            return Ended(
                results={
                    "url": page.url,
                    "url_expires_at": page.expires_at,
                    "reference": page.id,
                }
            )
        if found is None:
            return Ended("not_subscribed", final=True)
        return await self._changed(kind, customer, found, price, key)

    async def _changed(
        self, kind: str, customer: str, found: Subscription, price: str, key: str
    ) -> Ended:
        match kind:
            case "preview":
                cost = await self._provider.cost(customer, found, price)
                return Ended(results={"amount": cost.amount, "currency": cost.currency})
            case "change":
                await self._provider.change(found, price, key)
            case "cancel":
                await self._provider.cancel(found, key)
            case "resume":
                await self._provider.resume(found, key)
            case _:
                return Ended("unknown_kind")  # another release has it
        return Ended()

    async def _customer(self, message: Message, *, make: bool) -> str | None:
        """The account of the tenant, which is kept before anything is done with it: whose an event
        is, is known before there is one."""
        tenant = message["tenant_id"]
        found: str | None = await self._pool.fetchval(FIND, PROVIDER, tenant)
        if found is not None or not make:
            return found
        made = await self._provider.customer(str(tenant), f"{tenant}:customer")
        await self._pool.execute(KEEP, PROVIDER, made, tenant)
        return made

    async def _closed(self, message: Message) -> bool:
        """Closes the pages of earlier checkouts, so that nobody pays twice: False where one of them
        was paid before that."""
        tenant, paid = message["tenant_id"], False
        for row in await self._pool.fetch(OPEN, tenant):
            end = await self._provider.expire(row["reference"])
            now = _as_of(datetime.now(UTC))
            await self._say(tenant, now, _ended(message, row["reference"], end))
            paid |= end == "completed"
        return not paid

    async def _say(self, tenant: Any, *said: dict[str, Any]) -> None:
        """Records what the provider says, as one event."""
        whole = {name: value for each in said for name, value in each.items()}
        await self._pool.execute(SAY, tenant, json.dumps(whole))

    async def _refreshed(self, message: Message, customer: str) -> Ended:
        """Records what the provider says now, as of before it looked."""
        tenant, since = message["tenant_id"], datetime.now(UTC) - DISPUTED
        standing = await self._provider.standing(customer)
        found, as_of = standing.subscriptions, _as_of(standing.as_of)
        for each in found:
            try:
                said = snapshot(each.shown)
            except Problem:
                structlog.get_logger().error(
                    "unreadable_subscription", tenant_id=str(tenant)
                )
                continue
            await self._say(tenant, said, as_of, {"event_id": _asked(message, each.id)})
        for dispute in await self._provider.disputes(customer, since):
            began: dict[str, Any] = {
                "occurred_at": datetime.fromtimestamp(dispute.began, UTC).isoformat(),
                "rank": NEXT,
            }
            of = {
                "event_id": f"asked {dispute.charge}",
                "kind": "charge",
                "subject": dispute.charge,
            }
            await self._say(tenant, began, of)
            # Each is recorded once, whoever asks: a second end would be of another moment.
            of = {
                "event_id": f"asked {dispute.id}",
                "kind": "disputed",
                "subject": dispute.id,
            }
            await self._say(tenant, began, of, {"rank": DISPUTE})
            if dispute.end is not None:
                of |= {
                    "event_id": f"asked {dispute.id} {dispute.end}",
                    "kind": dispute.end,
                }
                await self._say(tenant, of, as_of)
        for row in await self._pool.fetch(OPEN, tenant):
            end = await self._provider.end_of(row["reference"])
            if end is not None:
                await self._say(tenant, as_of, _ended(message, row["reference"], end))
        live = [each.id for each in found if each.live]
        # Somebody pays twice, and only a person knows which one is meant.
        if len(live) > 1:
            structlog.get_logger().error(
                "subscribed_twice", tenant_id=str(tenant), subscriptions=live
            )
            return Ended("subscribed_twice", final=True)
        return Ended()


def _as_of(moment: datetime) -> dict[str, Any]:
    """The moment of an answer: before all events of its second, and behind what was asked before."""
    rank = ASKED + datetime.now(UTC).microsecond
    return {"occurred_at": moment.replace(microsecond=0).isoformat(), "rank": rank}


def _asked(message: Message, subject: str) -> str:
    """The id of what one attempt was told of something."""
    return f"asked {message['id']} {message['attempts']} {subject}"


def _ended(message: Message, checkout: str, end: str) -> dict[str, Any]:
    return {"event_id": _asked(message, checkout), "kind": end, "subject": checkout}
