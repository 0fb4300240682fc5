"""What API keys raise: who makes them, and who shows those that are no good any more."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.events import SecurityEvent, Severity
from scaffold.design.model import Design
from scaffold.features.api_keys.design import API_KEY


def events(design: Design) -> Iterator[SecurityEvent]:
    """The events of the operations on keys that somebody is granted, and of bad keys."""
    granted = {e.action or e.verb: e.id for e in design.operations if e.entity == API_KEY}
    if not granted:
        return
    for id_, do, name, severity, says, response in _MADE:
        if do in granted:
            yield SecurityEvent(id_, name, severity, says, response, operations=(granted[do],))
    yield SecurityEvent(
        "SEC-504",
        "key_out_of_bounds",
        "warning",
        "A key asked for what its operations do not name, or for what no key may do.",
        "Ask its member what the program does; if nobody knows it, revoke the key.",
        reasons=("key_scope_missing", "key_not_allowed"),
        above=5,
    )


_MADE: tuple[tuple[str, str, str, Severity, str, str], ...] = (
    (
        "SEC-501",
        "create",
        "key_created",
        "info",
        "A member has made a key.",
        "Nothing, if a program needs it. At night, or by somebody who has none: ask the member.",
    ),
    (
        "SEC-502",
        "rotate",
        "key_rotated",
        "info",
        "A key has a new secret; the one before works on for its overlap.",
        "Nothing, if it was its time. If nobody did it, revoke the key and sign the member out.",
    ),
    (
        "SEC-503",
        "revoke",
        "key_revoked",
        "info",
        "A key was ended.",
        "Ask what was suspected, and look at the decisions of the key before.",
    ),
)
