"""Security events: the decisions that somebody should look at, by ids that stay for good.

They are raised from where decisions are recorded, by what a decision is. What takes several
decisions of one caller is remembered in this process alone, within bounds, and by digests under a
key of this process: no address and no name is kept.
"""

import hashlib
import json
import secrets
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from prometheus_client import CollectorRegistry, Counter

if TYPE_CHECKING:
    from invoicing.gate.dispatch import Request

REFUSALS: Final = 30
"""How many of one principal or address are an event."""
REFUSALS_SECONDS: Final = 300.0
"""Within which time."""
MEMORY: Final = 10_000
"""How many principals, and how many of those that are refused, are remembered."""
NETWORKS: Final = 8
"""How many networks of a principal are remembered."""
COUNTED: Final = frozenset({401, 403, 404})
"""The refusals that are counted. A row of another tenant is one that is not found: nobody can tell."""


class SecurityEvent(NamedTuple):
    """An event by its id; `name` and `severity` are for those who read it."""

    id: str
    name: str
    severity: str


REPEATED_REFUSALS: Final = SecurityEvent("SEC-001", "repeated_refusals", "warning")
NEW_NETWORK: Final = SecurityEvent("SEC-002", "new_network", "info")
REVOKED_TOKEN: Final = SecurityEvent("SEC-003", "revoked_token", "warning")
PRIVILEGED_ROLE_GIVEN: Final = SecurityEvent(
    "SEC-101", "privileged_role_given", "warning"
)
MEMBER_DEACTIVATED: Final = SecurityEvent("SEC-102", "member_deactivated", "info")
MEMBER_REACTIVATED: Final = SecurityEvent("SEC-103", "member_reactivated", "warning")
MEMBER_SIGNED_OUT: Final = SecurityEvent("SEC-104", "member_signed_out", "info")
PRIVILEGED_ROLE_PROMISED: Final = SecurityEvent(
    "SEC-105", "privileged_role_promised", "warning"
)
INVITATION_ACCEPTED: Final = SecurityEvent("SEC-106", "invitation_accepted", "info")
IDEMPOTENCY_MISMATCH: Final = SecurityEvent(
    "SEC-201", "idempotency_mismatch", "warning"
)
STEP_UP_REFUSED: Final = SecurityEvent("SEC-301", "step_up_refused", "info")
KEY_CREATED: Final = SecurityEvent("SEC-501", "key_created", "info")
KEY_ROTATED: Final = SecurityEvent("SEC-502", "key_rotated", "info")
KEY_REVOKED: Final = SecurityEvent("SEC-503", "key_revoked", "info")
KEY_OUT_OF_BOUNDS: Final = SecurityEvent("SEC-504", "key_out_of_bounds", "warning")
WEBHOOK_ENDPOINT_CREATED: Final = SecurityEvent(
    "SEC-701", "webhook_endpoint_created", "info"
)
WEBHOOK_ENDPOINT_CHANGED: Final = SecurityEvent(
    "SEC-702", "webhook_endpoint_changed", "info"
)
WEBHOOK_SECRET_ROTATED: Final = SecurityEvent(
    "SEC-703", "webhook_secret_rotated", "info"
)
WEBHOOK_FORGED: Final = SecurityEvent("SEC-801", "webhook_forged", "warning")
WEBHOOK_UNTIMELY: Final = SecurityEvent("SEC-802", "webhook_untimely", "warning")
WEBHOOK_REUSED: Final = SecurityEvent("SEC-803", "webhook_reused", "critical")

EVENTS: Final = (
    REPEATED_REFUSALS,
    NEW_NETWORK,
    REVOKED_TOKEN,
    PRIVILEGED_ROLE_GIVEN,
    MEMBER_DEACTIVATED,
    MEMBER_REACTIVATED,
    MEMBER_SIGNED_OUT,
    PRIVILEGED_ROLE_PROMISED,
    INVITATION_ACCEPTED,
    IDEMPOTENCY_MISMATCH,
    STEP_UP_REFUSED,
    KEY_CREATED,
    KEY_ROTATED,
    KEY_REVOKED,
    KEY_OUT_OF_BOUNDS,
    WEBHOOK_ENDPOINT_CREATED,
    WEBHOOK_ENDPOINT_CHANGED,
    WEBHOOK_SECRET_ROTATED,
    WEBHOOK_FORGED,
    WEBHOOK_UNTIMELY,
    WEBHOOK_REUSED,
)

OF_OPERATIONS: Final[Mapping[str, tuple[SecurityEvent, ...]]] = {
    "assign_member": (PRIVILEGED_ROLE_GIVEN,),
    "deactivate_member": (MEMBER_DEACTIVATED,),
    "reactivate_member": (MEMBER_REACTIVATED,),
    "sign_out_member": (MEMBER_SIGNED_OUT,),
    "create_invitation": (PRIVILEGED_ROLE_PROMISED,),
    "accept_invitation": (INVITATION_ACCEPTED,),
    "create_api_key": (KEY_CREATED,),
    "rotate_api_key": (KEY_ROTATED,),
    "revoke_api_key": (KEY_REVOKED,),
    "create_webhook_endpoint": (WEBHOOK_ENDPOINT_CREATED,),
    "update_webhook_endpoint": (WEBHOOK_ENDPOINT_CHANGED,),
    "rotate_webhook_endpoint": (WEBHOOK_SECRET_ROTATED,),
}
"""What is raised by the id of an operation that succeeded."""
OF_REASONS: Final[Mapping[str, tuple[SecurityEvent, ...]]] = {
    "idempotency_mismatch": (IDEMPOTENCY_MISMATCH,),
    "step_up_required": (STEP_UP_REFUSED,),
    "key_scope_missing": (KEY_OUT_OF_BOUNDS,),
    "key_not_allowed": (KEY_OUT_OF_BOUNDS,),
    "webhook_reused": (WEBHOOK_REUSED,),
}
"""What is raised by the reason code of an answer."""
OF_CAUSES: Final[Mapping[str, tuple[SecurityEvent, ...]]] = {
    "the token was issued before its holder was signed out": (REVOKED_TOKEN,),
    "an event without the headers of its scheme": (WEBHOOK_FORGED,),
    "a signature that is not written as its scheme has it": (WEBHOOK_FORGED,),
    "a signature that no secret of the provider makes": (WEBHOOK_FORGED,),
    "signed by the provider, outside of the tolerance": (WEBHOOK_UNTIMELY,),
}
"""What is raised by the cause of a refusal."""

