"""The security events of a service: which of its decisions somebody should look at.

A decision raises them by what it is, so that no handler has to think of it: by the operation that
succeeded, or by the reason code of the answer. Two kinds are found by the emitted service itself,
which looks at several decisions of one caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scaffold.design.model import Design
from scaffold.features import FEATURES

Severity = Literal["info", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """An event by its id, which is never given to another one.

    It is raised by a success of one of the `operations`, by their ids, and by an answer with one of
    the reason codes `reasons`. With `values`, the operation has a body whose list `field` has to
    name one of them. `says` is what happened and `response` what to do, as sentences. An alert is
    fired where there are more than `above` in `minutes`.
    """

    id: str
    name: str
    severity: Severity
    says: str
    response: str
    operations: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    field: str = ""
    values: tuple[str, ...] = ()
    above: int = 0
    minutes: int = 5

    @property
    def alert(self) -> str:
        """The name of its alert, as those of Prometheus are written."""
        return "".join(each.capitalize() for each in self.name.split("_"))


CORE: tuple[SecurityEvent, ...] = (
    SecurityEvent(
        "SEC-001",
        "repeated_refusals",
        "warning",
        "One principal or address was refused 30 times in five minutes.",
        "Look at its decisions: somebody tries tokens, permissions or ids, or a client is broken. "
        "Sign the member out, or block the address at the proxy.",
    ),
    SecurityEvent(
        "SEC-002",
        "new_network",
        "info",
        "A principal calls from a network that it was not seen in before.",
        "Alone it means little; beside another event, ask the person and sign them out.",
        above=50,
        minutes=60,
    ),
    SecurityEvent(
        "SEC-003",
        "revoked_token",
        "warning",
        "A token was sent that was issued before its holder was signed out.",
        "Once is an open window. Again and again, somebody else has the token: find out from "
        "where.",
        reasons=("token_revoked",),
        above=5,
    ),
)


def events(design: Design) -> Sequence[SecurityEvent]:
    """Those that the service can raise, by their ids."""
    added = (each for feature in FEATURES for each in feature.events(design))
    return sorted((*CORE, *added), key=lambda each: each.id)
