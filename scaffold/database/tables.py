"""The tables: columns, keys, indexes, row-level security and grants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scaffold.database.functions import default_sql, has_conditions
from scaffold.database.predicates import POLICY, Predicates, any_of
from scaffold.database.sql import array, identifier, literal, named
from scaffold.design.model import Attribute, Column, Design, Entity, Operation
from scaffold.design.types import Kind

TENANT_BOUND = "(select current_setting('app.tenant_id', true)::uuid)"


@dataclass(frozen=True, slots=True)
class Policy:
    """A row-level security policy."""

    name: str
    mode: str
    command: str
    using: str | None
    check: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A resource's table, each line of it ready to print."""

    name: str
    bare: str
    columns: tuple[str, ...]
    constraints: tuple[str, ...]
    indexes: tuple[tuple[str, str], ...]
    policies: tuple[Policy, ...]
    grants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """Everything that the initial migration creates for one design."""

    tenant_columns: tuple[str, ...]
    tables: tuple[Table, ...]
    foreign_keys: tuple[tuple[str, str], ...]


def schema(design: Design) -> Schema:
    """The database of a design."""
    name = identifier(design.name)
    predicates = Predicates(design)
    return Schema(
        tuple(_attribute(each) for each in design.tenant_attributes),
        tuple(_table(each, design, predicates) for each in design.entities),
        tuple(
            (identifier(entity.name), constraint)
            for entity in design.entities
            for constraint in _foreign_keys(name, entity)
        ),
    )


def _attribute(each: Attribute) -> str:
    name = identifier(each.name)
    return f"{name} {each.kind.sql}{_check(name, each.kind)}"


def _table(entity: Entity, design: Design, predicates: Predicates) -> Table:
    return Table(
        name=identifier(entity.name),
        bare=entity.name,
        columns=tuple(_column(column) for column in entity.columns),
        constraints=tuple(
            f"constraint {named(entity.name, *fields, 'key')}"
            f" unique (tenant_id, {', '.join(identifier(each) for each in fields)})"
            for fields in entity.unique
        ),
        indexes=tuple(_indexes(entity)),
        policies=tuple(_policies(entity, predicates)),
        grants=tuple(_grants(entity)),
    )


def _column(column: Column) -> str:
    name = identifier(column.name)
    parts = [name, column.kind.sql]
    if not column.nullable:
        parts.append("not null")
    if column.default is not None:
        parts.append(f"default {default_sql(column)}")
    return " ".join(parts) + _check(name, column.kind)


def _check(name: str, kind: Kind) -> str:
    """The bound of a type, held by the database as well."""
    test = ""
    match kind.base:
        case "string" | "text" | "email" | "url":
            test = f"char_length({name}) between {kind.low or 0} and {kind.high}"
            if kind.pattern is not None:
                test += f" and {name} !~ '[[:cntrl:]]'"
        case "integer" | "money" | "duration":
            test = f"{name} between {kind.low} and {kind.high}"
        case "decimal":
            bounds = [
                f"{name} {operator} {bound}"
                for operator, bound in ((">=", kind.low), ("<=", kind.high))
                if bound is not None
            ]
            test = " and ".join(bounds)
        case "enum":
            test = f"{name} in ({', '.join(literal(value) for value in kind.values)})"
        case "list":
            test = (
                f"jsonb_typeof({name}) = 'array'"
                f" and jsonb_array_length({name}) between {kind.low} and {kind.high}"
            )
        case "object":
            test = " and ".join(_complete(name, kind))
        case _:
            pass
    return f" check ({test})" if test else ""


def _complete(path: str, kind: Kind) -> Iterable[str]:
    """What an object has to have, whatever it was patched with; its parts too."""
    yield f"jsonb_typeof({path}) = 'object'"
    required = tuple(each.name for each in kind.members if not each.nullable)
    if required:
        yield f"{path} ?& {array(required)}"
    for each in kind.members:
        if each.kind.base == "object" and not each.nullable:
            yield from _complete(f"({path} -> {literal(each.name)})", each.kind)


