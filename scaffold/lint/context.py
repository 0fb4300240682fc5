"""What the rules look things up in: the spec, the design, and each grant taken apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from scaffold.design.model import Alternative, Column, Design, Entity, Operation, Role
from scaffold.lint.logic import Values, implies
from scaffold.spec.built_in import meant
from scaffold.spec.model import Grant, Spec, Term
from scaffold.spec.problems import Path

WITH_FIELDS = ("list", "read", "create", "update")


@dataclass(frozen=True, slots=True)
class Granted:
    """One operation on one resource, as one grant allows it.

    `path` leads to the grant; `role` is the role that declares it. `fields` are the fields of the
    resource that it covers, by the names of the spec; None covers every one. `word` is what the
    grant calls the operation, which may be a word of another resource.
    """

    path: Path
    role: str
    do: str
    entity: Entity
    grant: Grant
    fields: frozenset[str] | None
    word: str

    @property
    def what(self) -> str:
        """The operation in words: `create invoice_line`."""
        return f"{self.do} {self.entity.name}"

    def covers(self, other: Granted) -> bool:
        """Does this grant certainly allow its role all that the other allows?"""
        fields = self.fields is None or (other.fields is not None and other.fields <= self.fields)
        return fields and implies(other.grant.when, self.grant.when)


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
        """The values that a term of a condition can have, where they are few."""
        match term.kind:
            case "environment":
                return frozenset(self.design.environments)
            case "field":
                kind = next(each.kind for each in entity.columns if each.field == term.name)
            case "tenant":
                kind = next(a.kind for a in self.design.tenant_attributes if a.name == term.name)
            case _:
                kinds = (a.kind for a in self.design.user_attributes if a.name == term.name)
                found = next(kinds, None)
                if found is None:
                    return None
                kind = found
        return frozenset(kind.choices) or None

    def _granted(self) -> Iterator[Granted]:
        for role, source in self.spec.roles.items():
            for index, grant in enumerate(source.can):
                for resource in grant.on:
                    for word in grant.do:
                        name, do = meant(resource, word)
                        entity = self.entities[name]
                        fields = _covered(entity, do, grant)
                        path = ("roles", role, "can", index)
                        yield Granted(path, role, do, entity, grant, fields, word)


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
    found = [each for each in entity.operations if each.verb in ("list", "read")]
    return holders([alternative for each in found for alternative in each.alternatives])


def _covered(entity: Entity, do: str, grant: Grant) -> frozenset[str] | None:
    if do not in WITH_FIELDS or (grant.only is None and grant.except_ is None):
        return None
    fields = frozenset(each.field for each in usable(entity, do))
    named = frozenset(grant.only if grant.only is not None else grant.except_ or ())
    kept = fields & named if grant.only is not None else fields - named
    return None if kept == fields else kept
