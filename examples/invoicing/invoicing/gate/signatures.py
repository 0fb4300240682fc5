"""The signatures of providers: what is verified before an event is read."""

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from invoicing.gate.identity import Principal
from invoicing.gate.outcomes import refuse
from invoicing.gate.shape import Headers

if TYPE_CHECKING:
    from invoicing.gate.receive import Provider

MAX_HEADER: Final = 4_096
"""Bytes of a header of signatures."""
MAX_SIGNATURES: Final = 10
"""How many signatures are compared: while a provider rotates its secret, it sends a few."""
TIMESTAMP: Final = re.compile(rb"(0|[1-9][0-9]{0,11})")
"""Seconds since 1970 in ASCII digits."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What is signed, with its signatures as the scheme writes them."""

    timestamp: int
    content: bytes
    signatures: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a provider signs.

    `read` finds what is signed in the headers and the body, `sign` makes a signature, and `key`
    makes the key of it from the text of a secret: it raises ValueError for what is none. `volatile`
    are members of an event that differ from one delivery to the next.
    """

    read: Callable[[Headers, bytes], Signed]
    sign: Callable[[bytes, bytes], bytes]
    key: Callable[[str], bytes]
    volatile: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender(Principal):
    """A provider whose signature is good. `event_id` is what it calls the event, where the headers
    say it."""

    provider: "Provider"
    environment: str
    event_id: str | None = None


class Signatures:
    """Verifies events with the secrets of their providers."""

    def __init__(
        self,
        keys: Mapping[str, Sequence[bytes]],
        environment: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._environment = environment
        self._now = now

    def sender(self, provider: "Provider", given: Headers, content: bytes) -> Sender:
        """The provider, if it has signed this.

        Raises the one 401 for whatever it has not. A good signature is from within the tolerance,
        before now or after: one from the future could be kept for later.
        """
        signed = provider.scheme.read(given, content)
        good = False  # every key and signature is compared, so that the time tells none
        for key in self._keys[provider.name]:
            expected = provider.scheme.sign(key, signed.content)
            for each in signed.signatures:
                good |= hmac.compare_digest(expected, each)
        if not good:
            raise refuse("webhook_forged")
        if abs(self._now() - signed.timestamp) > provider.tolerance:
            raise refuse("webhook_untimely")
        return Sender(
            tenant_id="",
            pseudonym=f"webhook {provider.name}",
            factors="signature",
            caller="",
            counted={"webhook": f"webhook:{provider.name}"},
            expires_at=0.0,
            provider=provider,
            environment=self._environment,
            event_id=None,
        )


def _timestamp(text: bytes) -> int:
    if TIMESTAMP.fullmatch(text) is None:
        raise refuse("webhook_malformed")
    return int(text)


def _stripe(given: Headers, content: bytes) -> Signed:
    """`Stripe-Signature: t=1700000000,v1=...,v1=...`; schemes other than v1 are left out."""
    header = given.get(b"stripe-signature")
    if header is None:
        raise refuse("webhook_unsigned")
    pairs = [each.partition(b"=") for each in header[: MAX_HEADER + 1].split(b",")]
    times = [value for name, _, value in pairs if name == b"t"]
    found = [value for name, _, value in pairs if name == b"v1"]
    whole = len(header) <= MAX_HEADER and all(equals for _, equals, _ in pairs)
    if not whole or len(times) != 1 or not 1 <= len(found) <= MAX_SIGNATURES:
        raise refuse("webhook_malformed")
    timestamp = _timestamp(times[0])
    return Signed(timestamp, times[0] + b"." + content, found)


def _hexadecimal(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).hexdigest().encode()


STRIPE: Final = Scheme(
    _stripe, _hexadecimal, str.encode, frozenset({"pending_webhooks"})
)
"""That of Stripe, whose key is the text of the secret."""
