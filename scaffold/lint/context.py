"""What the rules look things up in: the spec, the design, and each grant taken apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from scaffold.design.model import Alternative, Column, Design, Entity, Operation, Role
from scaffold.lint.logic import Values, implies
from scaffold.spec.built_in import meant
from scaffold.spec.model import Condition, Grant, Spec, Term
from scaffold.spec.problems import Path
from scaffold.types.kind import Kind

WITH_FIELDS = ("list", "read", "create", "update")


@dataclass(frozen=True, slots=True)
class Granted:
    """One operation on one resource, as one grant allows it.

    `path` leads to the grant; `role` is the role that declares it. `fields` are the fields of the
    resource that it covers, by the names of the spec; None covers every one. `when` are the
    conditions, with literals as the logic of conditions compares them. `word` is what the grant
    calls the operation, which may be a word of another resource.
    """

    path: Path
    role: str
    do: str
    entity: Entity
    grant: Grant
    fields: frozenset[str] | None
    when: tuple[Condition, ...]
    word: str

    @property
    def what(self) -> str:
        """The operation in words: `create invoice_line`."""
        return f"{self.do} {self.entity.name}"

    def covers(self, other: Granted) -> bool:
        """Does this grant certainly allow its role all that the other allows?"""
        fields = self.fields is None or (other.fields is not None and other.fields <= self.fields)
        return fields and implies(other.when, self.when)


class Context:
    """A spec, and the design that it means."""

    def __init__(self, design: Design, spec: Spec) -> None:
        self.design = design
        self.spec = spec

    @cached_property
    def entities(self) -> Mapping[str, Entity]:
        """The resources by name."""
        return {each.name: each for each in self.design.entities}

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """The roles by name."""
        return {each.name: each for each in self.design.roles}

    @cached_property
    def granted(self) -> tuple[Granted, ...]:
        """Every grant, operation by operation and resource by resource, in the spec's order."""
        return tuple(self._granted())

    @cached_property
    def by_operation(self) -> Mapping[tuple[str, str, str], tuple[Granted, ...]]:
        """What is granted by the role that declares it, the resource and the operation."""
        found: dict[tuple[str, str, str], list[Granted]] = {}
        for each in self.granted:
            found.setdefault((each.role, each.entity.name, each.do), []).append(each)
        return {key: tuple(each) for key, each in found.items()}

    def held(self, role: str, entity: str, do: str) -> Iterator[Granted]:
        """The grants of one operation that a role has, those of the roles it extends included."""
        for each in self.roles[role].includes:
            yield from self.by_operation.get((each, entity, do), ())

    def values(self, entity: Entity, term: Term) -> Values | None:
        """The values that a term of a condition can have, where they are few; None among them is
        null."""
        if term.kind == "environment":
            return frozenset(self.design.environments)
        kind = self.kind(entity, term)
        if kind is None or not kind.choices:
            return None
        nullable = term.kind == "field" and self._column(entity, term).nullable
        return frozenset([*kind.choices, *([None] if nullable else [])])

    def kind(self, entity: Entity, term: Term) -> Kind | None:
        """The type of a term; None of the caller's own id and of the environment."""
        if term.kind == "field":
            return self._column(entity, term).kind
        known = {"tenant": self.design.tenant_attributes, "user": self.design.user_attributes}
        return next((a.kind for a in known.get(term.kind, ()) if a.name == term.name), None)

    def _column(self, entity: Entity, term: Term) -> Column:
        return next(each for each in entity.columns if each.field == term.name)

    def _compared(self, entity: Entity, condition: Condition) -> Condition:
        kind = self.kind(entity, condition.left)
        kind = kind.held or kind if kind else None
        if kind is None or isinstance(condition.right, Term):
            return condition
        values = tuple(kind.rank(kind.compared(each)) for each in condition.right)
        return replace(condition, right=values)

    def _granted(self) -> Iterator[Granted]:
        for role, source in self.spec.roles.items():
            for index, grant in enumerate(source.can):
                for resource in grant.on:
                    for word in grant.do:
                        name, do = meant(resource, word)
                        entity = self.entities[name]
                        when = tuple(self._compared(entity, each) for each in grant.when)
                        fields = _covered(entity, do, grant)
                        path = ("roles", role, "can", index)
                        yield Granted(path, role, do, entity, grant, fields, when, word)


def at(entity: Entity | str, *path: str | int) -> Path:
    """The path of a part of a resource."""
    return ("resources", entity if isinstance(entity, str) else entity.name, *path)


def usable(entity: Entity, do: str) -> list[Column]:
    """The columns that an operation with fields can see or write."""
    match do:
        case "create":
            return [each for each in entity.fields if each.creatable]
        case "update":
            return [each for each in entity.fields if each.updatable]
    return [each for each in entity.fields if each.readable]


def holders(alternatives: Collection[Alternative]) -> frozenset[str]:
    """The roles that some alternative names."""
    return frozenset(role for each in alternatives for role in each.roles)


def unconditional(operation: Operation | None) -> frozenset[str]:
    """The roles that may do an operation on every row."""
    found = operation.alternatives if operation else ()
    return holders([each for each in found if not each.conditions])


def seeing(entity: Entity) -> frozenset[str]:
    """The roles that may list or read a resource."""
    found = [each for each in entity.operations if each.sees]
    return holders([alternative for each in found for alternative in each.alternatives])


def _covered(entity: Entity, do: str, grant: Grant) -> frozenset[str] | None:
    exports = any(each.action == do for each in entity.exports)
    if (do not in WITH_FIELDS and not exports) or (grant.only is None and grant.except_ is None):
        return None
    fields = frozenset(each.field for each in usable(entity, do))
    named = frozenset(grant.only if grant.only is not None else grant.except_ or ())
    kept = fields & named if grant.only is not None else fields - named
    return None if kept == fields else kept
