"""Rules about limits that are off, too wide, or uneven."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.limits.design import FAILURES, limits_of
from scaffold.lint.context import Context
from scaffold.lint.rule import Family, Found
from scaffold.spec.problems import quote

family = Family()

MANY_FAILURES = 100
"""How many failed authentications a minute are many."""

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
    for scope, reason in limits_of(context.design).unlimited.items():
        yield Found(f"There is no limit for a {scope}, because: {quote(reason)}", ("limits", scope))


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
    known = {each.scope: each for each in limits_of(context.design).each}
    tenant = known.get("tenant")
    for scope in ("user", "token"):
        own = known.get(scope)
        if own and tenant and own.count * tenant.window >= tenant.count * own.window:
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
    for each in limits_of(context.design).each:
        if each.scope == FAILURES and each.count * 60 > MANY_FAILURES * each.window:
            yield Found(
                f"An address may fail to authenticate {each.count} times in {each.window} s",
                ("limits", FAILURES),
            )
