"""Who asks: access tokens (RFC 9068, RFC 8725) of the pinned issuers, and nothing else."""

import base64
import binascii
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

from notes.gate.keys import KeySource
from notes.gate.problems import unauthenticated

CLOCK_SKEW: Final = 60
"""Seconds by which a clock may differ from an issuer's."""
CACHE_SECONDS: Final = 60.0
CACHE_SIZE: Final = 10_000
MAX_TOKEN: Final = 8192
TOKEN_TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})
LATEST: Final = 253_402_300_799
"""The last second of the year 9999: no time is beyond."""
TENANT_CLAIM: Final = "workspace_id"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer whose tokens are accepted: everything is pinned.

    A token has all of `scopes`, and is good for at most `lifetime` seconds. Of `amr` (RFC 8176)
    and `acr`, `factors` prove a second factor, and `strong` one that cannot be phished.
    """

    url: str
    audience: str
    algorithms: tuple[str, ...]
    keys: KeySource
    scopes: frozenset[str] = frozenset()
    lifetime: int = 86_400
    factors: frozenset[str] = frozenset({"mfa"})
    strong: frozenset[str] = frozenset({"phr", "phrh"})


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified caller. `caller` is what the database is told of them, as JSON.

    `pseudonym` is what the log says instead of who it is: the same for all their tokens, and a
    keyed digest, so that nobody finds it out by trying subjects. `factors` are what their sign-in
    proved: `none`, `any` second factor, or a `phishing_resistant` one. `counted`
    are the names under which their requests are counted, by what they are counted for.
    """

    tenant_id: str
    pseudonym: str
    factors: str
    caller: str
    counted: Mapping[str, str]
    expires_at: float


