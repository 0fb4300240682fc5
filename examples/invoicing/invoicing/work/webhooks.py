"""Delivers messages to the endpoints of tenants, as Standard Webhooks says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import base64
import hmac
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

import httpx2

from invoicing.gate.derived import secret
from invoicing.work.addresses import Addresses, Refused
from invoicing.work.queue import Ended, Message, Queue

SECONDS: Final = 15.0
"""For an attempt, from the look-up of its host to the status of the answer."""
AGENT: Final = "invoicing-webhooks/1"
GONE: Final = 410
"""The status of an endpoint that wants nothing any more."""


def queue(webhooks: "Webhooks") -> Queue:
    """The queue of deliveries. Of one row, an endpoint hears in the order of its versions."""
    return Queue(
        "webhooks",
        webhooks.deliver,
        table="webhook_delivery",
        lane="endpoint_id",
        same="b.endpoint_id = d.endpoint_id and b.resource_id = d.resource_id",
        before="(b.resource_version, b.event) < (d.resource_version, d.event)",
        more=", e.url, e.active, e.secret_version, e.former_secret_version, e.former_valid_until",
        join=" left join webhook_endpoint e on e.tenant_id = d.tenant_id and e.id = d.endpoint_id",
    )


class Webhooks:
    """Posts a message to its endpoint. The answer is not read beyond its status."""

    def __init__(
        self,
        keys: Iterable[bytes],
        addresses: Addresses,
        *,
        context: ssl.SSLContext | None = None,
        now: Callable[[], float] = time.time,
        seconds: float = SECONDS,
    ) -> None:
        self._keys = tuple(keys)
        self._addresses = addresses
        self._now = now
        self._seconds = seconds
        self._client = httpx2.AsyncClient(
            verify=True if context is None else context,
            timeout=seconds,
            follow_redirects=False,
            trust_env=False,
            # A connection belongs to an address, and not to the host that was proven on it.
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def deliver(self, message: Message) -> Ended:
        """One attempt. The columns of the endpoint are null where it is gone."""
        if message["url"] is None:
            return Ended("endpoint_deleted", final=True)
        if not message["active"]:
            return Ended("endpoint_inactive", final=True)
        try:
            async with asyncio.timeout(self._seconds):
                status = await self._posted(message)
        except Refused as error:
            return Ended(str(error))
        except (httpx2.TimeoutException, TimeoutError):
            return Ended("timeout")
        except httpx2.ConnectError as error:
            return Ended("certificate" if _untrusted(error) else "unreachable")
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
            return Ended("protocol")
        if 200 <= status < 300:
            return Ended(status=status)
        if status == GONE:
            return Ended("gone", status, final=True)
        return Ended("redirect" if 300 <= status < 400 else "status", status)

    async def _posted(self, message: Message) -> int:
        place = await self._addresses.place(message["url"], message["attempts"])
        content = body(message)
        headers = {
            "host": place.authority,
            "content-type": "application/json",
            "user-agent": AGENT,
            "accept-encoding": "identity",
            **self.signed(message, content),
        }
        request = self._client.stream(
            "POST",
            place.url,
            content=content,
            headers=headers,
            extensions={"sni_hostname": place.host},
        )
        async with request as response:
            return response.status_code

    def signed(self, message: Message, content: bytes) -> dict[str, str]:
        """The headers that prove whose message it is: one signature for each secret that is good."""
        sent = int(self._now())
        signing = f"{message['id']}.{sent}.".encode() + content
        found = (
            hmac.digest(each, signing, "sha256")
            for each in self._secrets(message, sent)
        )
        return {
            "webhook-id": str(message["id"]),
            "webhook-timestamp": str(sent),
            "webhook-signature": " ".join(
                f"v1,{base64.b64encode(each).decode()}" for each in found
            ),
        }

    def _secrets(self, message: Message, now: int) -> Iterator[bytes]:
        versions = [message["secret_version"]]
        until: datetime | None = message["former_valid_until"]
        if until is not None and until > datetime.fromtimestamp(now, UTC):
            versions.append(message["former_secret_version"])
        for key in self._keys:
            for version in versions:
                yield secret(
                    key, str(message["tenant_id"]), str(message["endpoint_id"]), version
                )

    async def close(self) -> None:
        """Closes what is open."""
        await self._client.aclose()


def body(message: Message) -> bytes:
    """The JSON of a message: the same bytes in each attempt."""
    told = message["payload"]
    fields = "" if told == "{}" else f",{told[1:-1]}"
    when = message["created_at"].isoformat()
    return (
        f'{{"type":"{message["event"]}","timestamp":"{when}",'
        f'"data":{{"id":"{message["resource_id"]}","version":{message["resource_version"]}{fields}}}}}'
    ).encode()


def _untrusted(error: BaseException | None) -> bool:
    """Has the server not proven to be the host?"""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
