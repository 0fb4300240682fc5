"""Who is heard: whoever has a good token and is within the limits."""

from typing import TYPE_CHECKING, Final

from notes.gate.identity import Principal, Verifier
from notes.gate.limits import Limit, Limiter, LimiterUnavailable, MemoryLimiter, headers
from notes.gate.problems import Problem
from notes.settings import Settings, supervised
from notes.store.startup import UnsafeConfiguration

if TYPE_CHECKING:
    from notes.gate.dispatch import Request

FAILURES: Final = "failed_authentication"
LIMITS: Final = {
    "user": Limit("user", 300, 60),
    "token": Limit("token", 300, 60),
    "tenant": Limit("tenant", 3000, 60),
    "failed_authentication": Limit("failed_authentication", 30, 60),
}


class Limited:
    """Lets callers in who are within the limits of their user, their token and their tenant."""

    def __init__(self, verifier: Verifier, limiter: Limiter) -> None:
        self._verifier = verifier
        self._limiter = limiter
        self._failures = LIMITS[FAILURES]
        self._charged = [limit for scope, limit in LIMITS.items() if scope != FAILURES]

    async def admit(self, request: "Request", authorization: bytes | None) -> Principal:
        """The caller, charged for this request.

        Raises the problem of a bad token, of a limit that is reached (429), and of limits that
        cannot be asked (503): without its limits the service does not answer.
        """
        try:
            principal = self._verifier.known(authorization)
            if principal is None:
                principal = await self._verified(request, authorization)
            request.principal = principal
            if self._charged:
                await self._charge(
                    request,
                    tuple(
                        (limit, principal.counted[limit.name])
                        for limit in self._charged
                    ),
                )
        except LimiterUnavailable as error:
            raise Problem(
                503, "limits_unavailable", cause=type(error).__name__
            ) from error
        return principal

    async def check(self) -> None:
        """Raises LimiterUnavailable where the limits cannot be asked."""
        await self._limiter.check()

    async def close(self) -> None:
        """Releases the connections of the limits."""
        await self._limiter.close()

    async def _verified(
        self, request: "Request", authorization: bytes | None
    ) -> Principal:
        """Verifies a token. An address that keeps failing is told to wait; a good token is heard,
        wherever it comes from: many callers can have one address.
        """
        try:
            return await self._verifier.principal(authorization)
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
    from notes.gate.limits_redis import RedisLimiter, protected

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
