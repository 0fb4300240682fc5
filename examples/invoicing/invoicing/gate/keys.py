"""The issuers' public keys (RFC 7517): fetched from the pinned address, kept, refreshed."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from invoicing.gate.problems import Problem

FRESH: Final = 300.0
"""Seconds after which a key set is fetched again."""
COOL_DOWN: Final = 10.0
"""Seconds between two fetches, whatever tokens ask for."""
TIMEOUT: Final = 5.0
MAX_KEY_SET: Final = 256 * 1024
MIN_RSA_BITS: Final = 2048
CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


class KeySource(Protocol):
    """Finds the key of an issuer by its id."""

    async def find(self, kid: str, algorithm: str) -> Key | None:
        """The key that may verify this algorithm, or None."""


class StaticKeys:
    """A key set that is known from the start."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._keys = usable_keys(document)

    async def find(self, kid: str, algorithm: str) -> Key | None:
        """The key that may verify this algorithm, or None."""
        return choose(self._keys, kid, algorithm)


class RemoteKeys:
    """The key set at a pinned https address. An unknown id refreshes it, within bounds."""

    def __init__(
        self,
        url: str,
        client: Callable[[], httpx2.AsyncClient] = lambda: httpx2.AsyncClient(
            timeout=TIMEOUT, follow_redirects=False
        ),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._client = client
        self._now = now
        self._keys: Mapping[str, dict[str, Any]] = {}
        self._fetched = float("-inf")
        self._tried = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, kid: str, algorithm: str) -> Key | None:
        """The key that may verify this algorithm, or None. Raises 503 before the first key set."""
        if kid not in self._keys or self._now() - self._fetched > FRESH:
            await self._refresh(kid)
        return choose(self._keys, kid, algorithm)

    async def _refresh(self, kid: str) -> None:
        async with self._lock:
            if self._now() - self._tried < COOL_DOWN:
                return
            self._tried = self._now()
            try:
                async with self._client() as client:
                    response = await client.get(self._url)
                response.raise_for_status()
                if len(response.content) > MAX_KEY_SET:
                    raise ValueError("key set too large")
                self._keys = usable_keys(json.loads(response.content))
                self._fetched = self._now()
            except (httpx2.HTTPError, ValueError) as error:
                if not self._keys:
                    raise Problem(
                        503,
                        "identity_unavailable",
                        cause=f"{type(error).__name__} {kid[:40]}",
                    ) from None


def usable_keys(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The keys of a set by id: public, asymmetric, and for signatures."""
    found: dict[str, dict[str, Any]] = {}
    keys = document.get("keys")
    for each in keys if isinstance(keys, list) else []:
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


def choose(keys: Mapping[str, dict[str, Any]], kid: str, algorithm: str) -> Key | None:
    """The key with this id, if its type, curve, size and `alg` fit the algorithm."""
    found = keys.get(kid)
    if found is None or found.get("alg", algorithm) != algorithm:
        return None
    try:
        if algorithm.startswith(("RS", "PS")):
            key = RSAKey.import_key(found)
            return key if key.raw_value.key_size >= MIN_RSA_BITS else None
        if algorithm.startswith("ES"):
            return (
                ECKey.import_key(found)
                if found.get("crv") == CURVES.get(algorithm)
                else None
            )
        return OKPKey.import_key(found) if found.get("crv") == "Ed25519" else None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
