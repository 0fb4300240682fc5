"""From the outcome of a stored function to an answer or a refusal."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from asyncpg import Record

from invoicing.gate.answers import Answer
from invoicing.gate.conditional import entity_tag, is_known
from invoicing.gate.problems import Problem, not_found, unauthenticated

STRONGER: Final = (
    b"www-authenticate",
    b'Bearer error="insufficient_user_authentication", '
    b'error_description="A stronger or more recent authentication is required"',
)
"""The challenge of RFC 9470."""

REFUSALS: Final[Mapping[str, Callable[[], Problem]]] = {
    "not_found": not_found,
    "token_revoked": lambda: unauthenticated(
        "the token was issued before its holder was signed out"
    ),
    "key_unknown": lambda: unauthenticated("no such key, or another secret"),
    "key_revoked": lambda: unauthenticated("the key is revoked"),
    "key_expired": lambda: unauthenticated("the key has expired"),
    "key_elsewhere": lambda: unauthenticated("the key is used outside of its networks"),
    "webhook_unsigned": lambda: unauthenticated(
        "an event without the headers of its scheme"
    ),
    "webhook_malformed": lambda: unauthenticated(
        "a signature that is not written as its scheme has it"
    ),
    "webhook_forged": lambda: unauthenticated(
        "a signature that no secret of the provider makes"
    ),
    "webhook_untimely": lambda: unauthenticated(
        "signed by the provider, outside of the tolerance"
    ),
    "not_a_member": lambda: Problem(403, "not_a_member"),
    "permission_missing": lambda: Problem(403, "permission_missing"),
    "mfa_required": lambda: Problem(403, "mfa_required", headers=(STRONGER,)),
    "field_not_readable": lambda: Problem(403, "field_not_readable"),
    "field_not_writable": lambda: Problem(403, "field_not_writable"),
    "condition_not_met": lambda: Problem(403, "condition_not_met"),
    "precondition_required": lambda: Problem(
        428,
        "precondition_required",
        "Send If-Match with the ETag of the version that you saw.",
    ),
    "precondition_failed": lambda: Problem(412, "precondition_failed"),
    "key_scope_missing": lambda: Problem(
        403, "key_scope_missing", "The operations of this key are others."
    ),
    "key_not_allowed": lambda: Problem(
        403, "key_not_allowed", "No key changes keys, members or the tenant."
    ),
    "key_ended": lambda: Problem(
        409, "key_ended", "A key that is revoked stays so: create another one."
    ),
    "step_up_required": lambda: Problem(403, "step_up_required", headers=(STRONGER,)),
    "own_membership": lambda: Problem(
        403, "own_membership", "Nobody changes their own membership."
    ),
    "role_not_assignable": lambda: Problem(
        403, "role_not_assignable", "Your roles do not give or take these roles."
    ),
    "tenant_suspended": lambda: Problem(
        403, "tenant_suspended", "Nobody is let in until the operator resumes it."
    ),
    "already_member": lambda: Problem(
        409, "already_member", "You are a member already."
    ),
    "invitation_unbound": lambda: Problem(
        422,
        "invitation_unbound",
        "Name the email that it is for, or the issuer and the subject, or all of them.",
    ),
    "not_a_person": lambda: Problem(404, "not_found", cause="not_a_person"),
    "invitation_unknown": lambda: Problem(404, "not_found", cause="invitation_unknown"),
    "invitation_used": lambda: Problem(404, "not_found", cause="invitation_used"),
    "invitation_revoked": lambda: Problem(404, "not_found", cause="invitation_revoked"),
    "invitation_expired": lambda: Problem(404, "not_found", cause="invitation_expired"),
    "invitation_of_another": lambda: Problem(
        404, "not_found", cause="invitation_of_another"
    ),
    "inviter_may_not": lambda: Problem(404, "not_found", cause="inviter_may_not"),
    "sign_up_closed": lambda: Problem(
        403, "sign_up_closed", "Tenants are made by people of another issuer."
    ),
    "too_many_tenants": lambda: Problem(
        403, "too_many_tenants", "You have made as many tenants as one may."
    ),
    "webhook_reused": lambda: Problem(
        409, "webhook_reused", "The id of this event was used for another one."
    ),
    "webhook_in_flight": lambda: Problem(
        409, "webhook_in_flight", "The event is being worked on."
    ),
    "webhook_too_early": lambda: Problem(
        409,
        "webhook_too_early",
        "The row is not as the event needs it, or not there yet.",
    ),
    "idempotency_key_required": lambda: Problem(400, "idempotency_key_required"),
    "idempotency_mismatch": lambda: Problem(422, "idempotency_mismatch"),
    "idempotency_in_flight": lambda: Problem(409, "idempotency_in_flight"),
    "spending_cap_exceeded": lambda: Problem(
        403, "spending_cap_exceeded", "The role may spend no more of this."
    ),
    "feature_not_in_plan": lambda: Problem(
        403, "feature_not_in_plan", "The plan of the tenant does not have this."
    ),
    "quota_exceeded": lambda: Problem(
        403, "quota_exceeded", "The plan of the tenant has no more of this."
    ),
    "billing_plan_asked": lambda: Problem(
        422,
        "billing_plan_asked",
        "Checkout, change, preview name a plan, and nothing else does.",
    ),
    "endpoints_enough": lambda: Problem(
        409,
        "endpoints_enough",
        "A tenant has at most 20 endpoints: delete one that nobody needs.",
    ),
}


EXPLAINED: Final = frozenset(
    {
        "spending_cap_exceeded",
        "quota_exceeded",
    }
)
"""The outcomes whose refusals say more than their reason, in the body of the row."""


def refuse(outcome: str, body: str = "{}") -> Problem:
    """The problem for an outcome that is not success."""
    problem = REFUSALS[outcome]()
    if outcome in EXPLAINED:
        problem.members = json.loads(body)
    return problem


def found(row: Record, known: bytes | None) -> Answer:
    """One row with its entity tag, or 304 where the caller has it already as it is."""
    body = row["body"].encode()
    tag = entity_tag(row["version"], body)
    if is_known(known, tag):
        return Answer(304, b"", ((b"etag", tag),))
    return Answer(200, body, ((b"etag", tag),))


def changed(row: Record) -> Answer:
    """The row after a write, with its new entity tag."""
    body = row["body"].encode()
    headers = ((b"etag", entity_tag(row["version"], body)),)
    return Answer(200, body, headers, outcome=row["outcome"])


def created(row: Record, collection: str) -> Answer:
    """A new row, with its place and its entity tag."""
    body = row["body"].encode()
    location = (b"location", f"{collection}/{row['id']}".encode())
    headers = (location, (b"etag", entity_tag(row["version"], body)))
    return Answer(201, body, headers, outcome=row["outcome"])


def done(row: Record) -> Answer:
    """Done, and nothing to show."""
    return Answer(204, b"", outcome=row["outcome"])
