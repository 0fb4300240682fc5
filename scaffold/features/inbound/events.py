"""What events of providers raise: those that nobody signed, and those that somebody kept."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.events import SecurityEvent


def events() -> Iterator[SecurityEvent]:
    """Bad signatures, good ones outside of the tolerance, and one id for two events."""
    yield SecurityEvent(
        "SEC-801",
        "webhook_forged",
        "warning",
        "An event came whose signature is missing, or is none of its provider.",
        "A few are people who try addresses. Many: look whether the provider has a new secret that "
        "the service does not know, and block the address otherwise.",
        reasons=("webhook_unsigned", "webhook_malformed", "webhook_forged"),
        above=10,
    )
    yield SecurityEvent(
        "SEC-802",
        "webhook_untimely",
        "warning",
        "An event with a good signature came too late, or from the future.",
        "Compare the clock of the service with that of the provider. If they agree, somebody has "
        "kept an event and sends it again: find out where it was logged.",
        reasons=("webhook_untimely",),
    )
    yield SecurityEvent(
        "SEC-803",
        "webhook_reused",
        "critical",
        "The id of an event that is recorded came again, signed, with another content.",
        "Replace the secret of the provider: somebody else may have it. Compare what is recorded "
        "with what the provider says of this event.",
        reasons=("webhook_reused",),
    )
