"""The surface: the canonical map of who may do what, under which conditions and limits.

It stands in `scaffold.lock`, one fact a line and each line complete in itself, so that a reviewer
who reads only the lock's diff sees who gained what. Equal surfaces mean equal authority: texts,
and the order in which the spec declares what is a set, do not show in it.

`access` says for an operation and a role `always`, or `if` with conditions joined by `and`; `only`
names the fields that this covers where they are not all, and `;` separates alternatives. What has
no `only` covers a new field too, so `fields` names the roles that read, create and update each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from scaffold.design.model import (
    SIGNS,
    Alternative,
    Column,
    Condition,
    Design,
    Entity,
    Input,
    Join,
    Operation,
    Role,
    Term,
)
from scaffold.features import FEATURES
from scaffold.tokens import RFC9068, TokenRules

Fact = tuple[str, str | int]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*", re.ASCII)
_RESERVED = frozenset({"true", "false", "null", "and", "in", "only"})


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which one role is allowed an operation.

    `when` are the conditions as text, sorted; `conditions` are the same in the same order.
    `fields` are the columns that it covers, sorted; None covers every one. `gives` are the roles
    that it may give or take, sorted; None is for every one, or where there are none to give.
    """

    when: tuple[str, ...]
    conditions: tuple[Condition, ...]
    fields: tuple[str, ...] | None
    gives: tuple[str, ...] | None = None

    def __str__(self) -> str:
        """The entry of the surface."""
        text = f"if {' and '.join(self.when)}" if self.when else "always"
        if self.gives is not None:
            text = f"{text}, roles {', '.join(self.gives)}"
        if self.fields is None:
            return text
        return f"{text}, only {', '.join(self.fields) or 'no field'}"

    def covers(self, other: Way) -> bool:
        """Does this way allow all that the other does?"""
        fields = self.fields is None or (
            other.fields is not None and set(other.fields) <= set(self.fields)
        )
        gives = self.gives is None or (
            other.gives is not None and set(other.gives) <= set(self.gives)
        )
        return fields and gives and set(self.when) <= set(other.when)


def surface(design: Design) -> dict[str, dict[str, str | int]]:
    """The surface as sections of facts, plain data for JSON, sorted."""
    operations = [(each, entity) for entity in design.entities for each in entity.operations]
    added: dict[str, list[Fact]] = {}
    for feature in FEATURES:
        for section, fact in feature.facts(design):
            added.setdefault(section, []).append(fact)
    sections: dict[str, Iterable[Fact]] = {
        "access": (
            *(fact for each, _ in operations for fact in _access(each)),
            *((f"{each.operation.id} without a permission", each.who) for each in design.joins),
        ),
        "fields": (fact for entity in design.entities for fact in _fields(entity)),
        "identity": _identity(design),
        "operations": (
            *(fact for each, entity in operations for fact in _operation(each, entity)),
            *(fact for each in design.joins for fact in _join(each)),
        ),
        "resources": (fact for entity in design.entities for fact in _resource(entity)),
        "roles": (fact for role in design.roles for fact in _role(role)),
        "service": _service(design),
    }
    names = sorted(sections.keys() | added.keys())
    return {name: dict(sorted([*sections.get(name, ()), *added.get(name, ())])) for name in names}


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
    """A condition as the spec would say it: `status = draft`, `region not in $user.regions`."""
    left, right = term_text(condition.left), condition.right
    values = term_text(right) if isinstance(right, Term) else ", ".join(map(literal_text, right))
    no = "not " if condition.negated else ""
    match condition.operator:
        case "eq":
            return f"{left} {'!=' if condition.negated else '='} {values}"
        case "null":
            return f"{left} is {no}null"
        case "contains":
            return f"{left} {no}contains {values}"
        case "in":
            return f"{left} {no}in {values if isinstance(right, Term) else f'[{values}]'}"
    return f"{left} {SIGNS[condition.operator]} {values}"


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
    if isinstance(condition.right, Term) or condition.operator != "in":
        return condition
    values = tuple(sorted(set(condition.right), key=literal_text))
    return replace(condition, right=values, operator="in" if len(values) > 1 else "eq")


def _way(alternative: Alternative) -> Way:
    if not alternative.conditions:
        return Way((), (), alternative.fields, alternative.gives)
    texts = {condition_text(n): n for n in map(normal, alternative.conditions)}
    when = tuple(sorted(texts))
    return Way(when, tuple(texts[each] for each in when), alternative.fields, alternative.gives)


def _access(operation: Operation) -> Iterator[Fact]:
    for role, mine in ways(operation).items():
        yield f"{operation.permission} {role}", "; ".join(map(str, mine))


def _operation(operation: Operation, entity: Entity) -> Iterator[Fact]:
    name = f"{operation.permission}{' by POST' if operation.searches else ''}"
    yield name, f"{operation.method} {operation.path}"
    if operation.conditional:
        yield f"{name} if_match", "required"
    if operation.body:
        yield f"{name} body_max", operation.body_max
    if operation.verb == "export":
        yield f"{name} rows_max", operation.rows
    if operation.verb == "list" and not operation.searches:
        yield f"{name} page_default", entity.page_default
        yield f"{name} page_max", entity.page_max
    if operation.verb in ("list", "export") and not operation.searches:
        for column in entity.columns:
            if column.filters:
                yield f"{name} filter {column.name}", _set(column.filters) + _only(column)
            if column.sortable:
                yield f"{name} sort {column.name}", f"both ways{_only(column)}"
    if operation.verb in ("action", "effect"):
        for each in operation.input:
            yield f"{name} input {each.name}", f"{each.class_} {_value(each)}"
    if operation.secret:
        yield f"{name} tells", f"a new {operation.secret.name}, once"
    if operation.verb == "effect":
        yield f"{name} sets", _set(name for name, _ in operation.sets)
    if operation.verb == "action":
        yield f"{name} sets", _set(each.name for each in entity.set_by(operation)) or "nothing"
        for touch in operation.touches:
            written = touch.verb in ("create", "update")
            what = (_set(touch.fields) or "no field") if written else "whole rows"
            yield f"{name} touches {touch.entity} {touch.verb}", what


