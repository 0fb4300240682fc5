"""Rules about resources: rows that cannot exist, and rows that nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.model import Alternative, Condition, Entity, Operation
from scaffold.design.visibility import readers
from scaffold.lint.context import Context, at, seeing
from scaffold.lint.rule import Family, Found
from scaffold.naming import article
from scaffold.spec.check_resources import cycle_starts
from scaffold.spec.model import Term
from scaffold.spec.problems import listing

family = Family()


@family.rule(
    "L401",
    "resource-for-nobody",
    "warning",
    "AZ-1",
    reason="What is not granted does not exist: the table is made and no operation reaches it.",
    remedy="Grant an operation on it, or remove it.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: order}]}
resources:
  order: {fields: {title: {type: string, max: 99}}}
  shop: {fields: {name: {type: string, max: 99}}}
""",
    repair=("on: order}", "on: [order, shop]}"),
)
def for_nobody(context: Context) -> Iterator[Found]:
    """A resource without any operation."""
    for entity in context.design.declared:
        if not entity.operations:
            yield Found(f"No role is granted any operation on {entity.name}", at(entity))


@family.rule(
    "L402",
    "created-and-never-seen",
    "warning",
    "AZ-1",
    reason="Data that is never read is of no use, and can still leak.",
    remedy="Grant list or read to a role, or leave out create.",
    example="""
roles:
  guest: {can: [{do: create, on: message}, {do: [list, read], on: answer}]}
resources:
  message: {fields: {words: {type: text, max: 500}}}
  answer: {fields: {words: {type: text, max: 500}}}
""",
    repair=("on: answer}", "on: [answer, message]}"),
)
def created_and_never_seen(context: Context) -> Iterator[Found]:
    """A resource that some role creates and no role lists or reads."""
    for entity in context.design.declared:
        if entity.operation("create") and not seeing(entity):
            yield Found(f"{entity.name} is created, but no role may list or read it", at(entity))


@family.rule(
    "L403",
    "seen-and-never-created",
    "advice",
    "AZ-1",
    reason="The list stays empty unless something outside the service fills the table.",
    remedy="Grant create to a role, if only to a service.",
    example="""
roles:
  reader: {can: [{do: [list, read], on: note}]}
  writer: {can: [{do: [read, update], on: note}]}
resources: {note: {fields: {body: {type: text, max: 500}}}}
""",
    repair=("do: [read, update]", "do: [read, create]"),
)
def seen_and_never_created(context: Context) -> Iterator[Found]:
    """A resource that has operations, of which none creates a row."""
    for entity in context.design.declared:
        created = entity.operation("create") or entity.touched_by("create")
        if entity.operations and not created:
            yield Found(f"No role may create {entity.name}", at(entity))


@family.rule(
    "L404",
    "references-in-a-circle",
    "error",
    "AZ-1",
    reason="Each row needs another one before it, so the first can never be created.",
    remedy="Make one of the references optional.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: [team, person]}]}
resources:
  team: {fields: {leader: {type: reference, to: person}}}
  person: {fields: {team: {type: reference, to: team}}}
""",
    repair=("to: person}", "to: person, optional: true}"),
)
def references_in_a_circle(context: Context) -> Iterator[Found]:
    """Resources whose required references and parents lead back to themselves."""
    needed = {each.name: tuple(_needed(each)) for each in context.design.declared}
    for name in cycle_starts(needed):
        yield Found(f"A first {name} needs another {name} before it", at(name))


def _needed(entity: Entity) -> Iterator[str]:
    for column in entity.columns:
        if column.references and (column.required or column.origin == "parent"):
            yield column.references


@family.rule(
    "L405",
    "unique-unless-empty",
    "advice",
    "API-1",
    reason="An empty value differs from every other one, so rows without it can repeat the rest.",
    remedy="Give the field a default, or make the other fields unique without it too.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: price}]}
resources:
  price:
    fields:
      product: {type: string, max: 99}
      country: {type: string, max: 2, optional: true}
    unique: [[product, country]]
""",
    repair=("max: 2, optional: true", "max: 2, default: eu"),
)
def unique_unless_empty(context: Context) -> Iterator[Found]:
    """Fields that are unique together, of which a caller may leave one empty."""
    for entity in context.design.declared:
        for index, group in enumerate(entity.unique):
            empty = [
                name
                for name in group
                if (column := entity.column(name)).nullable and column.creatable
            ]
            if empty and len(group) > 1:
                yield Found(
                    f"{listing(group, 'and')} can repeat where {listing(empty)} is empty",
                    at(entity, "unique", index),
                )


