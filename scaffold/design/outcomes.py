"""How a request can end once its stored function has run: one authority for the reason codes."""

from __future__ import annotations

from dataclasses import dataclass

from scaffold.design.model import Design
from scaffold.features import FEATURES


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome of a stored function, by its reason code.

    `status` is that of the problem document (RFC 9457) which it becomes, with `detail` in it; 0 is
    a success, and 401 the one answer to every bad credential, for the cause in `detail`.
    `challenge` adds the header that asks for a stronger authentication (RFC 9470). Where another
    code is `told`, this one is the cause, which the log alone has. One that is `of` an operation is
    in services with it alone. Where it is `explained`, the body of what the stored function returns
    is a JSON object, whose members the problem document has as well.
    """

    code: str
    status: int = 0
    detail: str = ""
    challenge: bool = False
    told: str = ""
    of: str = ""
    explained: bool = False


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


def outcomes(design: Design) -> tuple[Outcome, ...]:
    """The outcomes of a service."""
    known = {each.id for each in design.operations} | {e.operation.id for e in design.joins}
    added = (
        each
        for feature in FEATURES
        if feature.used(design)
        for each in feature.outcomes()
        if not each.of or each.of in known
    )
    return (*CORE, *added)
