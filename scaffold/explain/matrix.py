"""The access matrix: operations by roles, each with the ways in which it is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scaffold.design.model import Design, Entity, Join, Operation, Role
from scaffold.design.surface import Way, ways
from scaffold.explain.words import Words
from scaffold.features import FEATURES
from scaffold.spec.names import suggestion
from scaffold.spec.problems import quote


@dataclass(frozen=True, slots=True)
class Row:
    """An operation with the ways in which each role is allowed it; a role that is not, is not
    in `ways`."""

    operation: Operation
    ways: Mapping[str, tuple[Way, ...]]


@dataclass(frozen=True, slots=True)
class Section:
    """The operations of one resource, and the roles that may do one of them."""

    entity: Entity
    roles: tuple[Role, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The matrix of a service, or the part of it that was asked for.

    `joins` are the operations that no role is granted, because they make somebody a member, or
    because a signature lets in whoever calls them.
    """

    title: str
    roles: tuple[Role, ...]
    sections: tuple[Section, ...]
    words: Words
    joins: tuple[Join, ...] = ()

    @property
    def rows(self) -> Iterator[Row]:
        """Every row, in the order of the spec."""
        for section in self.sections:
            yield from section.rows

    @property
    def narrow(self) -> bool:
        """Is there only one role, or one operation, so that words fit into the cells?"""
        return len(self.roles) == 1 or sum(1 for _ in self.rows) == 1


def matrix(design: Design, role: str | None = None, operation: str | None = None) -> Matrix:
    """The part of the matrix for one role, one operation (by id or permission), or all of it.

    Raises:
        ValueError: there is no such role or operation; the message names the nearest.
    """
    roles = [each for each in design.roles if role in (None, each.name)]
    if not roles:
        raise _unknown("role", role, [each.name for each in design.roles])
    wanted = {e.id for e in design.operations if operation in (None, e.id, e.permission)}
    signed = (join for feature in FEATURES for join in feature.signed(design))
    exceptions = (*design.joins, *signed)
    joins = [each for each in exceptions if operation in (None, each.operation.id)]
    if not wanted and not joins:
        known = [name for each in design.operations for name in (each.id, each.permission)]
        known += [each.operation.id for each in exceptions]
        raise _unknown("operation", operation, known)
    names = {each.name for each in roles}
    sections = []
    for entity in design.entities:
        rows = [
            Row(each, {name: found for name, found in ways(each).items() if name in names})
            for each in entity.operations
            if each.id in wanted
        ]
        kept = tuple(row for row in rows if row.ways or operation is not None)
        if kept:
            involved = {name for row in kept for name in row.ways}
            mine = tuple(each for each in roles if each.name in involved)
            sections.append(Section(entity, mine, kept))
    shown = tuple(each for each in roles if role or any(each in s.roles for s in sections))
    kept_joins = () if role else tuple(joins)
    return Matrix(design.title, shown, tuple(sections), Words(design.tenant), kept_joins)


def _unknown(what: str, name: str | None, known: list[str]) -> ValueError:
    hint = suggestion(name or "", known)
    return ValueError(f"There is no {what} called {quote(name)}. {hint}".strip())
