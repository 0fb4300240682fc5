"""Every decision with its reason code, in the log and in the metrics."""

import hmac
import json
import sys
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from pydantic import SecretStr
from starlette.requests import Request as Asked
from starlette.responses import Response

from invoicing.gate.cards import hide_cards
from invoicing.telemetry.events import SecurityEvent, SecurityEvents, raised_by

if TYPE_CHECKING:
    from invoicing.gate.answers import Answer
    from invoicing.gate.dispatch import Request

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
UNKNOWN: Final = "unknown"


def numbers(
    request: Asked, registry: CollectorRegistry, token: SecretStr | None
) -> Response:
    """The answer of /metrics, which is not there without its token."""
    expected = "" if token is None else token.get_secret_value()
    given = request.headers.get("authorization", "")
    if not expected or not hmac.compare_digest(
        given.encode(), f"Bearer {expected}".encode()
    ):
        return Response(status_code=404)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class Decisions:
    """Records what became of each request. Labels are operation ids, so they are bounded."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._requests = Counter(
            "requests",
            "Requests by operation, status and reason code.",
            ("operation", "status", "reason"),
            registry=registry,
        )
        self._seconds = Histogram(
            "request_seconds",
            "Time to answer, in seconds.",
            ("operation",),
            buckets=BUCKETS,
            registry=registry,
        )
        self._events = SecurityEvents(registry)
        self._known: dict[
            tuple[str, int, str], tuple[Counter, tuple[SecurityEvent, ...]]
        ] = {}
        self._histograms: dict[str, Histogram] = {}
        self._log = structlog.get_logger()
        self._second = 0
        self._date = ""

    def record(self, request: "Request", answer: "Answer", seconds: float) -> None:
        """One line and two numbers for one request, and the security events that it raises."""
        operation = request.operation.id if request.operation is not None else UNKNOWN
        refused = request.refused
        reason = answer.outcome if refused is None else refused.code
        key = (operation, answer.status, reason)
        known = self._known.get(key)
        if known is None:
            counter = self._requests.labels(operation, str(answer.status), reason)
            known = self._known[key] = (counter, raised_by(*key))
        counter, raised = known
        counter.inc()
        histogram = self._histograms.get(operation)
        if histogram is None:
            histogram = self._histograms[operation] = self._seconds.labels(operation)
        histogram.observe(seconds)
        self._write(request, operation, answer.status, reason, seconds)
        self._events.look(request, operation, answer.status, raised)

    def _write(
        self,
        request: "Request",
        operation: str,
        status: int,
        reason: str,
        seconds: float,
    ) -> None:
        """The decision as a line of JSON, printed as it is: all but the cause are our own words."""
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._date = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        refused, principal = request.refused, request.principal
        cause = '""' if refused is None else json.dumps(hide_cards(refused.cause))
        tenant = (
            "null"
            if principal is None or not principal.tenant_id
            else f'"{principal.tenant_id}"'
        )
        pseudonym = "null" if principal is None else f'"{principal.pseudonym}"'
        factors = "null" if principal is None else f'"{principal.factors}"'
        roles = "null" if request.roles is None else _listed(tuple(request.roles))
        row = "null" if request.row is None else f'"{request.row}"'
        sys.stdout.write(
            f'{{"event":"decision","request_id":"{request.id}","operation":"{operation}",'
            f'"status":{status},"allowed":{"true" if refused is None else "false"},'
            f'"reason":"{reason}","cause":{cause},"tenant_id":{tenant},"principal":{pseudonym},'
            f'"address":"{request.address}","factors":{factors},"roles":{roles},'
            f'"row":{row},'
            f'"milliseconds":{seconds * 1000:.2f},"level":"info",'
            f'"timestamp":"{self._date}.{int((now - second) * 1e6):06}Z"}}\n'
        )
        sys.stdout.flush()

    def failure(self, request_id: str, error: Exception) -> None:
        """An error that nobody expected, with where it was raised, for the log only."""
        self._log.error("failure", request_id=request_id, exc_info=error)


@lru_cache(maxsize=1024)
def _listed(roles: tuple[str, ...]) -> str:
    """Roles as JSON. There are few combinations of them, which each request names again."""
    return json.dumps(roles)
