"""The security events of endpoints: who lets data out, and who renews its secret."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.events import SecurityEvent, Severity
from scaffold.design.model import Design
from scaffold.features.webhooks.design import ENDPOINT

_MADE: tuple[tuple[str, str, str, Severity, str, str], ...] = (
    (
        "SEC-701",
        "create",
        "webhook_endpoint_created",
        "info",
        "A tenant tells its events to one more address.",
        "Nothing, if the address is theirs. If nobody knows it, delete the endpoint.",
    ),
    (
        "SEC-702",
        "update",
        "webhook_endpoint_changed",
        "info",
        "An endpoint has another address, hears of other events, or was switched on or off.",
        "Compare the address with what was asked for; if nobody asked, delete the endpoint.",
    ),
    (
        "SEC-703",
        "rotate",
        "webhook_secret_rotated",
        "info",
        "An endpoint has a new secret; the one before signs too for its overlap.",
        "Nothing, if it was its time. If nobody did it, delete the endpoint.",
    ),
)


def events(design: Design) -> Iterator[SecurityEvent]:
    """The events of the operations on endpoints that somebody is granted."""
    granted = {e.action or e.verb: e.id for e in design.operations if e.entity == ENDPOINT}
    for id_, do, name, severity, says, response in _MADE:
        if do in granted:
            yield SecurityEvent(id_, name, severity, says, response, operations=(granted[do],))
