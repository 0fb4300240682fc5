"""The surface: the canonical map of who may do what, under which conditions and limits.

It stands in `scaffold.lock`, one fact a line, so that a reviewer who reads only the lock's diff
sees who gained what. Equal surfaces mean equal authority: texts, and the order in which the spec
declares what is a set, do not show in it.

An entry of `allow` is `always`, or `if` and conditions joined by `and`; `only` names the fields
that it covers where they are not all. A new field is covered by each grant without `only`, which
is why every field names the roles that read, create and update it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scaffold.design.model import (
    Alternative,
    Attribute,
    Column,
    Condition,
    Design,
    Entity,
    Input,
    Issuer,
    Operation,
    Role,
    Term,
)
from scaffold.design.types import Kind

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*", re.ASCII)
_RESERVED = frozenset({"true", "false", "null", "and", "in", "only"})
_TEXTUAL = frozenset({"string", "text", "email", "url"})


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which one role is allowed an operation.

    `when` are the conditions as text, sorted; `conditions` are the same in the same order.
    `fields` are the columns that it covers, sorted; None covers every one.
    """

    when: tuple[str, ...]
    conditions: tuple[Condition, ...]
    fields: tuple[str, ...] | None

    def __str__(self) -> str:
        """The entry of the surface."""
        text = f"if {' and '.join(self.when)}" if self.when else "always"
        if self.fields is None:
            return text
        return f"{text}, only {', '.join(self.fields) or 'no field'}"

    def covers(self, other: Way) -> bool:
        """Does this way allow all that the other does?"""
        fields = self.fields is None or (
            other.fields is not None and set(other.fields) <= set(self.fields)
        )
        return fields and set(self.when) <= set(other.when)


def surface(design: Design) -> dict[str, Any]:
    """The surface as plain data for JSON, every mapping and list sorted."""
    return {
        "audit": {"days": design.audit_days},
        "identity": {
            "attributes": _attributes(design.user_attributes),
            "issuers": _sorted((each.url, _issuer(each)) for each in design.issuers),
        },
        "limits": _sorted(
            [
                *((each.scope, f"{each.count} in {each.window} s") for each in design.limits),
                *((scope, "unlimited") for scope in design.unlimited),
            ]
        ),
        "operations": _sorted(
            (operation.permission, _operation(operation, entity))
            for entity in design.entities
            for operation in entity.operations
        ),
        "resources": _sorted((each.name, _resource(each)) for each in design.entities),
        "roles": _sorted((each.name, _role(each)) for each in design.roles),
        "service": {"environments": _set(design.environments), "name": design.name},
        "tenancy": {
            "attributes": _attributes(design.tenant_attributes),
            "claim": design.tenant_claim,
            "tenant": design.tenant,
        },
    }


def ways(operation: Operation) -> Mapping[str, tuple[Way, ...]]:
    """How each role is allowed an operation, by role; no way that another one covers."""
    found: dict[str, list[Way]] = {}
    for alternative in operation.alternatives:
        way = _way(alternative)
        for role in alternative.roles:
            found.setdefault(role, []).append(way)
    return {role: tuple(widest(found[role])) for role in sorted(found)}


def widest(found: Iterable[Way]) -> list[Way]:
    """The ways that no other one covers, sorted by their text."""
    distinct = sorted(set(found), key=str)
    if len(distinct) == 1:
        return distinct
    return [
        each
        for each in distinct
        if not any(other is not each and other.covers(each) for other in distinct)
    ]


def condition_text(condition: Condition) -> str:
    """A condition as the spec would say it: `status = draft`, `region in $user.regions`."""
    left, right = term_text(condition.left), condition.right
    if isinstance(right, Term):
        return f"{left} {'in' if condition.operator == 'in' else '='} {term_text(right)}"
    values = ", ".join(map(literal_text, right))
    return f"{left} in [{values}]" if condition.operator == "in" else f"{left} = {values}"


def term_text(term: Term) -> str:
    """A term as the spec spells it, with the column for a field: `customer_id`, `$user.id`."""
    match term.source:
        case "field":
            return term.name
        case "environment":
            return "$service.environment"
    return f"${term.source}.{term.name}"


def literal_text(value: str | int | bool) -> str:
    """A literal: a plain word as it is, anything else as JSON."""
    if isinstance(value, str) and _WORD.fullmatch(value) and value not in _RESERVED:
        return value
    return json.dumps(value)


def normal(condition: Condition) -> Condition:
    """The condition with its literals sorted and distinct; one literal is an equality."""
    if isinstance(condition.right, Term) or condition.operator == "eq":
        return condition
    values = tuple(sorted(set(condition.right), key=literal_text))
    return replace(condition, right=values, operator="in" if len(values) > 1 else "eq")


