"""Rules about roles: who can do too much, and who can do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.model import Operation
from scaffold.design.surface import Way, ways
from scaffold.lint.context import Context, unconditional
from scaffold.lint.rule import Family, Found
from scaffold.lint.words import PRIVILEGED, names_one_of
from scaffold.spec.names import OPERATIONS
from scaffold.spec.problems import listing

family = Family()

MANY = 3
"""How many roles that delete the same rows are many."""

_NOTE = "resources: {note: {fields: {body: {type: text, max: 500}}}}"


@family.rule(
    "L101",
    "role-does-everything",
    "warning",
    "AZ-1",
    reason="Whoever steals one session of such a role can do everything in its tenant.",
    remedy="Split the role by task, or limit its writes by conditions.",
    example=f"""
roles:
  boss: {{can: [{{do: [list, read, create, update, delete], on: note}}]}}
{_NOTE}
""",
    repair=("do: [list, read, create, update, delete]", "do: [list, read, create]"),
)
def does_everything(context: Context) -> Iterator[Found]:
    """A role that may do all five operations, and each action, of every resource on all rows."""
    resources = context.design.declared
    for role in context.design.roles:
        if all(
            each.operation("delete") and _does_all(role.name, each.operations) for each in resources
        ):
            yield Found(f"{role.name} may do everything on every resource", ("roles", role.name))


def _does_all(role: str, operations: tuple[Operation, ...]) -> bool:
    built_in = {each.verb for each in operations} - {"action"}
    return len(built_in) == 5 and all(
        any(
            role in each.roles and not each.conditions and each.fields is None
            for each in operation.alternatives
        )
        for operation in operations
    )


@family.rule(
    "L102",
    "role-without-grants",
    "warning",
    "AZ-1",
    reason="Its holders are refused everything, and somebody will repair that in a hurry.",
    remedy="Grant it what its holders need, or remove it.",
    example=f"""
roles:
  reader: {{can: [{{do: [list, read, create], on: note}}]}}
  guest: {{}}
{_NOTE}
""",
    repair=("guest: {}", "guest: {can: [{do: read, on: note}]}"),
)
def without_grants(context: Context) -> Iterator[Found]:
    """A role that has no grant, neither its own nor by a role that it extends."""
    for role in context.design.roles:
        if not any(context.spec.roles[each].can for each in role.includes):
            yield Found(f"{role.name} has no grant", ("roles", role.name))


@family.rule(
    "L103",
    "roles-alike",
    "advice",
    "AZ-1",
    reason="The two roles are meant to stay the same, and sooner or later only one is changed.",
    remedy="Keep one of them, or grant what makes them different.",
    example=f"""
roles:
  reader: {{can: [{{do: [list, read], on: note}}]}}
  auditor: {{extends: reader}}
  writer: {{extends: reader, can: [{{do: create, on: note}}]}}
{_NOTE}
""",
    repair=("auditor: {extends: reader}", "auditor: {extends: reader, mfa: any}"),
)
def alike(context: Context) -> Iterator[Found]:
    """Two roles of one kind, with the same second factor, that may do exactly the same."""
    authority: dict[str, list[tuple[str, tuple[Way, ...]]]] = {}
    for operation in context.design.operations:
        for name, mine in ways(operation).items():
            authority.setdefault(name, []).append((operation.permission, mine))
    first: dict[object, str] = {}
    for role in context.design.roles:
        if mine_all := tuple(authority.get(role.name, ())):
            other = first.setdefault((role.kind, role.mfa, mine_all), role.name)
            if other != role.name:
                yield Found(f"{role.name} may do exactly what {other} may", ("roles", role.name))


@family.rule(
    "L104",
    "service-deletes",
    "warning",
    "AZ-4",
    "ID-7",
    reason="A service acts without anybody watching; a fault or a stolen key empties the table.",
    remedy="Grant it on the rows that the job is about (when:), or leave deleting to people.",
    example="""
roles:
  reader: {can: [{do: [list, read], on: note}]}
  cleaner: {kind: service, can: [{do: [list, read, delete], on: note}, {do: create, on: note}]}
