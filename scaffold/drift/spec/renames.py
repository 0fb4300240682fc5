"""What is called otherwise now: by the spec's own word, or because it looks the same.

A resource that goes while one comes that looks like it is compared with it, so that a rename does
not hide a wider grant. `scaffold generate` asks about the same pairs.
"""

from __future__ import annotations

from scaffold.design.model import Design, Entity
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
        if now is not None and (found := _columns(each, now)):
            columns[each.name] = found
    if before.tenant != after.tenant:  # there is one kind of them, whatever it is called
        entities[before.tenant] = after.tenant
    attributes = _attributes(before, after)
    if attributes:  # they are columns of it, and what is said of a new one
        founding = (each.operation.id for each in before.joins if each.founding)
        columns |= dict.fromkeys((before.tenant, *founding), attributes)
    return Renames(entities, columns, attributes)


def _attributes(before: Design, after: Design) -> dict[str, str]:
    """The attributes of a tenant."""
    known = {each.name for each in before.tenant_attributes}
    there = {each.name for each in after.tenant_attributes}
    return {
        each.renamed_from: each.name
        for each in after.tenant_attributes
        if each.renamed_from in known - there and each.name not in known
    }


def _columns(before: Entity, after: Entity) -> dict[str, str]:
    known = {each.name for each in before.fields}
    there = {each.name for each in after.fields}
    return {
        each.renamed_from: each.name
        for each in after.fields
        if each.renamed_from in known - there and each.name not in known
    }


def _alike(one: Entity, other: Entity) -> bool:
    mine, theirs = ({(c.name, c.kind.sql) for c in e.fields} for e in (one, other))
    return len(mine & theirs) * 2 > max(len(mine), len(theirs))