OF_BODIES: Final[Mapping[SecurityEvent, tuple[str, frozenset[str]]]] = {
    PRIVILEGED_ROLE_GIVEN: (
        "roles",
        frozenset(
            {
                "accountant",
            }
        ),
    ),
    PRIVILEGED_ROLE_PROMISED: (
        "roles",
        frozenset(
            {
                "accountant",
            }
        ),
    ),
}
"""What is raised only where this field of the body names one of these."""


def raised_by(operation: str, status: int, reason: str) -> tuple[SecurityEvent, ...]:
    """What a decision raises by what it is: the same for all that are alike."""
    found = OF_OPERATIONS.get(operation, ()) if status < 400 else ()
    return (*found, *OF_REASONS.get(reason, ()))


class SecurityEvents:
    """Writes and counts what decisions raise."""

    def __init__(
        self, registry: CollectorRegistry, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._counter = Counter(
            "security_events",
            "Security events by their ids.",
            ("event",),
            registry=registry,
        )
        for each in EVENTS:  # an increase from nothing could not be seen
            self._counter.labels(each.id)
        self._key = secrets.token_bytes(32)
        self._now = now
        self._refused: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._networks: OrderedDict[str, tuple[bytes, ...]] = OrderedDict()

    def look(
        self,
        request: "Request",
        operation: str,
        status: int,
        raised: tuple[SecurityEvent, ...],
    ) -> None:
        """Looks at a decision that was written; `raised` is what it raises by what it is."""
        principal, refused = request.principal, request.refused
        for each in raised:
            if _names_one_of(each, request.body):
                self._write(each, request, operation)
        if principal is not None and self._is_new(principal.pseudonym, request.address):
            self._write(NEW_NETWORK, request, operation)
        if refused is None:
            return
        for each in OF_CAUSES.get(refused.cause, ()):
            self._write(each, request, operation)
        if status in COUNTED or (status == 429 and principal is None):
            who = (
                self._digest(request.address).hex()
                if principal is None
                else principal.pseudonym
            )
            if self._is_too_much(who):
                self._write(REPEATED_REFUSALS, request, operation)

    def _is_too_much(self, who: str) -> bool:
        """Is this the refusal of somebody that makes an event? It is one each time span."""
        now = self._now()
        since, count = self._refused.pop(who, (now, 0))
        if now - since > REFUSALS_SECONDS:
            since, count = now, 0
        self._refused[who] = (since, count + 1)
        if len(self._refused) > MEMORY:
            self._refused.popitem(last=False)
        return count + 1 == REFUSALS

    def _is_new(self, pseudonym: str, address: str) -> bool:
        """Is a principal, who was seen in other networks before, now in a new one?"""
        network = self._digest(f"{pseudonym} {network_of(address)}")
        known = self._networks.get(pseudonym)
        if known is None:
            self._networks[pseudonym] = (network,)
            if len(self._networks) > MEMORY:
                self._networks.popitem(last=False)
            return False
        if network in known:
            return False
        self._networks[pseudonym] = (*known[1 - NETWORKS :], network)
        self._networks.move_to_end(pseudonym)
        return True

    def _digest(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=8).digest()

    def _write(self, event: SecurityEvent, request: "Request", operation: str) -> None:
        """The event as a line of JSON, all of which are our own words; the decision of the same
        request says the rest."""
        self._counter.labels(event.id).inc()
        principal = request.principal
        tenant = "null" if principal is None else f'"{principal.tenant_id}"'
        pseudonym = "null" if principal is None else f'"{principal.pseudonym}"'
        level = "info" if event.severity == "info" else "warning"
        now = time.time()
        date = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        sys.stdout.write(
            f'{{"event":"security_event","id":"{event.id}","name":"{event.name}",'
            f'"severity":"{event.severity}","request_id":"{request.id}","operation":"{operation}",'
            f'"tenant_id":{tenant},"principal":{pseudonym},"level":"{level}",'
            f'"timestamp":"{date}.{int(now % 1 * 1e6):06}Z"}}\n'
        )
        sys.stdout.flush()


def network_of(address: str) -> str:
    """The network of an address: the /24 of IPv4, and the /48 of IPv6."""
    if "." in address:
        return address.rpartition(".")[0]
    written = address.partition("::")[0].split(
        ":"
    )  # RFC 5952: what is left out is zero
    return ":".join([*written, "0", "0"][:3])


def _names_one_of(event: SecurityEvent, body: str) -> bool:
    """Does the body say what this event is about?"""
    if event not in OF_BODIES:
        return True
    field, values = OF_BODIES[event]
    return not values.isdisjoint(json.loads(body)[field])
