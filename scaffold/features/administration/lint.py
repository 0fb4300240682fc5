"""Rules about who gives which roles to members."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.surface import ways
from scaffold.lint.context import Context
from scaffold.lint.rule import Family, Found
from scaffold.spec.problems import listing

family = Family()

_LEDGER = """
resources: {entry: {fields: {note: {type: string, max: 80}}}}
"""


@family.rule(
    "L311",
    "gives-more-than-it-has",
    "error",
    "AZ-1",
    "ID-7",
    reason="Whoever may give a role to others may have its rights by a colleague, or by a second "
    "account: it is theirs.",
    remedy="Let it give roles that do no more than it does itself, or say roles_because.",
    example=f"""
roles:
  clerk: {{can: [{{do: [list, read, create, delete], on: entry}}]}}
  keeper:
    can:
      - {{do: [list, read], on: [entry, member]}}
      - {{do: assign, on: member, roles: clerk}}
{_LEDGER}""",
    repair=("roles: clerk}", "roles: clerk, roles_because: Keepers do not keep the ledger.}"),
)
def gives_more_than_it_has(context: Context) -> Iterator[Found]:
    """A grant that lets a role give another one which may do more than itself."""
    for each in context.granted:
        if not each.grant.roles or each.grant.roles_because:
            continue
        for given in each.grant.roles:
            if more := _beyond(context, each.role, given):
                yield Found(
                    f"{each.role} may give the role {given} by {each.word}, which may "
                    f"{listing(more[:3], 'and')} beyond it",
                    each.path,
                )


def _beyond(context: Context, role: str, other: str) -> list[str]:
    """The permissions of another role that a role does not have."""
    if other in context.roles[role].includes:
        return []
    found = []
    for operation in context.design.operations:
        known = ways(operation)
        mine = known.get(role, ())
        if any(not any(own.covers(way) for own in mine) for way in known.get(other, ())):
            found.append(operation.permission)
    return list(dict.fromkeys(found))


@family.rule(
    "L312",
    "nobody-has-to-stay",
    "advice",
    "AZ-1",
    reason="Members who leave or lose their roles can leave a tenant that nobody administers; "
    "only the operator of the service lets somebody in then.",
    remedy="Write last: true on a role that gives roles: each tenant then keeps a holder.",
    example=f"""
roles:
  keeper:
    can:
      - {{do: [list, read, create], on: entry}}
      - {{do: [list, read], on: member}}
      - {{do: assign, on: member, roles: keeper}}
{_LEDGER}""",
    repair=("  keeper:\n    can:", "  keeper:\n    last: true\n    can:"),
)
def nobody_has_to_stay(context: Context) -> Iterator[Found]:
    """Roles that give roles to members, of which none has to be kept."""
    giving = [each for each in context.granted if each.grant.roles]
    if giving and not any(role.last for role in context.design.roles):
        yield Found("No role has to be held by somebody in each tenant", giving[0].path)


@family.rule(
    "L313",
    "changes-what-grants-ask",
    "warning",
    "AZ-2",
    reason="Conditions on the tenant say what all its members may do: whoever changes the "
    "attribute changes what they may do.",
    remedy="Leave the attribute out of the update with only or except, or grant it to whoever "
    "decides that.",
    example="""
tenancy: {tenant: town, attributes: {region: {enum: [eu, us]}}}
roles:
  keeper:
    last: true
    can:
      - {do: [list, read], on: [entry, town]}
      - {do: create, on: entry, when: {$tenant.region: eu}}
      - {do: update, on: town}
resources: {entry: {fields: {note: {type: string, max: 80}}}}
""",
    repair=("on: town}\nres", "on: town, only: name}\nres"),
)
def changes_what_grants_ask(context: Context) -> Iterator[Found]:
    """A grant to change an attribute of the tenant that conditions look at."""
    asked = {
        term.name
        for operation in context.design.operations
        for way in operation.alternatives
        for condition in way.conditions
        for term in condition.terms
        if term.source == "tenant"
    }
    for each in context.granted:
        if not each.entity.is_tenant or each.do != "update":
            continue
        written = {column.field for column in each.entity.fields if column.updatable}
        if found := sorted(asked & (written if each.fields is None else each.fields)):
            yield Found(
                f"{each.role} may change {listing(found, 'and')} of the tenant, which conditions "
                "look at",
                each.path,
            )
