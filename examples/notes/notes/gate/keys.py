"""The issuers' public keys (RFC 7517): fetched from the pinned address, kept, refreshed."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import httpx2
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from notes.gate.problems import Problem

FRESH: Final = 300.0
"""Seconds after which a key set is fetched again."""
COOL_DOWN: Final = 10.0
"""Seconds between two fetches, whatever tokens ask for."""
STALE: Final = 3600.0
"""Seconds for which the last good key set is used, while the issuer cannot be reached."""
FETCH_SECONDS: Final = 5.0
"""For all that a fetch takes."""
MAX_KEY_SET: Final = 256 * 1024
MIN_RSA_BITS: Final = 3072
CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


class KeySource(Protocol):
    """Finds the key of an issuer by its id."""

    async def find(self, kid: str, algorithm: str) -> Key | None:
        """The key that may verify this algorithm, or None."""


class StaticKeys:
    """A key set that is known from the start."""

    def __init__(self, document: object, rsa_bits: int = MIN_RSA_BITS) -> None:
        self._keys = usable_keys(document)
        self._rsa_bits = rsa_bits

    async def find(self, kid: str, algorithm: str) -> Key | None:
        """The key that may verify this algorithm, or None."""
        return choose(self._keys, kid, algorithm, self._rsa_bits)


class RemoteKeys:
    """The key set at a pinned https address. An unknown id refreshes it, within bounds."""

    def __init__(
        self,
        url: str,
        transport: Callable[[], httpx2.AsyncBaseTransport | None] = lambda: None,
        now: Callable[[], float] = time.monotonic,
        rsa_bits: int = MIN_RSA_BITS,
    ) -> None:
        self._url = url
        self._rsa_bits = rsa_bits
        self._transport = transport
        self._now = now
        self._keys: Mapping[str, dict[str, Any]] = {}
        self._fetched = float("-inf")
        self._tried = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, kid: str, algorithm: str) -> Key | None:
        """The key that may verify this algorithm, or None.

        Raises 503 before the first key set, and when the last good one is too old.
        """
        if kid not in self._keys or self._now() - self._fetched > FRESH:
            await self._refresh()
        if self._now() - self._fetched > STALE:
            raise Problem(503, "identity_unavailable", cause=f"no keys of {self._url}")
        return choose(self._keys, kid, algorithm, self._rsa_bits)

    async def _refresh(self) -> None:
        async with self._lock:
            if self._now() - self._tried < COOL_DOWN:
                return
            self._tried = self._now()
            try:
                async with asyncio.timeout(FETCH_SECONDS), self._client() as client:
                    document = await self._document(client)
                self._keys = usable_keys(document)
                self._fetched = self._now()
            except (
                httpx2.HTTPError,
                ValueError,
                RecursionError,
                TimeoutError,
            ) as error:
                age = self._now() - self._fetched
                structlog.get_logger().warning(
                    "key_set_unavailable",
                    issuer_keys=self._url,
                    error=type(error).__name__,
                    reason=str(error)[:200],
                    usable_for=max(0, round(STALE - age)) if self._keys else 0,
                )

    def _client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=self._transport(), timeout=FETCH_SECONDS, follow_redirects=False
        )

    async def _document(self, client: httpx2.AsyncClient) -> object:
        """The key set as it is published. Raises ValueError for what is no JSON object."""
        return await fetched(client, httpx2.URL(self._url), MAX_KEY_SET)


async def fetched(
    client: httpx2.AsyncClient, url: httpx2.URL, size: int
) -> dict[str, Any]:
    """A JSON object of at most `size` bytes; what is larger is not read to its end.

    Raises ValueError for any other status, size or document.
    """
    body = bytearray()
    async with client.stream(
        "GET", url, headers={"accept-encoding": "identity"}
    ) as response:
        if response.status_code != httpx2.codes.OK:
            raise ValueError(f"status {response.status_code}")
        async for part in response.aiter_raw():
            body += part
            if len(body) > size:
                raise ValueError("too large")
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def usable_keys(document: object) -> dict[str, dict[str, Any]]:
    """The keys of a set by id: public, asymmetric, and for signatures.

    Raises ValueError for what is no key set.
    """
    found: dict[str, dict[str, Any]] = {}
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise ValueError("no key set")
    for each in keys:
        if not isinstance(each, dict) or each.get("kty") not in ("RSA", "EC", "OKP"):
            continue
        operations = each.get("key_ops")
        if each.get("use", "sig") != "sig" or (
            operations and "verify" not in operations
        ):
            continue
        kid = each.get("kid")
        if isinstance(kid, str) and kid and "d" not in each:
            found[kid] = each
    return found


def choose(
    keys: Mapping[str, dict[str, Any]], kid: str, algorithm: str, rsa_bits: int
) -> Key | None:
    """The key with this id, if its type, curve, size and `alg` fit the algorithm."""
    found = keys.get(kid)
    if found is None or found.get("alg", algorithm) != algorithm:
        return None
    try:
        if algorithm.startswith(("RS", "PS")):
            key = RSAKey.import_key(found)
            return key if key.raw_value.key_size >= rsa_bits else None
        if algorithm.startswith("ES"):
            return (
                ECKey.import_key(found)
                if found.get("crv") == CURVES.get(algorithm)
                else None
            )
        return OKPKey.import_key(found) if found.get("crv") == "Ed25519" else None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
