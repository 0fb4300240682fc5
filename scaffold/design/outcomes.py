"""How a request can end once its stored function has run: one authority for the reason codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scaffold.features import FEATURES


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome of a stored function, by its reason code.

    `status` is that of the problem document (RFC 9457) which it becomes, with `detail` in it; 0 is
    a success, and 401 the one answer to every bad credential, for the cause in `detail`.
    `challenge` adds the header that asks for a stronger authentication (RFC 9470).
    """

    code: str
    status: int = 0
    detail: str = ""
    challenge: bool = False


CORE: tuple[Outcome, ...] = (
    Outcome("not_a_member", 403),
    Outcome("token_revoked", 401, "the token was issued before its holder was signed out"),
    Outcome("permission_missing", 403),
    Outcome("mfa_required", 403, challenge=True),
    Outcome("field_not_readable", 403),
    Outcome("field_not_writable", 403),
    Outcome("condition_not_met", 403),
    Outcome(
        "precondition_required", 428, "Send If-Match with the ETag of the version that you saw."
    ),
    Outcome("precondition_failed", 412),
)
"""Those of every service; that something is not found has one answer of its own."""


def outcomes(used: Iterable[str]) -> tuple[Outcome, ...]:
    """The outcomes of a service that uses these features."""
    names = set(used)
    added = (each for feature in FEATURES if feature.name in names for each in feature.outcomes())
    return (*CORE, *added)
