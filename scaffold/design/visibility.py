"""Who sees which field: the columns that everybody allowed sees, and the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from scaffold.design.model import Alternative, Column, Design, Entity, Operation


def split(entity: Entity, alternatives: Sequence[Alternative]) -> tuple[list[Column], list[Column]]:
    """The readable columns that every alternative covers, and the other readable ones."""
    open_: list[Column] = []
    restricted: list[Column] = []
    some = [each for each in alternatives if each.fields is not None]
    for column in entity.columns:
        if column.readable:
            everywhere = all(each.covers(column) for each in some)
            (open_ if everywhere else restricted).append(column)
    return open_, restricted


def seers(column: Column, alternatives: Sequence[Alternative]) -> tuple[Alternative, ...]:
    """The alternatives that cover this column."""
    return tuple(each for each in alternatives if each.covers(column))


def readers(entity: Entity) -> tuple[Alternative, ...]:
    """Every way of seeing a row of this resource."""
    return tuple(
        alternative for each in entity.operations if each.sees for alternative in each.alternatives
    )


def always_readers(entity: Entity) -> frozenset[str]:
    """The roles that may read every row of this resource."""
    read = entity.operation("read")
    found = read.alternatives if read else ()
    return frozenset(role for each in found if not each.conditions for role in each.roles)


def asked(column: Column, operation: Operation, target: Entity) -> bool:
    """Has a write of this reference to ask whether its caller may see what they refer to?

    Not where everybody who may write it sees every row there, and not where the spec says that
    they need not.
    """
    return not column.unseen and not writers(column, operation) <= frozenset(
        role for each in readers(target) if not each.conditions for role in each.roles
    )


def writers(column: Column, operation: Operation) -> frozenset[str]:
    """The roles that may write a column by a create or an update."""
    written = {"create": column.creatable, "update": column.updatable}.get(operation.verb, False)
    found = seers(column, operation.alternatives) if written else ()
    return frozenset(role for each in found for role in each.roles)


def referring(design: Design) -> Iterator[tuple[Operation, Column]]:
    """The writes of references that have to ask, with the references."""
    for entity in design.entities:
        for operation in entity.operations:
            for column in entity.columns:
                if column.references and asked(column, operation, design.entity(column.references)):
                    yield operation, column


def may_be_absent(entity: Entity) -> frozenset[str]:
    """The fields that an answer about this resource may leave out, for somebody.

    A write by a role that may not read the row answers with the columns of every writer only.
    """
    writers = {
        role
        for each in entity.operations
        if each.verb in ("create", "update", "action", "effect") and each.status != 204
        for role in each.roles
    }
    if not writers <= always_readers(entity):
        return frozenset(each.name for each in entity.columns if each.shown_to != "writers")
    return frozenset(
        column.name
        for each in entity.operations
        if each.sees
        for column in split(entity, each.alternatives)[1]
    )


def answers_differ(entity: Entity, operations: Iterable[Operation]) -> bool:
    """May an answer of these operations about one row leave out more for one caller than for
    another? Not where nobody reads rows: each writer is then told the same few fields."""
    read = entity.operation("read")
    if read is None:
        return False
    roles = {role for each in operations for role in each.roles}
    certain = [each for each in read.alternatives if not each.conditions]
    return any(
        not roles <= {role for each in seers(column, certain) for role in each.roles}
        for column in entity.columns
        if column.readable
    )


def patches_objects(entity: Entity) -> bool:
    """Can a merge patch of this resource reach into an object?"""
    return entity.operation("update") is not None and any(
        each.updatable and each.kind.merged for each in entity.columns
    )