def _foreign_keys(schema_name: str, entity: Entity) -> Iterable[str]:
    """References are composite: the same tenant or nothing."""
    for column in entity.columns:
        target = "member" if column.origin == "owner" else column.references
        if target:
            yield (
                f"constraint {named(entity.name, column.name, 'fkey')}"
                f" foreign key (tenant_id, {identifier(column.name)})"
                f" references {schema_name}.{identifier(target)} (tenant_id, id)"
            )


def _indexes(entity: Entity) -> Iterable[tuple[str, str]]:
    """Every index leads with the tenant and ends with the order of the page it serves."""
    newest = "created_at desc, id desc"
    yield named(entity.name, "newest_idx"), f"(tenant_id, {newest})"
    for column in entity.columns:
        name = identifier(column.name)
        if column.sortable:
            yield named(entity.name, column.name, "sort_idx"), f"(tenant_id, {name}, id)"
        if column.filters or column.references or column.origin == "owner":
            if column.kind.base == "boolean" or (
                column.sortable and "prefix" not in column.filters
            ):
                continue
            pattern = " text_pattern_ops" if "prefix" in column.filters else ""
            columns = f"(tenant_id, {name}{pattern}, {newest})"
            yield named(entity.name, column.name, "idx"), columns


def _policies(entity: Entity, predicates: Predicates) -> Iterable[Policy]:
    """The tenant for every command; the conditions of the grants where there are any.

    The tenant's policy has the form that a prover can decide. A hook's statements pass the
    same policies, so the union over the operations of a command is what each may reach.
    """
    bound = f"tenant_id = {TENANT_BOUND}"
    yield Policy("tenant_isolation", "permissive", "all", bound, bound)
    if not has_conditions(entity):
        return

    def reach(operations: Sequence[Operation]) -> str:
        alternatives = tuple(each for operation in operations for each in operation.alternatives)
        return predicates.reach(alternatives, POLICY, entity_row)

    def held(operations: Sequence[Operation]) -> str:
        roles = {role for operation in operations for role in operation.roles}
        return f"(select {predicates.held(roles, POLICY)})"

    entity_row = identifier(entity.name)
    on_rows = [
        each for each in entity.operations if each.on_item or each.verb in ("list", "create")
    ]
    by_verb = {verb: [each for each in on_rows if each.verb == verb] for verb in _VERBS}
    yield Policy("reach_select", "restrictive", "select", reach(on_rows), None)
    if by_verb["create"]:
        yield Policy("reach_insert", "restrictive", "insert", None, reach(by_verb["create"]))
    changing = by_verb["update"] + by_verb["action"]
    if changing:
        # What a hook changes is the action's business: it need not meet the condition after it.
        after = [reach(by_verb["update"])] if by_verb["update"] else []
        after += [held(by_verb["action"])] if by_verb["action"] else []
        yield Policy("reach_update", "restrictive", "update", reach(changing), any_of(after))
    if by_verb["delete"]:
        yield Policy("reach_delete", "restrictive", "delete", reach(by_verb["delete"]), None)


_VERBS = ("list", "read", "create", "update", "delete", "action")


def _grants(entity: Entity) -> Iterable[str]:
    """What the service's role may do: no more than its operations need, column by column."""
    verbs = {each.verb for each in entity.operations}
    yield "select"
    if "create" in verbs:
        yield "insert"
    changed = {each.name for each in entity.columns if each.updatable and "update" in verbs}
    for action in entity.actions:
        if action.on_item:
            changed |= {each.name for each in entity.set_by(action)}
    if "update" in verbs or any(each.on_item for each in entity.actions):
        ordered = [each.name for each in entity.columns if each.name in changed]
        names = ", ".join(identifier(each) for each in (*ordered, "version", "updated_at"))
        yield f"update ({names})"
    if "delete" in verbs:
        yield "delete"
