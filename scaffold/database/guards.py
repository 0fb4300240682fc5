"""What each release brings anew: policies, grants, the roles of members, indexes.

Two releases serve side by side while one replaces the other. `tenant_isolation` is the same in
all of them and restrictive: it binds whatever else is there. The policies `reach_*` are permissive
and named by the digest of what they say, so that each release finds its own. PostgreSQL joins the
conditions of permissive policies with `or`, for the row before an update and for the row after it
apart, so that those of two releases together would allow what neither does. That is why they ask
about the caller in settings that only transactions of their own release set, the `scope`: in any
other transaction they let nothing through. `migrate --prune` leaves one's own.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from scaffold.columns import ID, TENANT
from scaffold.database.layout import TRUE, Sql, any_of, flat
from scaffold.database.predicates import (
    ORGANIZATION_BOUND,
    TENANT_WRITTEN,
    Binding,
    Predicates,
    bound,
)
from scaffold.database.schema import (
    Command,
    Grant,
    Guards,
    Index,
    Policy,
    Right,
    RoleRule,
    Table,
)
from scaffold.database.sql import apart, identifier, named
from scaffold.database.tables import ORGANIZATION, of_features, relations
from scaffold.design.model import Alternative, Design, Entity, Operation, Touch, TouchVerb
from scaffold.features import FEATURES


def guards(design: Design, tables: Sequence[Table]) -> Guards:
    """The guards of a design over its tables."""
    plain = {
        identifier(design.tenant): Grant(identifier(design.tenant), select=True),
        "member": Grant("member", select=True),
        ORGANIZATION: Grant(ORGANIZATION, select=True),
    } | {each.table.name: each.grant for each in of_features(design)}
    ours = [plain[each.name] for each in tables if each.name in plain]
    resources = [grant(each) for each in _with_table(design)]
    bounds = {each.table.name: each.bound for each in of_features(design)}
    policies = [isolation(each, bounds.get(each.name, "")) for each in tables if each.tenant]
    changes = {each.table.name: each.changes for each in of_features(design)}
    policies += [policy for each in ours for policy in _plain(each, changes.get(each.table, TRUE))]
    policies += [_operator(each, design) for each in tables if each.name in plain]
    # Where the policies of two releases differ, so do their scopes.
    draft = _reaches(design, resources, "app")
    scope = f"app_{_digest(*(each.name for each in draft))}"
    policies += _reaches(design, resources, scope)
    added = [right for each in FEATURES for right in each.rights(design)]
    worked = works(design)
    policies += [policy for each in worked for policy in _working(each)]
    policies += [
        replace(_policy(right.grant.table, command, using, check), role=right.role)
        for right in added
        for command, (using, check) in right.rows.items()
    ]
    return Guards(
        scope=scope,
        policies=tuple(policies),
        grants=_merged((*ours, *resources, *(each.grant for each in added))),
        roles=tuple(RoleRule(role.name, role.kind) for role in design.roles),
        last=tuple(sorted(role.name for role in design.roles if role.last)),
        indexes=tuple(_apart(tuple(indexes(design, tables)), tables)),
        worker=tuple(each.grant for each in worked),
    )


def _with_table(design: Design) -> list[Entity]:
    """The resources whose rows lie in a table of their name."""
    return [each for each in design.entities if not each.sown]


def _merged(grants: Sequence[Grant]) -> tuple[Grant, ...]:
    """One grant for each table: callers read what a feature writes."""
    found: dict[str, Grant] = {}
    for each in grants:
        known = found.get(each.table, Grant(each.table))
        found[each.table] = Grant(
            each.table,
            select=known.select or each.select,
            insert=known.insert or each.insert,
            delete=known.delete or each.delete,
            update=tuple(dict.fromkeys(known.update + each.update)),
        )
    return tuple(found.values())


def _reaches(design: Design, grants: Sequence[Grant], scope: str) -> list[Policy]:
    """The policies of the resources; for an open one, the service may read every row anyway."""
    predicates = Predicates(design)
    return [
        policy
        for entity, each in zip(_with_table(design), grants, strict=True)
        for policy in _reach(entity, each, predicates, scope)
        if policy.command != "select" or not entity.open
    ]


def _digest(*said: str) -> str:
    return hashlib.sha256(" ".join(said).encode()).hexdigest()[:8]


def isolation(table: Table, named: Sql = "") -> Policy:
    """One tenant for every command; what is `named` otherwise, and the organization that is asked
    for, alone."""
    if table.name == ORGANIZATION:
        named = ORGANIZATION_BOUND
    if named:
        return Policy("tenant_isolation", table.name, "all", named, named, restrictive=True)
    # No subquery: every statement names its tenant, so that PostgreSQL compares the two once, and
    # does not prepare a query for it. Where one does not, an index still begins with the tenant.
    own = f"{table.tenant} = {TENANT_WRITTEN}"
    return Policy("tenant_isolation", table.name, "all", own, own, restrictive=True)


def _operator(table: Table, design: Design) -> Policy:
    """What the owner may do by the administration command: all tenants are listed, and what belongs
    to one is reached in a transaction that is bound to it."""
    every = table.name == identifier(design.tenant)
    reached: Sql = TRUE if every else f"{table.tenant} = {TENANT_WRITTEN}"
    column = table.column(table.tenant)
    if column is not None and column.nullable:  # what is nobody's is the operator's
        reached = any_of((reached, f"{table.tenant} is null"))
    return Policy("operator", table.name, "all", reached, reached, role="owner")


def works(design: Design) -> tuple[Right, ...]:
    """What the worker may do; where it may do nothing, there is none."""
    return tuple(right for each in FEATURES for right in each.works(design))


def _working(right: Right) -> Iterable[Policy]:
    """What the worker may do to the rows of all tenants: it is bound to none."""
    for command, (using, check) in right.rows.items():
        after = check if command in ("insert", "update") else None
        before = None if command == "insert" else using
        table = right.grant.table
        yield Policy(f"work_{command}", table, command, before, after, role="worker")


def _plain(grant: Grant, changes: Sql) -> Iterable[Policy]:
    """What the service may do to every row of its tenant, or to those that it `changes`.

    The tenant is `tenant_isolation`'s: asked again here, it would be asked twice.
    """
    for command in _commands(grant):
        reached = changes if command == "update" else TRUE
        yield _policy(grant.table, command, reached, reached)


def _commands(grant: Grant) -> Iterable[Command]:
    if grant.select:
        yield "select"
    if grant.insert:
        yield "insert"
    if grant.update:
        yield "update"
    if grant.delete:
        yield "delete"


def _reach(entity: Entity, grant: Grant, predicates: Predicates, scope: str) -> Iterable[Policy]:
    """Who reaches which rows: the grants, and what the hooks of actions touch.

    A statement passes the policies of its command, whatever operation it is of, so the union over
    the operations is what each may reach. What a hook reads by itself passes them as well.
    """
    table = identifier(entity.name)
    reading, writing = bound(scope), bound(scope, written=True)

    def reach(
        operations: Sequence[Operation], *touched: TouchVerb, binding: Binding = writing
    ) -> Sql:
        found = [each for operation in operations for each in operation.alternatives]
        found += [Alternative(each.roles, (), None) for each in entity.touched_by(*touched)]
        return predicates.reach(found, binding, table)

    on_rows = [
        each
        for each in entity.operations
        if each.on_item or each.verb in ("list", "create", "export")
    ]
    verbs = {verb: [each for each in on_rows if each.verb == verb] for verb in _VERBS}
    changing = verbs["update"] + verbs["action"] + verbs["effect"]
    # What a hook changes is the action's business: it need not meet the condition after it.
    by_hooks: list[Operation | Touch] = [
        *verbs["action"],
        *verbs["effect"],
        *entity.touched_by("update"),
    ]
    after = [each for operation in verbs["update"] for each in operation.alternatives]
    after += [Alternative(each.roles, (), None) for each in by_hooks]
    tests: dict[Command, tuple[Sql, Sql]] = {
        "select": (reach(on_rows, "read", "create", "update", "delete", binding=reading), ""),
        "insert": ("", reach(verbs["create"], "create")),
        "update": (reach(changing, "update"), predicates.reach(after, writing, table)),
        "delete": (reach(verbs["delete"], "delete"), ""),
    }
    for command in _commands(grant):
        using, check = (each or TRUE for each in tests[command])
        yield _policy(table, command, using, check)


_VERBS = ("list", "read", "create", "update", "delete", "action", "effect")


def _policy(table: str, command: Command, using: Sql, check: Sql) -> Policy:
    """A permissive policy, named by the digest of what it says."""
    before = None if command == "insert" else using
    after = check if command in ("insert", "update") else None
    digest = _digest(table, command, flat(before or ""), flat(after or ""))
    return Policy(f"reach_{command}_{digest}", table, command, before, after)


def grant(entity: Entity) -> Grant:
    """What the service may do to a resource: no more than its operations need."""
    verbs = {each.verb for each in entity.operations} | {each.verb for each in entity.touched}
    return Grant(
        identifier(entity.name),
        select=True,
        insert="create" in verbs,
        delete="delete" in verbs,
        update=tuple(identifier(each.name) for each in entity.changeable),
    )


def _apart(found: Sequence[Index], tables: Sequence[Table]) -> Iterable[Index]:
    """The indexes, with a digest in the names that something else has too."""
    taken = Counter((*relations(tables), *(each.name for each in found)))
    for each in found:
        once = taken[each.name] == 1
        yield each if once else replace(each, name=apart(each.name, each.table, *each.columns))


def indexes(design: Design, tables: Sequence[Table]) -> Iterable[Index]:
    """Every index leads with the tenant and ends with the order of the page it serves.

    An index is named by what it holds: another one has another name.
    """
    for own in of_features(design):
        yield from own.indexes
    keys = {each.name: each.primary_key for each in tables}
    for entity in _with_table(design):
        yield from _indexes(entity, keys[identifier(entity.name)])


def _indexes(entity: Entity, key: Sequence[str]) -> Iterable[Index]:
    """The indexes of a resource, whose primary key is `key`."""
    if entity.is_tenant or entity.derived:
        return  # one row is found by its key
    table = identifier(entity.name)
    order = (f"{entity.newest} desc", f"{ID.name} desc")
    parent = next((each.name for each in entity.columns if each.origin == "parent"), "")
    above = (identifier(parent),) if parent else ()
    of = (parent,) if parent else ()

    def index(*columns: str, name: tuple[str, ...]) -> Index:
        return Index(named(entity.name, *name), table, (TENANT.name, *columns))

    if tuple(key) == (TENANT.name, ID.name):
        # A child is listed below its parent, in each of its orders.
        yield index(*above, *order, name=(*of, "newest_idx"))
    elif entity.operation("read"):  # the key is in the order of its lists, read backwards
        yield index(ID.name, name=("id", "idx"))
    for column in entity.columns:
        own = identifier(column.name)
        if column.sortable:
            yield index(*above, own, ID.name, name=(*of, column.name, "sort_idx"))
        if column.origin == "parent" or column.name == entity.newest:
            continue  # the first index, or the key, begins with it
        if column.refers:
            yield index(own, *order, name=(column.name, "idx"))
        elif "prefix" in column.filters:
            pattern = f"{own} text_pattern_ops"
            yield index(*above, pattern, *order, name=(*of, column.name, "prefix_idx"))
        elif column.filters and not column.sortable and column.kind.selective:
            yield index(*above, own, *order, name=(*of, column.name, "idx"))
