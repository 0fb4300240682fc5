"""Rules about keys that are of no use, and about those that live too long."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.api_keys.design import API_KEY, max_lifetime, permissions, used
from scaffold.lint.context import Context
from scaffold.lint.rule import Family, Found
from scaffold.spec.scalars import DAY

family = Family()

LONG = 90
"""Days after which a secret that lies about is old."""

_NOTES = """
resources: {note: {fields: {body: {type: text, max: 500}}}}
"""


@family.rule(
    "L314",
    "keys-of-no-use",
    "error",
    "AZ-5",
    reason="A key has no second factor: it can do nothing that its member may do by roles which "
    "demand one.",
    remedy="Grant the keys to a role without mfa that does what programs are to do.",
    example=f"""
roles:
  clerk:
    mfa: any
    can:
      - {{do: [list, read, create], on: note}}
      - {{do: [list, read, create, rotate, revoke], on: api_key, when: {{member_id: $user.id}}}}
{_NOTES}""",
    repair=("    mfa: any\n", ""),
)
def keys_of_no_use(context: Context) -> Iterator[Found]:
    """A grant to create API keys in a spec in which no role without a second factor may do anything
    that keys can have, or none that may create them."""
    if not used(context.design):
        return
    plain = {name for name, role in context.roles.items() if role.mfa is None}
    known = permissions(context.design)
    doing = {
        role
        for each in context.design.operations
        if each.permission in known
        for role in each.roles
    }
    create = context.entities[API_KEY].operation("create")
    makers = set(create.roles) if create else set()
    if makers and not (makers & plain and doing & plain):
        for each in context.granted:
            if each.entity.name == API_KEY and each.do == "create":
                yield Found("No key could do anything: all it can have needs more", each.path)


@family.rule(
    "L315",
    "keys-nobody-revokes",
    "warning",
    "AZ-5",
    reason="A key that has leaked works until it expires.",
    remedy="Grant revoke as well: to whoever creates keys, and to whoever looks after members.",
    example=f"""
roles:
  clerk:
    can:
      - {{do: [list, read, create], on: note}}
      - {{do: [list, read, create, rotate], on: api_key, when: {{member_id: $user.id}}}}
{_NOTES}""",
    repair=("create, rotate]", "create, rotate, revoke]"),
)
def keys_nobody_revokes(context: Context) -> Iterator[Found]:
    """A role that may create API keys and not revoke its own."""
    for each in context.granted:
        if each.entity.name != API_KEY or each.do != "create":
            continue
        if not any(context.held(each.role, API_KEY, "revoke")):
            yield Found(f"{each.role} creates keys and revokes none", each.path)


@family.rule(
    "L316",
    "keys-for-long",
    "advice",
    "AZ-5",
    "ID-4",
    reason="A secret lies in files, in logs and with people who have left: the older, the more so.",
    remedy="Write max_lifetime: 90d or less, and let programs rotate their keys.",
    example=f"""
api_keys: {{max_lifetime: 365d}}
roles:
  clerk:
    can:
      - {{do: [list, read, create], on: note}}
      - {{do: [list, read, create, rotate, revoke], on: api_key, when: {{member_id: $user.id}}}}
{_NOTES}""",
    repair=("365d", "30d"),
)
def keys_for_long(context: Context) -> Iterator[Found]:
    """API keys that may work for more than 90 days."""
    if used(context.design) and max_lifetime(context.design) > LONG * DAY:
        days = max_lifetime(context.design) // DAY
        yield Found(f"A key may work for {days} days", ("api_keys", "max_lifetime"))