def _join(join: Join) -> Iterator[Fact]:
    operation = join.operation
    yield operation.id, f"{operation.method} {operation.path}"
    yield f"{operation.id} body_max", operation.body_max
    for each in operation.input:
        yield f"{operation.id} input {each.name}", f"{each.class_} {_value(each)}"


def _only(column: Column) -> str:
    return "" if column.in_url else ", by POST alone"


def _resource(entity: Entity) -> Iterator[Fact]:
    yield f"{entity.name} owner", entity.owner or "none"
    yield f"{entity.name} parent", entity.parent or "none"
    for fields in entity.unique:
        yield f"{entity.name} unique {_set(fields)}", "within the tenant"


def _fields(entity: Entity) -> Iterator[Fact]:
    covering = {
        "read": list(_alternatives(entity, "list", "read", "export")),
        "create": list(_alternatives(entity, "create")),
        "update": list(_alternatives(entity, "update")),
    }
    for column in entity.fields:
        name = f"{entity.name}.{column.name}"
        yield name, f"{column.class_} {_value(column)}"
        if column.unseen:
            yield f"{name} refers", "to any row of the tenant"
        possible = {
            "read": column.readable,
            "create": column.creatable,
            "update": column.updatable,
        }
        for verb, alternatives in covering.items():
            roles = {role for each in alternatives if each.covers(column) for role in each.roles}
            if possible[verb] and roles:
                yield f"{name} {verb}", _set(roles)


def _alternatives(entity: Entity, *verbs: str) -> Iterator[Alternative]:
    for operation in entity.operations:
        if operation.verb in verbs:
            yield from operation.alternatives


def _value(column: Column | Input) -> str:
    text = str(column.kind)
    if column.nullable:
        text += ", optional"
    if column.default is not None:
        text += f", default {json.dumps(column.default, sort_keys=True, default=str)}"
    return text


def _role(role: Role) -> Iterator[Fact]:
    yield f"{role.name} kind", role.kind
    yield f"{role.name} mfa", role.mfa or "none"
    if role.last:
        yield f"{role.name} last", "each tenant keeps a holder"
    for each in role.includes:
        if each != role.name:
            yield f"{role.name} includes {each}", "with every grant"


def _identity(design: Design) -> Iterator[Fact]:
    yield "tenant", design.tenant
    yield "tenant claim", design.tenant_claim
    for issuer in design.issuers:
        yield f"issuer {issuer.url} algorithms", _set(issuer.algorithms)
        yield f"issuer {issuer.url} audience", issuer.audience
        yield f"issuer {issuer.url} keys", issuer.jwks_url or f"as {issuer.metadata} says"
        if issuer.mapped:
            yield f"issuer {issuer.url} tenants", "those that its organizations map to"
        if issuer.jwks_origin:
            yield f"issuer {issuer.url} keys also at", issuer.jwks_origin
        yield f"issuer {issuer.url} lifetime", issuer.lifetime
        yield f"issuer {issuer.url} phishing-resistant", _set(issuer.strong)
        yield f"issuer {issuer.url} RSA bits", issuer.rsa_bits
        if issuer.permission_scopes:
            yield f"issuer {issuer.url} permissions", "in the scope"
        yield f"issuer {issuer.url} scopes", _set(issuer.scopes) or "none"
        yield f"issuer {issuer.url} second factors", _set(issuer.factors)
        if issuer.environments:
            yield f"issuer {issuer.url} trusted in", _set(issuer.environments)
        if issuer.rules != RFC9068:
            for name, value in _tokens(issuer.rules):
                yield f"issuer {issuer.url} {name}", value
    for prefix, attributes in (
        ("$tenant", design.tenant_attributes),
        ("$user", design.user_attributes),
    ):
        for each in attributes:
            many = "list of " if each.many else ""
            yield f"{prefix}.{each.name}", f"{many}{each.kind}"


def _tokens(rules: TokenRules) -> Iterator[Fact]:
    """How the tokens of an issuer are read that are not those of RFC 9068."""
    yield "audience claim", rules.audience
    yield "client claims", _set(rules.client) or "none"
    yield "refused claims", _set(rules.refused) or "none"
    yield "required claims", _required(rules) or "none"
    yield "required claims of people", _set(rules.of_people) or "none"
    yield "scope claim", rules.scope
    yield "service tokens", _told_apart(rules)
    yield "sign-in claims", _set(rules.methods)
    yield "tenant claim", ".".join(rules.tenant) or "that of the service"
    yield "token types", _set(each or "none" for each in rules.types)


def _required(rules: TokenRules) -> str:
    return _set(
        f"{name} = {' or '.join(values)}" if values else name
        for name, values in rules.required.items()
    )


def _told_apart(rules: TokenRules) -> str:
    if not rules.tells_services:
        return "are told apart by nothing"
    if rules.service_claim:
        value = f" = {rules.service_value}" if rules.service_value else ""
        return f"have {rules.service_claim}{value}"
    return f"have the client{rules.service_suffix and ' and ' + rules.service_suffix} as subject"


def _service(design: Design) -> Iterator[Fact]:
    yield "name", design.name
    for each in design.environments:
        yield f"environment {each}", "declared"


def _set(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
