"""The stored functions: one call, hence one round trip, for each operation.

A function is named by the digest of its own text, so that the old and the new release of a
service can run side by side while one replaces the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from scaffold.database.predicates import (
    DYNAMIC,
    FUNCTION,
    TRUE,
    Binding,
    Predicates,
    all_of,
    any_of,
)
from scaffold.database.sql import array, identifier, literal
from scaffold.design.filters import filter_key
from scaffold.design.model import Alternative, Column, Design, Entity, Operation
from scaffold.design.types import Kind, default_text
from scaffold.design.visibility import always_readers, readers, seers, split

BUILT_IN = ("id", "version", "created_at", "updated_at")
OPERATORS = {"gte": ">=", "lte": "<=", "gt": ">", "lt": "<"}


class Render(Protocol):
    """Renders a template by name."""

    def __call__(self, template: str, /, **context: object) -> str: ...


@dataclass(frozen=True, slots=True)
class Function:
    """A stored function: its name, which ends in a digest, and the statement that creates it."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Functions:
    """Every stored function of a service: the shared ones, and each operation's by its id."""

    shared: tuple[Function, ...]
    by_operation: Mapping[str, tuple[Function, ...]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a row is answered: `always` as select expressions, the rest by predicate."""

    always: tuple[str, ...]
    restricted: tuple[Mapping[str, str], ...] = ()


@dataclass(slots=True)
class Writer:
    """Writes the functions of one design with the templates."""

    design: Design
    render: Render
    predicates: Predicates = field(init=False)
    schema: str = field(init=False)

    def __post_init__(self) -> None:
        self.predicates = Predicates(self.design)
        self.schema = identifier(self.design.name)

    def write(self) -> Functions:
        """Every function of the service."""
        idempotent = any(each.idempotency != "none" for each in self.design.operations)
        enter = self._function(
            "enter",
            assurance=list(assurance(self.design)),
            policies_need_caller=any(has_conditions(each) for each in self.design.entities),
            user_attributes=self.design.user_attributes,
        )
        refusal = self._function("refusal", assurance=list(assurance(self.design)))
        shared = [enter, refusal]
        names = {"enter": enter.name, "refusal": refusal.name}
        if idempotent:
            for name in ("claim", "remember"):
                each = self._function(name)
                shared.append(each)
                names[name] = each.name
        if any(patches_objects(each) for each in self.design.entities):
            merge = self._function("merge")
            shared.append(merge)
            names["merge"] = merge.name
        entities = {entity.name: entity for entity in self.design.entities}
        return Functions(
            tuple(shared),
            {
                operation.id: tuple(self._operation(operation, entity, entities, names))
                for entity in self.design.entities
                for operation in entity.operations
            },
        )

    def _operation(
        self,
        operation: Operation,
        entity: Entity,
        entities: Mapping[str, Entity],
        names: Mapping[str, str],
    ) -> Iterable[Function]:
        verbs = ("begin", "finish") if operation.verb == "action" else (operation.verb,)
        context = {
            "entity": self._entity_view(entity, entities),
            "operation": self._operation_view(operation, entity, names),
            "names": names,
        }
        for verb in verbs:
            suffix = f"_{verb}" if len(verbs) > 1 else ""
            yield self._function(verb, prefix=f"{operation.id}{suffix}", **context)

    def _function(self, template: str, prefix: str = "", **context: Any) -> Function:
        text = self.render(
            f"store/functions/{template}.sql.jinja", schema=self.schema, name="\0", **context
        )
        text = "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        name = f"{(prefix or template)[:54]}_{digest}"  # within 63 bytes
        return Function(name, text.replace("\0", name))

    def _entity_view(self, entity: Entity, entities: Mapping[str, Entity]) -> Mapping[str, Any]:
        parent = entities[entity.parent] if entity.parent else None
        return {
            "table": identifier(entity.name),
            "parent": parent
            and {
                "table": identifier(parent.name),
                "column": identifier(parent.id_parameter),
                "known": self._reach(readers(parent), FUNCTION, "q"),
            },
        }

    def _operation_view(
        self, operation: Operation, entity: Entity, names: Mapping[str, str]
    ) -> Mapping[str, Any]:
        view: dict[str, Any] = {
            "id": operation.id,
            "entity": entity.name,
            "on_item": operation.on_item,
            "idempotency": operation.idempotency,
            "step_up": operation.step_up,
            "allowed": self.predicates.held(operation.roles, FUNCTION),
            "roles": array(operation.roles),
        }
        row = "r" if operation.verb in ("list", "read") else "t"
        if operation.verb == "list":
            return {**view, **self._list_view(operation, entity)}
        patch = "p_patch" if operation.verb == "update" else ""
        view["reach"] = self._reach(operation.alternatives, FUNCTION, row, patch)
        if operation.verb == "action" and not operation.on_item:
            return view
        read = entity.operation("read")
        seen = read.alternatives if read else ()
        view["shape"] = self._shape(entity, seen, FUNCTION, row)
        if operation.verb == "read":
            return view
        known = (*(Alternative(a.roles, a.conditions, None) for a in operation.alternatives), *seen)
        view["known"] = self._reach(known, FUNCTION, "t")
        all_read = set(operation.roles) <= always_readers(entity)
        view["readable"] = TRUE if all_read else self.predicates.reach(seen, FUNCTION, "t")
        if operation.verb == "action":
            view["whole"] = Shape(tuple(self._select(entity, entity.columns, "t")))
            view["changes"] = [_change(each, "p_changes") for each in entity.set_by(operation)]
        else:
            source = "p_body" if operation.verb == "create" else "p_patch"
            view["writable"] = self._writable(operation.alternatives, source)
            view["new_row"] = self._new_row(operation.alternatives, source)
            view["changes"] = [
                self._merge(each, names) for each in entity.columns if each.updatable
            ]
            view["inserts"] = list(_values(entity))
        return view

    def _reach(
        self, alternatives: Sequence[Alternative], binding: Binding, row: str, body: str = ""
    ) -> str:
        """Which rows: true where holding a role is already enough."""
        limited = body and any(each.fields is not None for each in alternatives)
        if not limited:
            if alternatives and not any(each.conditions for each in alternatives):
                return TRUE
            return self.predicates.reach(alternatives, binding, row)
        return any_of(
            all_of(
                [
                    self.predicates.alternative(each, binding, row),
                    *([_within(body, each.fields)] if each.fields is not None else []),
                ]
            )
            for each in alternatives
        )

    def _new_row(self, alternatives: Sequence[Alternative], source: str) -> str:
        """What a written row must meet, or nothing where no condition can be broken."""
        if not any(each.conditions for each in alternatives):
            return ""
        return self._reach(alternatives, FUNCTION, "t", source)

    def _writable(self, alternatives: Sequence[Alternative], source: str) -> str:
        """Do the roles held cover every field sent? Nothing where every role covers all."""
        if all(each.fields is None for each in alternatives):
            return ""
        return any_of(
            all_of(
                [
                    self.predicates.held(each.roles, FUNCTION),
                    *([_within(source, each.fields)] if each.fields is not None else []),
                ]
            )
            for each in alternatives
        )

    def _shape(
        self, entity: Entity, alternatives: Sequence[Alternative], binding: Binding, row: str
    ) -> Shape:
        open_, restricted = split(entity, alternatives)
        return Shape(
            tuple(self._select(entity, open_, row)),
            tuple(
                {
                    "name": column.name,
                    "value": _output(column, row),
                    "visible": self.predicates.reach(seers(column, alternatives), binding, row),
                }
                for column in restricted
            ),
        )

    def _select(self, entity: Entity, columns: Iterable[Column], row: str) -> Iterable[str]:
        del entity
        yield from (f"{row}.{name}" for name in BUILT_IN)
        for column in columns:
            value = _output(column, row)
            plain = value == f"{row}.{identifier(column.name)}"
            yield value if plain else f"{value} as {identifier(column.name)}"

    def _merge(self, column: Column, names: Mapping[str, str]) -> Mapping[str, str]:
        """The assignment of a patched column: of an object, what the patch says of its parts."""
        if column.kind.base != "object":
            return _change(column, "p_patch")
        name, key = identifier(column.name), literal(column.name)
        merged = f"{self.schema}.{names['merge']}(t.{name}, p_patch -> {key})"
        whole = f"case when jsonb_typeof(p_patch -> {key}) = 'object' then {merged} end"
        return {
            "column": name,
            "value": f"case when p_patch ? {key} then {whole} else t.{name} end",
        }

    def _list_view(self, operation: Operation, entity: Entity) -> Mapping[str, Any]:
        filters = list(_filters(entity))
        orders = list(_orders(entity))
        return {
            "static": self._list_binding(operation, entity, FUNCTION, "p_parent"),
            "bound": self._list_binding(operation, entity, DYNAMIC, "$9"),
            "dynamic": bool(filters or len(orders) > 1),
            "filters": filters,
            "orders": orders,
            "guarded_parameters": list(self._guarded(operation, entity)),
        }

    def _list_binding(
        self, operation: Operation, entity: Entity, binding: Binding, parent: str
    ) -> Mapping[str, Any]:
        return {
            "tenant": binding.tenant,
            "parent": parent,
            "reach": self._reach(operation.alternatives, binding, "r"),
            "shape": self._shape(entity, operation.alternatives, binding, "r"),
        }

    def _guarded(self, operation: Operation, entity: Entity) -> Iterable[Mapping[str, str]]:
        """Filters and sorts by a field that some role cannot read would be an oracle."""
        _, restricted = split(entity, operation.alternatives)
        for column in restricted:
            used = []
            if column.filters:
                keys = tuple(filter_key(column, each) for each in column.filters)
                used.append(f"coalesce(p_filters ?| {array(keys)}, false)")
            if column.sortable:
                sorts = f"{literal(column.name)}, {literal('-' + column.name)}"
                used.append(f"coalesce(p_sort in ({sorts}), false)")
            if used:
                yield {
                    "used": " or ".join(used),
                    "readable": self._reads_everywhere(column, operation.alternatives),
                }

    def _reads_everywhere(self, column: Column, alternatives: Sequence[Alternative]) -> str:
        """Does the caller read this column of every row that they reach?"""
        with_it = seers(column, alternatives)
        whole = {role for each in with_it if not each.conditions for role in each.roles}
        without = {role for each in alternatives if each not in with_it for role in each.roles}
        parts = []
        if whole:
            parts.append(self.predicates.held(whole, FUNCTION))
        parts.append(f"not {self.predicates.held(without, FUNCTION)}")
        return any_of(parts)


def patches_objects(entity: Entity) -> bool:
    """Can a merge patch of this resource reach into an object?"""
    return entity.operation("update") is not None and any(
        each.updatable and each.kind.base == "object" for each in entity.columns
    )


def has_conditions(entity: Entity) -> bool:
    """Is some operation of this resource allowed on some rows only?"""
    return any(
        alternative.conditions for each in entity.operations for alternative in each.alternatives
    )


def assurance(design: Design) -> Iterable[tuple[str, str]]:
    """Each level of assurance that roles demand: when it is missing, and from which roles."""
    tests = {
        "any": "p_caller ->> 'mfa' is null",
        "phishing_resistant": "p_caller ->> 'mfa' is distinct from 'phishing_resistant'",
    }
    for level, missing in tests.items():
        needing = tuple(sorted(role.name for role in design.roles if role.mfa == level))
        if needing:
            yield missing, array(needing)


def _within(source: str, fields: tuple[str, ...] | None) -> str:
    return f"({source} - {array(fields or ('',))}) = '{{}}'::jsonb"


def extract(kind: Kind, source: str, name: str) -> str:
    """The value of a JSON member as SQL; an absent member and null are both NULL."""
    if kind.structured:
        return f"nullif({source} -> {literal(name)}, 'null'::jsonb)"
    text = f"{source} ->> {literal(name)}"
    return text if kind.textual else f"({text})::{kind.sql}"


def default_sql(column: Column) -> str:
    """A declared default as an SQL expression."""
    value = column.default
    if column.kind.structured:
        return f"{literal(default_text(value))}::jsonb"
    if isinstance(value, bool | int):
        return literal(value)
    text = literal(str(value))
    return text if column.kind.textual else f"{text}::{column.kind.sql}"


def _change(column: Column, source: str) -> Mapping[str, str]:
    name = identifier(column.name)
    value = extract(column.kind, source, column.name)
    return {
        "column": name,
        "value": f"case when {source} ? {literal(column.name)} then {value} else t.{name} end",
    }


def _values(entity: Entity) -> Iterable[Mapping[str, str]]:
    """The columns that an insert names, with their values."""
    for column in entity.columns:
        value = ""
        if column.origin == "owner":
            value = "v_member"
        elif column.origin == "parent":
            value = "p_parent"
        elif column.creatable:
            value = extract(column.kind, "p_body", column.name)
            if column.default is not None and column.nullable:
                given = f"p_body ? {literal(column.name)}"
                value = f"case when {given} then {value} else {default_sql(column)} end"
            elif column.default is not None:
                value = f"coalesce({value}, {default_sql(column)})"
        if value:
            yield {"column": identifier(column.name), "value": value}


def _output(column: Column, row: str) -> str:
    value = f"{row}.{identifier(column.name)}"
    return f"{value}::text" if column.kind.base == "decimal" else value


def _orders(entity: Entity) -> Iterable[Mapping[str, str]]:
    yield {
        "name": "''",
        "order": "r.created_at desc, r.id desc",
        "key": "r.created_at",
        "after": "(r.created_at, r.id) < ($6::timestamptz, $7)",
    }
    for column in entity.columns:
        if column.sortable:
            key = f"r.{identifier(column.name)}"
            bound = f"($6{'' if column.kind.textual else '::' + column.kind.sql}, $7)"
            for sign, direction, operator in (("", "", ">"), ("-", " desc", "<")):
                yield {
                    "name": literal(sign + column.name),
                    "order": f"{key}{direction}, r.id{direction}",
                    "key": key,
                    "after": f"({key}, r.id) {operator} {bound}",
                }


def _filters(entity: Entity) -> Iterable[Mapping[str, str]]:
    for column in entity.columns:
        for operator in column.filters:
            key = filter_key(column, operator)
            yield {"key": literal(key), "condition": _filter(column, operator, key)}


def _filter(column: Column, operator: str, key: str) -> str:
    name = f"r.{identifier(column.name)}"
    value = extract(column.kind, "$8", key)
    if operator == "in":
        values = f"array(select jsonb_array_elements_text($8 -> {literal(key)}))"
        cast = "" if column.kind.textual else f"::{column.kind.sql}[]"
        return f"{name} = any ({values}{cast})"
    if operator == "prefix":
        # A range instead of LIKE, which is not leakproof and so would not use the index.
        return f"{name} ~>=~ ({value}) and {name} ~<~ (({value}) || U&'\\+10FFFF')"
    return f"{name} {OPERATORS.get(operator, '=')} {value}"