@family.rule(
    "L406",
    "never-set",
    "warning",
    "AZ-1",
    reason="Only hooks of actions write such a field, so it keeps its default, or stays empty.",
    remedy="Declare and grant an action whose hook sets it, or let callers write it.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: order}]}
resources:
  order: {fields: {title: {type: string, max: 99}, total: {type: money, computed: true}}}
""",
    repair=(", computed: true", ""),
)
def never_set(context: Context) -> Iterator[Found]:
    """A field that hooks set, of a reachable resource, none of whose granted actions may."""
    for entity in context.design.declared:
        set_by_some = {column.name for each in entity.actions for column in entity.set_by(each)}
        set_by_some |= {name for each in entity.touched for name in each.fields}
        for column in entity.columns:
            if entity.operations and column.origin == "hook" and column.name not in set_by_some:
                yield Found(
                    f"No action that somebody may do sets {column.field} of {entity.name}",
                    at(entity, "fields", column.field),
                )


@family.rule(
    "L407",
    "attribute-unused",
    "advice",
    "AZ-2",
    reason="Somebody has to provide the value in each token or tenant, and no condition uses it.",
    remedy="Use it in a condition, or remove it.",
    example="""
identity:
  issuers: [{issuer: https://login.example.com/, audience: shop, algorithms: [ES256]}]
  attributes: {regions: {list: string}}
roles:
  clerk: {can: [{do: [list, create], on: shop}, {do: read, on: shop}]}
resources: {shop: {fields: {region: {type: string, max: 20}}}}
""",
    repair=("{do: read, on: shop}", "{do: read, on: shop, when: {region: {in: $user.regions}}}"),
)
def attribute_unused(context: Context) -> Iterator[Found]:
    """An attribute of the user or the tenant that no condition names."""
    used = {
        term
        for role in context.spec.roles.values()
        for grant in role.can
        for condition in grant.when
        for term in (condition.left, condition.right)
    }
    for name in context.spec.tenancy.attributes:
        if Term("tenant", name) not in used:
            yield Found(f"No condition uses $tenant.{name}", ("tenancy", "attributes", name))
    for name in context.spec.identity.attributes:
        if Term("user", name) not in used:
            yield Found(f"No condition uses $user.{name}", ("identity", "attributes", name))


@family.rule(
    "L408",
    "unique-out-of-sight",
    "advice",
    "AZ-2",
    reason="That a value is taken (409 already_exists) tells of a row that the caller may not see.",
    remedy="Add the owner, or what their grants ask for, to what is unique; or leave it if no harm "
    "is in knowing.",
    example="""
roles:
  clerk: {can: [{do: [list, read], on: alias}]}
  guest: {can: [{do: create, on: alias}, {do: [list, read], on: alias, when: {owner_id: $user.id}}]}
resources:
  alias: {owner: owner_id, fields: {name: {type: string, max: 99}}, unique: [[name]]}
""",
    repair=("unique: [[name]]", "unique: [[owner_id, name]]"),
)
def unique_out_of_sight(context: Context) -> Iterator[Found]:
    """Fields that are unique together, of which a role may write one without seeing every row that
    has the same ones."""
    for entity in context.design.declared:
        for index, group in enumerate(entity.unique):
            roles = sorted(
                {
                    role
                    for operation in entity.operations
                    if operation.verb in ("create", "update")
                    for written in operation.alternatives
                    if _writes(operation, written, entity, group)
                    for role in written.roles
                    if not _sees_the_same(role, operation, written, entity, group)
                }
            )
            if roles:
                yield Found(
                    f"{listing(roles, 'and')} may learn that {article(entity.name)} with the same "
                    f"{listing(group, 'and')} is there, although not allowed to see it",
                    at(entity, "unique", index),
                )


def _writes(
    operation: Operation, written: Alternative, entity: Entity, group: tuple[str, ...]
) -> bool:
    """May the caller choose one of the columns, so as to try values?"""
    found = [entity.column(each) for each in group]
    creating = operation.verb == "create"
    return any(written.covers(c) and (c.creatable if creating else c.updatable) for c in found)


def _sees_the_same(
    role: str, operation: Operation, written: Alternative, entity: Entity, group: tuple[str, ...]
) -> bool:
    """Does the role see each row that is the same in these columns as one that it writes?"""
    given = list(written.conditions)

    def certain(condition: Condition) -> bool:
        if condition.left.source == "field" and condition.left.name not in group:
            return False
        own = operation.verb == "create" and condition.left.name == entity.owner
        return condition in given or (own and condition.of_caller)

    return any(
        role in each.roles and all(map(certain, each.conditions)) for each in readers(entity)
    )
