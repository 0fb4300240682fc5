"""Rules about the service as a whole: its limits, its audit trail and its issuers."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from scaffold.lint.context import Context
from scaffold.lint.rule import Family, Found
from scaffold.spec.model import Rate
from scaffold.spec.problems import quote

family = Family()

MANY_FAILURES = 100
"""How many failed authentications a minute are many."""
LONG_RETENTION = 3_650
"""How many days of audit events are many: ten years."""

_NOTES = """
roles: {clerk: {can: [{do: [list, read, create], on: note}]}}
resources: {note: {fields: {body: {type: text, max: 500}}}}
"""


@family.rule(
    "L801",
    "unlimited",
    "advice",
    "API-2",
    reason="Without a limit one caller, or one stolen token, takes the service from all others.",
    remedy="Write a rate that the reason allows for, even a generous one: 10000/min.",
    example=f"limits: {{user: {{unlimited_because: A batch import runs at night.}}}}{_NOTES}",
    repair=("{unlimited_because: A batch import runs at night.}", "600/min"),
)
def unlimited(context: Context) -> Iterator[Found]:
    """A limit that is switched off."""
    for scope, reason in context.design.unlimited.items():
        yield Found(f"Nothing limits a {scope}, because: {quote(reason)}", ("limits", scope))


@family.rule(
    "L802",
    "one-caller-uses-all",
    "warning",
    "API-2",
    reason="One user or token uses up the whole allowance of the tenant, and colleagues are "
    "refused.",
    remedy="Lower the limit below that of the tenant.",
    example=f"limits: {{user: 100/s}}{_NOTES}",
    repair=("100/s", "10/s"),
)
def one_caller_uses_all(context: Context) -> Iterator[Found]:
    """A rate of one user or token that is at least that of the tenant."""
    tenant = context.spec.limits.tenant
    for scope in ("user", "token"):
        own = getattr(context.spec.limits, scope)
        if (
            isinstance(own, Rate)
            and isinstance(tenant, Rate)
            and own.count * tenant.seconds >= tenant.count * own.seconds
        ):
            yield Found(f"A {scope} may call as often as the whole tenant", ("limits", scope))


@family.rule(
    "L803",
    "guessing-allowed",
    "warning",
    "API-2",
    reason="Failed authentications are what guessing tokens and keys looks like.",
    remedy="Write 30/min or less.",
    example=f"limits: {{failed_authentication: 100/s}}{_NOTES}",
    repair=("100/s", "30/min"),
)
def guessing_allowed(context: Context) -> Iterator[Found]:
    """More than a hundred failed authentications a minute from one address."""
    rate = context.spec.limits.failed_authentication
    if rate.count * 60 > MANY_FAILURES * rate.seconds:
        yield Found(
            f"An address may fail {rate.count} times in {rate.seconds} s",
            ("limits", "failed_authentication"),
        )


@family.rule(
    "L804",
    "books-without-retention",
    "advice",
    "DATA-2",
    reason="Bookkeeping laws ask for six to ten years; events are deleted after 400 days unless "
    "the spec says otherwise.",
    remedy="Write audit: {retain: …d} with the days that your books are kept for.",
    example="""
roles: {clerk: {can: [{do: [list, read, create], on: sale}]}}
resources: {sale: {fields: {price: {type: money}}}}
""",
    repair=("roles:", "audit: {retain: 2555d}\nroles:"),
)
def books_without_retention(context: Context) -> Iterator[Found]:
    """A service that keeps money or payments, and leaves the retention of its audit to the
    default."""
    if "retain" in context.spec.audit.model_fields_set:
        return
    for entity in context.design.entities:
        for column in entity.columns:
            if column.kind.base == "money" or column.class_ == "payment":
                yield Found(
                    f"Nothing says how long the audit of {entity.name}.{column.field} is kept",
                    ("resources", entity.name, "fields", column.field),
                )
                return


@family.rule(
    "L805",
    "audit-kept-for-ever",
    "advice",
    "DATA-2",
    reason="An audit event tells what a person did and when: it is personal data itself.",
    remedy="Keep it as long as a law asks for, and no longer.",
    example=f"audit: {{retain: 20000d}}{_NOTES}",
    repair=("20000d", "400d"),
)
def audit_kept_for_ever(context: Context) -> Iterator[Found]:
    """Audit events that are kept for more than ten years."""
    days = context.design.audit_days
    if days > LONG_RETENTION:
        yield Found(f"Audit events are kept for {days // 365} years", ("audit", "retain"))


@family.rule(
    "L806",
    "keys-from-elsewhere",
    "advice",
    "ID-6",
    reason="Whoever controls the host of the keys signs for the issuer.",
    remedy="Use the issuer's own jwks_uri; keep another host only if its documents name it.",
    example=f"""
identity:
  issuers:
    - url: https://login.example.com/
      audience: notes
      algorithms: [ES256]
      jwks_url: https://keys.example.net/jwks.json
{_NOTES.strip()}
""",
    repair=("https://keys.example.net/", "https://login.example.com/"),
)
def keys_from_elsewhere(context: Context) -> Iterator[Found]:
    """An issuer whose keys come from another host than its own, or than one below or above it."""
    for index, issuer in enumerate(context.design.issuers):
        own = urlsplit(issuer.url).hostname or ""
        keys = urlsplit(issuer.jwks_url).hostname or ""
        if own != keys and not own.endswith(f".{keys}") and not keys.endswith(f".{own}"):
            yield Found(
                f"The keys of {quote(own)} come from {quote(keys)}",
                ("identity", "issuers", index, "jwks_url"),
            )