resources: {note: {fields: {body: {type: text, max: 500}, old: {type: boolean, default: false}}}}
""",
    repair=(
        "{do: [list, read, delete], on: note}",
        "{do: [list, read], on: note}, {do: delete, on: note, when: {old: true}}",
    ),
)
def service_deletes(context: Context) -> Iterator[Found]:
    """A service role that may delete every row of a resource."""
    for each in context.granted:
        if (
            each.do == "delete"
            and not each.grant.when
            and context.roles[each.role].kind == "service"
        ):
            yield Found(f"The service {each.role} may delete every {each.entity.name}", each.path)


@family.rule(
    "L106",
    "privileged-role-without-mfa",
    "warning",
    "ID-3",
    reason="Administrators and those who handle money are phished most.",
    remedy="Write mfa: phishing_resistant.",
    example=f"""
roles:
  reader: {{can: [{{do: [list, read, create], on: note}}]}}
  admin: {{can: [{{do: [list, read, update], on: note}}]}}
{_NOTE}
""",
    repair=("admin: {", "admin: {mfa: phishing_resistant, "),
)
def privileged_without_mfa(context: Context) -> Iterator[Found]:
    """A human role named after administration or finance that can write with a weaker factor."""
    writers = {
        role
        for operation in context.design.operations
        if operation.verb not in ("list", "read")
        for role in operation.roles
    }
    for role in context.design.roles:
        if (
            role.kind == "human"
            and role.mfa != "phishing_resistant"
            and role.name in writers
            and names_one_of(role.name, PRIVILEGED)
        ):
            demanded = "accepts any second factor" if role.mfa else "needs no second factor"
            yield Found(f"{role.name} {demanded}", ("roles", role.name))


@family.rule(
    "L107",
    "many-may-delete",
    "warning",
    "AZ-1",
    reason="What is deleted is gone; the more may do it to any row, the sooner somebody does.",
    remedy="Leave it to one role, or limit it to a person's own rows (when: {owner: $user.id}).",
    example="""
roles:
  clerk: {can: [{do: [list, read, create, delete], on: note}]}
  editor: {mfa: any, can: [{do: [list, read, update, delete], on: note}]}
  leader: {extends: clerk, can: [{do: update, on: note}]}
resources: {note: {owner: owner_id, fields: {body: {type: text, max: 500}}}}
""",
    repair=(
        "{do: [list, read, create, delete], on: note}",
        "{do: [list, read, create], on: note}, {do: delete, on: note, when: {owner_id: $user.id}}",
    ),
)
def many_may_delete(context: Context) -> Iterator[Found]:
    """At least three roles, and more than half of the human ones, may delete every row."""
    human = {each.name for each in context.design.roles if each.kind == "human"}
    for entity in context.design.declared:
        roles = unconditional(entity.operation("delete")) & human
        if len(roles) >= MANY and 2 * len(roles) > len(human):
            first = next(
                each
                for each in context.granted
                if each.entity is entity and each.do == "delete" and not each.grant.when
            )
            names = listing(sorted(roles), "and")
            yield Found(f"{names} may all delete every {entity.name}", first.path)


@family.rule(
    "L108",
    "way-around-mfa",
    "warning",
    "ID-2",
    reason="A second factor does not protect what another role may do without one.",
    remedy="Demand the factor of both roles, or limit the role without it to fewer rows.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create, void], on: bill}]}
  chief: {mfa: any, can: [{do: [list, read, void], on: bill}]}
resources:
  bill:
    fields: {state: {type: enum, values: [open, gone], default: open, set_by: void}}
    actions: {void: {on: item}}
""",
    repair=("clerk: {", "clerk: {mfa: any, "),
)
def way_around_mfa(context: Context) -> Iterator[Found]:
    """A human role without a second factor that deletes or acts on at least the rows that a role
    with one does, where neither extends the other."""
    for each in context.granted:
        role = context.roles[each.role]
        irreversible = each.do == "delete" or each.do not in OPERATIONS
        if role.kind != "human" or role.mfa is not None or not irreversible:
            continue
        for other in context.granted:
            strong = context.roles[other.role]
            if (
                other.entity is each.entity
                and other.do == each.do
                and strong.kind == "human"
                and strong.mfa is not None
                and role.name not in strong.includes
                and each.covers(other)
            ):
                message = f"{role.name} may {each.what} without the second factor that "
                yield Found(f"{message}{strong.name} needs for it", each.path)
                break
