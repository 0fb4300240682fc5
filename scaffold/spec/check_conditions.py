"""Rules about conditions: both sides exist and are of types that can be equal."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .fields import check_uuid
from .findings import Finding, Scope, unknown
from .model import (
    Attribute,
    BooleanField,
    Condition,
    EnumField,
    Field,
    Grant,
    IntegerField,
    ReferenceField,
    Resource,
    StringField,
    Term,
    UuidField,
)
from .names import suggestion
from .problems import Path, Refusal, quote

Kind = Literal["text", "enum", "boolean", "integer", "id", "owner"]

_COMPARABLE: dict[Kind, frozenset[Kind]] = {
    "text": frozenset({"text", "enum"}),
    "enum": frozenset({"text", "enum"}),
    "boolean": frozenset({"boolean"}),
    "integer": frozenset({"integer"}),
    "id": frozenset({"text"}),
    "owner": frozenset({"owner"}),
}
"""What may stand right of what. A claim names a row by the text of its UUID."""

_TYPES = "enum, string, boolean, integer, uuid, reference, the owner or the parent"


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a condition: its kind, whether it is a list, and its values if they are known."""

    kind: Kind
    many: bool = False
    values: tuple[str, ...] = ()
    field: Field | None = None
    attribute: Attribute | None = None


def check_conditions(scope: Scope, path: Path, role: str, grant: Grant) -> Iterator[Finding]:
    """Yield what is wrong with the conditions of a grant."""
    service = scope.spec.roles[role].kind == "service"
    for condition in grant.when:
        at = (*path, "when", str(condition.left))
        if service and any(
            isinstance(term, Term) and term.kind == "user"
            for term in (condition.left, condition.right)
        ):
            yield Finding(
                "E-CONDITION",
                "A service role has no user to compare with",
                at,
                "Use $tenant or $service.environment.",
                named=True,
            )
        elif condition.left.kind == "field":
            for name, resource in scope.granted(grant):
                yield from _check_field(scope, at, name, resource, condition)
        else:
            left = yield from _term(scope, at, condition.left, named=True)
            if left is not None and left.many:
                yield Finding(
                    "E-CONDITION",
                    f"{condition.left} is a list",
                    at,
                    "A list stands on the right: {field: {in: " + str(condition.left) + "}}.",
                    named=True,
                )
            elif left is not None:
                yield from _check(scope, at, left, condition)


def _check_field(
    scope: Scope, at: Path, name: str, resource: Resource, condition: Condition
) -> Iterator[Finding]:
    field = condition.left.name
    if field not in scope.fields(name):
        if not scope.unsure(name):
            what = f"field of {name} called"
            finding = unknown("E-UNKNOWN-FIELD", what, field, at, scope.fields(name))
            yield Finding(
                finding.code, finding.message, at, named=True, unknown=field, known=finding.known
            )
        return
    kind = resource.fields.get(field)
    if kind is None and scope.is_broken("resources", name, "fields", field):
        return
    left = _of_field(resource, field, kind)
    if left is None:
        yield Finding(
            "E-CONDITION",
            f"A condition cannot use {quote(field)}, which is of type {kind.type if kind else ''}",
            at,
            f"It can use {_TYPES}.",
            named=True,
        )
        return
    yield from _check(scope, at, left, condition)


def _of_field(resource: Resource, name: str, field: Field | None) -> Operand | None:
    match field:
        case StringField():
            return Operand("text", field=field)
        case EnumField():
            return Operand("enum", values=field.values, field=field)
        case BooleanField():
            return Operand("boolean", field=field)
        case IntegerField():
            return Operand("integer", field=field)
        case UuidField() | ReferenceField():
            return Operand("id")
        case None:
            return Operand("owner" if name == resource.owner else "id")
    return None


def _term(
    scope: Scope, at: Path, term: Term, named: bool = False
) -> "Iterator[Finding]": ...
