"""Rules about conditions: both sides exist and are of types that can be compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from scaffold.types.kind import values

from .built_in import exports
from .conditions import ENVIRONMENT, ORDERS, Constant
from .field_base import Comparison
from .findings import Finding, Scope, unknown
from .model import (
    Attribute,
    CommonField,
    Condition,
    EnumField,
    Grant,
    TenantAttribute,
    Term,
    UuidField,
)
from .problems import Path, Refusal, quote

Kind = Comparison | Literal["owner"]

_COMPARABLE: dict[Kind, frozenset[Kind]] = {
    "text": frozenset({"text"}),
    "boolean": frozenset({"boolean"}),
    "integer": frozenset({"integer"}),
    # A claim names a row by the text of its UUID.
    "id": frozenset({"text"}),
    "owner": frozenset({"owner"}),
    "decimal": frozenset({"integer"}),
    "money": frozenset({"integer"}),
    "duration": frozenset(),
    "date": frozenset({"date"}),
    "datetime": frozenset(),
}
"""What may stand right of what."""
_NOUNS: dict[Kind, str] = {
    "text": "text",
    "boolean": "a boolean",
    "integer": "an integer",
    "decimal": "a decimal number",
    "money": "an amount",
    "duration": "a duration",
    "date": "a date",
    "datetime": "a moment",
}
_LISTED: frozenset[Kind | None] = frozenset({"text", "id", "integer"})
"""What a list is asked for: values with one spelling, by which JSON compares them."""

_TYPES = (
    "enum, string, boolean, integer, decimal, money, duration, date, datetime, uuid, reference, "
    "the owner or the parent"
)
_ORDERED = "Only integers, decimals, amounts, durations, dates and moments have an order."
_OWNER = Term("user", "id")
_SECTIONS = {
    "user": "identity",
    "tenant": "tenancy",
    "environment": "service",
    "field": "resources",
}
"""Where what a term names is declared."""


@dataclass(frozen=True, slots=True)
class _Operand:
    """One side of a condition. `field` says which values it can have."""

    kind: Kind
    field: CommonField
    many: bool = False

    def meets(self, other: "_Operand") -> bool:
        """Is there a value that both can have? As far as one is easily found."""
        one, another = self.field.kind(), other.field.kind()
        found = (*values(one), *values(another))
        return any(one.accepts(each) and another.accepts(each) for each in found)


def check_conditions(scope: Scope, path: Path, role: str, grant: Grant) -> Iterator[Finding]:
    """What is wrong with the conditions of a grant."""
    for condition in grant.when:
        at = (*path, "when", str(condition.left))
        terms = [term for term in (condition.left, condition.right) if isinstance(term, Term)]
        if any(scope.is_broken(_SECTIONS[term.kind]) for term in terms):
            continue
        missing = [found for term in terms if (found := _missing(scope, at, term))]
        yield from missing
        if not missing:
            yield from _check(scope, at, role, grant, condition)


def _missing(scope: Scope, at: Path, term: Term) -> Finding | None:
    """What is wrong when a term names an attribute that is not declared."""
    if term.kind not in ("user", "tenant") or term == _OWNER:
        return None
    attributes = (
        scope.spec.identity.attributes if term.kind == "user" else scope.spec.tenancy.attributes
    )
    if term.name in attributes:
        return None
    what = f"attribute of the {term.kind} called"
    known = tuple(attributes) + (("id",) if term.kind == "user" else ())
    return unknown("E-UNKNOWN-ATTRIBUTE", what, term.name, at, known, named=True)


def _check(
    scope: Scope, at: Path, role: str, grant: Grant, condition: Condition
) -> Iterator[Finding]:
    sides = (condition.left, condition.right)
    if scope.spec.roles[role].kind == "service" and any(
        isinstance(term, Term) and term.kind == "user" for term in sides
    ):
        yield Finding(
            "E-CONDITION",
            "A condition of a service role cannot use $user",
            at,
            f"Use an attribute of the tenant, or {ENVIRONMENT}.",
            named=True,
        )
    elif condition.left.kind != "field":
        yield from _compare(scope, at, _of_term(scope, condition.left), condition)
    else:
        for name, resource in scope.granted(grant):
            yield from _check_field(scope, at, name, condition)
            for operation in grant.do:
                action = resource.actions.get(operation)
                rows = action is None or action.on == "item" or exports(name, operation)
                if not rows:
                    yield Finding(
                        "E-CONDITION",
                        f"{operation} is not about one {name}, so a condition cannot use a field",
                        at,
                        f"Grant it separately; compare the tenant, the user or {ENVIRONMENT}.",
                        named=True,
                    )


def _check_field(scope: Scope, at: Path, name: str, condition: Condition) -> Iterator[Finding]:
    field = condition.left.name
    known = scope.fields(name)
    if field not in known:
        if not scope.unsure(name):
            what = f"field of {name} called"
            yield unknown("E-UNKNOWN-FIELD", what, field, at, known, named=True)
        return
    if scope.is_broken("resources", name, "fields", field):
        return
    resource = scope.served[name]
    kind = resource.fields.get(field)
    if condition.operator == "null":
        yield from _check_null(at, field, kind, condition)
        return
    if condition.operator == "contains":
        yield from _check_contains(scope, at, kind, condition)
        return
    left = _of_field(kind) if kind is not None else _built_in(field == resource.owner)
    if left is not None:
        yield from _compare(scope, at, left, condition)
    elif kind is not None:
        holds = kind.item is not kind and kind.item.COMPARES in _LISTED
        yield Finding(
            "E-CONDITION",
            f"A condition cannot use {quote(field)}, which is of type {kind.type}",
            at,
            f"Write {{{field}: {{contains: value}}}}." if holds else f"It can use {_TYPES}.",
            named=True,
        )


def _check_null(
    at: Path, name: str, field: CommonField | None, condition: Condition
) -> Iterator[Finding]:
    if field is not None and field.inner:
        message = f"A condition cannot use {quote(name)}, which is of type {field.type}"
        hint = f"Null can be {_TYPES}, a text or a list."
    elif field is None or not (field.optional or field.computed):
        message = f"{name} is never null"
        hint = "Make the field optional, or remove the condition."
    else:
        return
    yield Finding("E-CONDITION", message, (*at, *condition.keys), hint)


def _check_contains(
    scope: Scope, at: Path, field: CommonField | None, condition: Condition
) -> Iterator[Finding]:
    at = (*at, *condition.keys)
    name = condition.left.name
    if field is None or field.item is field:
        what = f"{name} is no list, so that it contains nothing"
        yield Finding("E-CONDITION", what, at, f"Write {{{name}: value}}.", named=True)
    elif (kind := field.item.COMPARES) is None or kind not in _LISTED:
        yield Finding(
            "E-CONDITION",
            f"{name} is a list of type {field.item.type}, which cannot be asked for one value",
            at,
            "A list of enum, string, integer or uuid can.",
            named=True,
        )
    else:
        item = _Operand(kind, field.item)
        if item.kind == "id" and condition.right == _OWNER:
            return
        yield from _sides(scope, at, item, condition)


def _of_field(field: CommonField) -> _Operand | None:
    if field.of_member:
        return _built_in(is_owner=True)
    return _Operand(field.COMPARES, field) if field.COMPARES else None


def _built_in(is_owner: bool) -> _Operand:
    return _Operand("owner" if is_owner else "id", UuidField(type="uuid"))


def _of_term(scope: Scope, term: Term) -> _Operand:
    """The operand of a declared term that is not a field."""
    if term == _OWNER:
        return _built_in(is_owner=True)
    if term.kind == "environment":
        return _Operand("text", EnumField(type="enum", values=scope.spec.service.environments))
    if term.kind == "user":
        return _of_attribute(scope.spec.identity.attributes[term.name])
    return _of_attribute(scope.spec.tenancy.attributes[term.name])


def _of_attribute(attribute: Attribute | TenantAttribute) -> _Operand:
    field = attribute.field
    assert field.COMPARES is not None, "conditions are what attributes are for"
    return _Operand(field.COMPARES, field, attribute.list)


def _compare(scope: Scope, at: Path, left: _Operand, condition: Condition) -> Iterator[Finding]:
    if left.many:
        yield Finding(
            "E-CONDITION",
            f"{condition.left} is a list",
            at,
            f"Write the list on the right: {{region: {{in: {condition.left}}}}}.",
            named=True,
        )
        return
    at = (*at, *condition.keys)
    if condition.operator == "null":
        yield Finding(
            "E-CONDITION",
            f"{condition.left} cannot be compared with null",
            at,
            "Whatever is compared with an attribute that is absent is refused.",
        )
    elif condition.operator == "contains":
        what = f"{condition.left} is no list, so that it contains nothing"
        hint = f"Write {{{condition.left}: value}}."
        yield Finding("E-CONDITION", what, at, hint, named=True)
    elif condition.operator in ORDERS and (left.kind == "owner" or not left.field.ordered):
        what = f"One {condition.left} is not less than another"
        yield Finding("E-CONDITION", what, at, _ORDERED, named=True)
    else:
        yield from _sides(scope, at, left, condition)


def _sides(scope: Scope, at: Path, left: _Operand, condition: Condition) -> Iterator[Finding]:
    """What is wrong with the right side, at `at`, for what is on the left."""
    if isinstance(condition.right, Term):
        if wrong := _mismatch(left, _of_term(scope, condition.right), condition):
            yield Finding("E-CONDITION", wrong[0], at, wrong[1])
        return
    for index, literal in enumerate(condition.right):
        try:
            _check_literal(left, literal)
        except Refusal as refusal:
            where = (*at, index) if condition.operator == "in" else at
            yield Finding(refusal.code, refusal.message, where, refusal.hint)


def _mismatch(left: _Operand, right: _Operand, condition: Condition) -> tuple[str, str] | None:
    """The message and hint when two terms can never be compared or equal."""
    key, value = str(condition.left), str(condition.right)
    if condition.operator == "in" and not right.many:
        return f"{value} is one value, not a list", f"Write {{{key}: {value}}}."
    if condition.operator == "eq" and right.many:
        return f"{value} is a list", f"Write {{{key}: {{in: {value}}}}}."
    if condition.operator != "in" and right.many:
        return f"{value} is a list", "Compare with an attribute that is one value."
    if right.kind not in _COMPARABLE[left.kind]:
        if condition.operator == "contains" and "owner" in (left.kind, right.kind):
            return f"{key} cannot contain {value}", "Only a list of uuid can contain $user.id."
        if "owner" in (left.kind, right.kind):
            return (
                f"{key} cannot equal {value}",
                "Only a field that names a member, such as the owner, can equal $user.id.",
            )
        return (
            f"{key} holds {_noun(left)} and {value} {_noun(right)}",
            "Compare values of the same type.",
        )
    if condition.negated and left.kind == "id":
        return (
            f"{value} may name the same row in another spelling, so that not would not exclude it",
            "Compare without not, or compare a text of the row.",
        )
    if condition.operator in ORDERS or left.kind == "decimal":
        return None
    if not left.meets(right):
        return f"{key} and {value} have no value in common", "Give both the same values."
    return None


def _noun(operand: _Operand) -> str:
    return _NOUNS.get(operand.kind, "an id")


def _check_literal(left: _Operand, literal: Constant) -> None:
    if left.kind == "owner":
        raise Refusal(
            "E-CONDITION", "A member can be compared with the user only", "Write $user.id."
        )
    left.field.check_compared(literal)
