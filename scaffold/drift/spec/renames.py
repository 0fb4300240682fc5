"""What is called otherwise now: by the spec's own word, or because it looks the same.

A resource that goes while one comes that looks like it is compared with it, so that a rename does
not hide a wider grant. `scaffold generate` asks about the same pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

from scaffold.design.model import Attribute, Column, Design, Entity
from scaffold.drift.spec.state import Renames
from scaffold.spec.model import Spec


def renames(old: Spec, before: Design, new: Spec, after: Design) -> Renames:
    """The names that changed, of resources and of columns, and of the tenant."""
    entities: dict[str, str] = {}
    former = {each.name: each for each in before.declared if each.name not in new.resources}
    for each in after.declared:
        if each.name in old.resources:
            continue
        if each.renamed_from in former:
            entities[each.renamed_from] = each.name
        else:
            alike = [name for name, one in former.items() if _alike(one, each)]
            for name in alike[:1]:
                entities.setdefault(name, each.name)
    columns: dict[str, dict[str, str]] = {}
    for each in before.declared:
        name = entities.get(each.name, each.name)
        now = next((e for e in after.declared if e.name == name), None)
        if now is not None and (found := _called(each.fields, now.fields)):
            columns[each.name] = found
    if before.tenant != after.tenant:  # there is one kind of them, whatever it is called
        entities[before.tenant] = after.tenant
    attributes = _called(before.tenant_attributes, after.tenant_attributes)
    if attributes:  # they are columns of it, and what is said of a new one
        founding = (each.operation.id for each in before.joins if each.founding)
        columns |= dict.fromkeys((before.tenant, *founding), attributes)
    return Renames(entities, columns, attributes)


def _called(
    before: Sequence[Attribute | Column], after: Sequence[Attribute | Column]
) -> dict[str, str]:
    """What columns, or attributes of a tenant, are called now, by their names before."""
    known, there = ({each.name for each in some} for some in (before, after))
    return {
        each.renamed_from: each.name
        for each in after
        if each.renamed_from in known - there and each.name not in known
    }


def _alike(one: Entity, other: Entity) -> bool:
    mine, theirs = ({(c.name, c.kind.sql) for c in e.fields} for e in (one, other))
    return len(mine & theirs) * 2 > max(len(mine), len(theirs))