def type_text(kind: Kind) -> str:
    """A type with its bounds: `string(1..120)`, `enum(draft, sent)`, `reference(customer)`."""
    bounds = ", ".join(_bounds(kind))
    return f"{kind.base}({bounds})" if bounds else kind.base


def _way(alternative: Alternative) -> Way:
    if not alternative.conditions:
        return Way((), (), alternative.fields)
    texts = {condition_text(n): n for n in map(normal, alternative.conditions)}
    when = tuple(sorted(texts))
    return Way(when, tuple(texts[each] for each in when), alternative.fields)


def _operation(operation: Operation, entity: Entity) -> dict[str, Any]:
    found: dict[str, Any] = {
        "allow": {role: [str(each) for each in mine] for role, mine in ways(operation).items()},
        "http": f"{operation.method} {operation.path}",
    }
    if operation.conditional:
        found["if_match"] = "required"
    if operation.idempotency != "none":
        found["idempotency_key"] = operation.idempotency
    if operation.body:
        found["body_max"] = f"{entity.body_max} bytes"
    if operation.verb == "list":
        found["page"] = f"{entity.page_default}, at most {entity.page_max}"
        found["filters"] = _sorted((c.name, _set(c.filters)) for c in entity.columns if c.filters)
        found["sorts"] = _set(c.name for c in entity.columns if c.sortable)
    if operation.verb == "action":
        found["input"] = _sorted((each.name, _input(each)) for each in operation.input)
        found["sets"] = _set(each.name for each in entity.set_by(operation))
        found["step_up"] = "none" if operation.step_up is None else f"{operation.step_up} s"
    return found


def _resource(entity: Entity) -> dict[str, Any]:
    roles = {
        "read": list(_covering(entity, "list", "read")),
        "create": list(_covering(entity, "create")),
        "update": list(_covering(entity, "update")),
    }
    return {
        "fields": _sorted((each.name, _field(each, roles)) for each in entity.columns),
        "owner": entity.owner or "",
        "parent": entity.parent or "",
        "unique": sorted(_set(each) for each in entity.unique),
    }


def _covering(entity: Entity, *verbs: str) -> Iterator[Alternative]:
    for operation in entity.operations:
        if operation.verb in verbs:
            yield from operation.alternatives


def _field(column: Column, covering: Mapping[str, list[Alternative]]) -> dict[str, Any]:
    found = {"class": column.class_, "type": _value(column)}
    possible = {
        "read": column.readable,
        "create": column.creatable,
        "update": column.updatable,
    }
    for verb, alternatives in covering.items():
        roles = {
            role
            for each in alternatives
            if each.fields is None or column.name in each.fields
            for role in each.roles
        }
        if possible[verb] and roles:
            found[verb] = _set(roles)
    return found


def _value(column: Column | Input) -> str:
    text = type_text(column.kind)
    if column.nullable:
        text += ", optional"
    if column.default is not None:
        text += f", default {json.dumps(column.default, sort_keys=True, default=str)}"
    return text


def _input(each: Input) -> str:
    return f"{each.class_} {_value(each)}"


def _role(role: Role) -> dict[str, str]:
    return {
        "includes": _set(each for each in role.includes if each != role.name),
        "kind": role.kind,
        "mfa": role.mfa or "none",
    }


def _issuer(issuer: Issuer) -> dict[str, str]:
    return {
        "algorithms": _set(issuer.algorithms),
        "audience": issuer.audience,
        "keys": issuer.jwks_url,
    }


def _attributes(attributes: Iterable[Attribute]) -> dict[str, str]:
    return _sorted(
        (each.name, f"list of {type_text(each.kind)}" if each.many else type_text(each.kind))
        for each in attributes
    )


def _bounds(kind: Kind) -> Iterator[str]:
    match kind.base:
        case "enum":
            yield from sorted(kind.values)
        case "reference":
            yield kind.target
        case "list" if kind.item is not None:
            yield f"{kind.low}..{kind.high} of {type_text(kind.item)}"
        case "object":
            for each in sorted(kind.members, key=lambda member: member.name):
                yield f"{each.name}{'?' if each.nullable else ''}: {type_text(each.kind)}"
        case "decimal":
            yield f"{kind.digits} digits"
            yield f"{kind.places} places"
        case "money":
            yield kind.currency
    if kind.base != "list" and (kind.low is not None or kind.high is not None):
        yield f"{'' if kind.low is None else kind.low}..{'' if kind.high is None else kind.high}"
    if kind.base in _TEXTUAL and kind.pattern is not None:
        yield f"pattern {json.dumps(kind.pattern)}"
    if kind.unique:
        yield "distinct"


def _set(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _sorted(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return dict(sorted(items, key=lambda item: item[0]))
