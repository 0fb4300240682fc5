"""Who is heard: whoever has a good token and is within the limits."""

from typing import TYPE_CHECKING, Final

from invoicing.gate.api_keys import Keys
from invoicing.gate.identity import Principal, Verifier
from invoicing.gate.limits import (
    Limit,
    Limiter,
    LimiterUnavailable,
    MemoryLimiter,
    headers,
)
from invoicing.gate.plans import RATES, asking, rated
from invoicing.gate.problems import Problem
from invoicing.gate.receive import Provider
from invoicing.gate.shape import Headers
from invoicing.gate.signatures import Sender, Signatures
from invoicing.settings import Settings, supervised
from invoicing.store.startup import UnsafeConfiguration

if TYPE_CHECKING:
    from invoicing.gate.dispatch import Request

FAILURES: Final = "failed_authentication"
FOUNDING: Final = "founding"
"""Of tenants that are made from one address."""
LIMITS: Final = {
    FOUNDING: Limit(FOUNDING, 10, 3600),
    "user": Limit("user", 60, 60),
    "token": Limit("token", 60, 60),
    "tenant": Limit("tenant", 1200, 60),
    "failed_authentication": Limit("failed_authentication", 20, 60),
}

EVENTS: Final = Limit("webhook", 6000, 60)
"""Of the events of one provider."""


class Limited:
    """Lets callers in who are within the limits of their user, their token and their tenant."""

    def __init__(
        self, verifier: Verifier, limiter: Limiter, keys: Keys, signatures: Signatures
    ) -> None:
        self._verifier = verifier
        self._limiter = limiter
        self._keys = keys
        self._signatures = signatures
        self._rates = dict(RATES)
        self._failures = LIMITS[FAILURES]
        self._charged = [
            limit
            for scope, limit in LIMITS.items()
            if scope not in (FAILURES, FOUNDING)
        ]
        self._founding = LIMITS[FOUNDING]

    async def admit(self, request: "Request", authorization: bytes | None) -> Principal:
        """The caller, charged for this request.

        Raises the problem of a bad token, of a limit that is reached (429), and of limits that
        cannot be asked (503): without its limits the service does not answer.
        """
        try:
            founding = request.operation is not None and request.operation.founding
            principal = self._verifier.known(authorization, founding)
            if principal is None:
                principal = await self._verified(request, authorization, founding)
            request.principal = principal
            if founding:
                key = f"founding:{request.address}"
                decision = await self._limiter.take(((self._founding, key),))
                if not decision.allowed:
                    request.headers.extend(headers(decision))
                    raise Problem(429, "too_many_requests")
            if self._charged:
                await self._charge(
                    request,
                    rated(self._rates, self._charged, principal),
                )
        except LimiterUnavailable as error:
            raise Problem(
                503, "limits_unavailable", cause=type(error).__name__
            ) from error
        return asking(principal)

    async def hear(
        self, request: "Request", provider: Provider, given: Headers, content: bytes
    ) -> Sender:
        """The provider that has signed an event, charged for it; no token is looked at.

        Raises the problem of a bad signature, which counts against its address, and those of
        limits as `admit` does.
        """
        try:
            try:
                sender = self._signatures.sender(provider, given, content)
            except Problem as forged:
                await self._failed(request, forged)
                raise
            request.principal = sender
            await self._charge(request, ((EVENTS, sender.counted[EVENTS.name]),))
        except LimiterUnavailable as error:
            raise Problem(
                503, "limits_unavailable", cause=type(error).__name__
            ) from error
        return sender

    async def check(self) -> None:
        """Raises LimiterUnavailable where the limits cannot be asked."""
        await self._limiter.check()

    async def close(self) -> None:
        """Releases the connections of the limits."""
        await self._limiter.close()

    async def _verified(
        self, request: "Request", authorization: bytes | None, founding: bool
    ) -> Principal:
        """Verifies a token. An address that keeps failing is told to wait; a good token is heard,
        wherever it comes from: many callers can have one address.
        """
        try:
            if (principal := self._keys.principal(request, authorization)) is not None:
                return principal
            return await self._verifier.principal(authorization, founding)
        except Problem as problem:
            if problem.status == 401:
                await self._failed(request, problem)
            raise

    async def _failed(self, request: "Request", problem: Problem) -> None:
        """Charges an address for a failure; raises the problem where it has failed too often."""
        failed = await self._limiter.take(
            ((self._failures, f"address:{request.address}"),)
        )
        if not failed.allowed:
            request.headers.extend(headers(failed))
            raise Problem(429, "too_many_requests", cause=problem.cause) from None

    async def _charge(
        self, request: "Request", limits: tuple[tuple[Limit, str], ...]
    ) -> None:
        """Charges some limits: all of them, or none. Raises the problem of one that is reached."""
        decision = await self._limiter.take(limits)
        request.headers.extend(headers(decision))
        if not decision.allowed:
            raise Problem(429, "too_many_requests")


def limiter(settings: Settings) -> Limiter:
    """Limits of this process, or shared in Redis or Valkey.

    Raises:
        UnsafeConfiguration: REDIS_URL is no URL of Redis; or, outside of development, it leads over a
            network without verified TLS, or several workers serve without it.
    """
    if settings.redis_url is None:
        if supervised() and not settings.development:
            raise UnsafeConfiguration(
                "REDIS_URL is not set and several workers serve, each with limits of its own: set "
                "REDIS_URL, or serve with one worker and without WEB_CONCURRENCY."
            )
        return MemoryLimiter()
    from invoicing.gate.limits_redis import RedisLimiter, protected

    url = settings.redis_url.get_secret_value()
    try:
        if not settings.development and not protected(url):
            raise UnsafeConfiguration(
                "REDIS_URL leads over a network without verified TLS: write rediss:// and leave "
                "ssl_cert_reqs and ssl_check_hostname out; or name a Unix socket or a loopback address."
            )
        return RedisLimiter(url)
    except ValueError as error:
        raise UnsafeConfiguration(
            f"REDIS_URL cannot be used: {str(error).rstrip('.')}."
        ) from None
