"""Rules about signing up."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.sign_up.design import SignUp
from scaffold.lint.context import Context
from scaffold.lint.rule import Family, Found

family = Family()

_LEDGER = """
tenancy:
  tenant: club
  sign_up: {issuer: "https://login.example.com/", role: keeper}
roles:
  keeper:
    can: [{do: [list, read, create], on: entry}]
resources: {entry: {fields: {note: {type: string, max: 80}}}}
"""


@family.rule(
    "L321",
    "founders-may-all-leave",
    "warning",
    "AZ-1",
    reason="Whoever signs up is the only member of the tenant: once they lose the role, nobody has "
    "it.",
    remedy="Write last: true on the role, so that each tenant keeps a holder.",
    example=_LEDGER,
    repair=("  keeper:\n    can:", "  keeper:\n    last: true\n    can:"),
)
def founders_may_all_leave(context: Context) -> Iterator[Found]:
    """A role that whoever signs up has, of which a tenant need not keep a holder."""
    found = context.design.trait(SignUp)
    if found is not None and not context.roles[found.role].last:
        yield Found(
            f"The role {found.role}, which whoever signs up has, can be lost by everybody",
            ("tenancy", "sign_up", "role"),
        )
