"""What the worker asks of a billing provider, whichever it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol


class Refused(Exception):
    """The provider did not do it: why, in a word, and whether asking again is in vain."""

    def __init__(self, word: str, *, final: bool = False) -> None:
        super().__init__(word)
        self.word = word
        self.final = final


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the provider, for whoever has its address; `id` is empty for one without an end."""

    id: str
    url: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as the provider shows it: `item` is what is paid for in it, `began` when it
    began in seconds since 1970, and `shown` all that it says."""

    id: str
    item: str
    status: str
    began: int
    shown: Mapping[str, Any]

    @property
    def live(self) -> bool:
        """Can it still be changed?"""
        return self.status not in ("canceled", "incomplete_expired")


@dataclass(frozen=True, slots=True)
class Standing:
    """The subscriptions of an account, the newest first, and a moment before the provider looked, by
    its own clock: what happened after that may be missing."""

    subscriptions: Sequence[Subscription]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """A payment that the bank of its payer wants back, since `began` in seconds since 1970: the
    `charge` that it was, and how it ended."""

    id: str
    charge: str
    began: int
    end: Literal["won", "lost"] | None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a change would cost now, in the smallest unit of a currency."""

    amount: int
    currency: str


class Provider(Protocol):
    """A billing provider. Whoever sends the same `key` again gets what the first one got, and
    nothing is done twice. All of these raise `Refused`."""

    async def customer(self, tenant_id: str, key: str) -> str:
        """A new account for a tenant: what it is called."""

    async def checkout(self, customer: str, price: str, key: str) -> Page:
        """A page on which one of a price is bought."""

    async def expire(self, checkout: str) -> Literal["completed", "expired"]:
        """Nobody can pay on the page of a checkout any more: how it ended, now or before."""

    async def end_of(self, checkout: str) -> Literal["completed", "expired"] | None:
        """How a checkout ended, or None while it is open."""

    async def portal(self, customer: str, key: str) -> Page:
        """A page with invoices and ways to pay."""

    async def subscriptions(self, customer: str) -> Sequence[Subscription]:
        """All of an account, ended ones too, the newest first."""

    async def standing(self, customer: str) -> Standing:
        """The same, with a moment from which on there may be more."""

    async def disputes(self, customer: str, since: datetime) -> Sequence[Dispute]:
        """Those about what an account has paid since then."""

    async def change(self, found: Subscription, price: str, key: str) -> None:
        """Another price from now on, what is paid already being settled."""

    async def cost(self, customer: str, found: Subscription, price: str) -> Cost:
        """What that would cost now."""

    async def cancel(self, found: Subscription, key: str) -> None:
        """No further payment: it ends with what is paid."""

    async def resume(self, found: Subscription, key: str) -> None:
        """It does not end after all; one that rests goes on."""

    async def meter(
        self, customer: str, event: str, value: int, at: datetime, key: str
    ) -> None:
        """Counts so much of an event, once under a key, as of a moment."""

    async def close(self) -> None:
        """Closes what is open."""