class Verifier:
    """Verifies bearer tokens. A good one is remembered by its digest, for a minute at most."""

    def __init__(
        self,
        issuers: Mapping[str, Issuer],
        pseudonym_key: bytes,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._issuers = issuers
        self._key = hashlib.sha256(pseudonym_key).digest()
        self._now = now
        self._known: OrderedDict[bytes, Principal] = OrderedDict()

    def known(self, authorization: bytes | None) -> Principal | None:
        """The caller whose token was verified within the last minute, if this is one."""
        if authorization is None:
            return None
        found = self._known.get(hashlib.sha256(authorization).digest())
        return found if found is not None and found.expires_at > self._now() else None

    async def principal(self, authorization: bytes | None) -> Principal:
        """The caller of a request; raises the one 401 for every way to be refused."""
        if authorization is None or authorization[:7].lower() != b"bearer ":
            raise unauthenticated("no bearer token")
        digest = hashlib.sha256(authorization).digest()
        found = await self._verify(authorization[7:], digest)
        self._known[digest] = found
        if len(self._known) > CACHE_SIZE:
            self._known.popitem(last=False)
        return found

    async def _verify(self, token: bytes, digest: bytes) -> Principal:
        if len(token) > MAX_TOKEN:
            raise unauthenticated("token too long")
        parts = token.split(b".")
        if len(parts) != 3:
            raise unauthenticated("not a compact JWS")
        header, claims = _segment(parts[0]), _segment(parts[1])
        _decode(parts[2])
        issuer = self._issuers.get(_text(claims, "iss"))
        if issuer is None:
            raise unauthenticated("issuer not pinned")
        algorithm = _text(header, "alg")
        if algorithm not in issuer.algorithms:
            raise unauthenticated("algorithm not allowed")
        if _text(header, "typ").lower() not in TOKEN_TYPES:
            raise unauthenticated("not an access token")
        if "crit" in header or "b64" in header or "zip" in header:
            raise unauthenticated("unknown critical header")
        key = await issuer.keys.find(_text(header, "kid"), algorithm)
        if key is None:
            raise unauthenticated("unknown key")
        _check_signature(token, key, algorithm)
        return self._accept(claims, issuer, digest)

    def _accept(
        self, claims: Mapping[str, Any], issuer: Issuer, digest: bytes
    ) -> Principal:
        now = self._now()
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if issuer.audience not in audiences:
            raise unauthenticated("wrong audience")
        expires = _time(claims, "exp")
        if expires is None or expires <= now - CLOCK_SKEW:
            raise unauthenticated("expired")
        issued = _time(claims, "iat")
        if issued is None or issued > now + CLOCK_SKEW:
            raise unauthenticated("issued in the future")
        if expires - issued > issuer.lifetime:
            raise unauthenticated("good for too long")
        not_before = _time(claims, "nbf")
        if not_before is not None and not_before > now + CLOCK_SKEW:
            raise unauthenticated("not valid yet")
        if "cnf" in claims:
            raise unauthenticated("bound to a key, whose possession is not asked for")
        scope = claims.get("scope", "")
        if not isinstance(scope, str) or not issuer.scopes <= set(scope.split(" ")):
            raise unauthenticated("a scope is missing")
        authenticated = _time(claims, "auth_time") or 0.0
        if authenticated > now + CLOCK_SKEW:
            authenticated = 0.0  # a sign-in that is yet to come proves nothing
        subject = _text(claims, "sub")
        tenant = _text(claims, TENANT_CLAIM)
        tenant_id = _canonical(tenant)
        # RFC 9068, section 2.2: without a resource owner, the subject is the client itself.
        kind = "service" if claims.get("client_id") == subject else "human"
        mfa = _assurance(claims, issuer)
        caller = {
            "issuer": issuer.url,
            "subject": subject,
            "kind": kind,
            "mfa": mfa,
            "issued_at": int(issued),
            "auth_time": int(authenticated),
        }
        user = f"{issuer.url} {subject}"
        # The braces keep the keys of a tenant together in a cluster of Redis.
        tenant_key = f"{{{tenant_id}}}"
        return Principal(
            tenant_id=tenant_id,
            pseudonym=hashlib.blake2b(
                user.encode(), key=self._key, digest_size=8
            ).hexdigest(),
            factors=mfa or "none",
            caller=json.dumps(caller, separators=(",", ":")),
            counted={
                "user": f"{tenant_key}:user:{user}",
                "token": f"{tenant_key}:token:{digest.hex()}",
                "tenant": f"{tenant_key}:tenant:{tenant_id}",
            },
            expires_at=min(expires + CLOCK_SKEW, now + CACHE_SECONDS),
        )


def _canonical(tenant: str) -> str:
    """The id of a tenant, in the one form that it has."""
    try:
        tenant_id = str(UUID(tenant))
    except ValueError:
        raise unauthenticated("the tenant is not a UUID") from None
    if tenant_id != tenant:
        raise unauthenticated("the tenant is not in canonical form")
    return tenant_id


def _check_signature(token: bytes, key: Key, algorithm: str) -> None:
    try:
        jws.deserialize_compact(token, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError) as error:
        raise unauthenticated(f"bad signature: {type(error).__name__}") from None


def _decode(segment: bytes) -> bytes:
    """Strict base64url without padding (RFC 7515): one text for one value."""
    try:
        padded = segment + b"=" * (-len(segment) % 4)
        value = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise unauthenticated("not base64url") from None
    if base64.urlsafe_b64encode(value).rstrip(b"=") != segment:
        raise unauthenticated("base64url is not canonical")
    return value


def _segment(segment: bytes) -> dict[str, Any]:
    """A JSON object without duplicate names, NaN or Infinity."""
    try:
        found = json.loads(
            _decode(segment).decode("utf-8"),
            object_pairs_hook=_distinct,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError):
        raise unauthenticated("not JSON") from None
    if not isinstance(found, dict):
        raise unauthenticated("not a JSON object")
    try:
        text = json.dumps(found, ensure_ascii=False).encode()
    except ValueError:
        raise unauthenticated("text that is not Unicode") from None
    if b"\\u0000" in text:
        raise unauthenticated("text with a NUL")
    return found


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate name")
    return found


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _text(claims: Mapping[str, Any], name: str) -> str:
    """A claim that a decision needs: a string that is not empty."""
    value = claims.get(name)
    if not isinstance(value, str) or not value or len(value) > 1024:
        raise unauthenticated(f"bad {name}")
    return value


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate in seconds."""
    value = claims.get(name)
    if value is None:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value <= LATEST
    ):
        raise unauthenticated(f"bad {name}")
    return float(value)


def _assurance(claims: Mapping[str, Any], issuer: Issuer) -> str | None:
    """What `amr` and `acr` prove of the authentication, as far as it is said of the issuer."""
    methods = claims.get("amr")
    found = (
        {each for each in methods if isinstance(each, str)}
        if isinstance(methods, list)
        else set()
    )
    if isinstance(context := claims.get("acr"), str):
        found.add(context)
    if found & issuer.strong:
        return "phishing_resistant"
    return "any" if found & issuer.factors else None
