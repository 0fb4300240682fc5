"""What a spec says of the names and values of before: `renamed_from`, and how to backfill."""

from __future__ import annotations

from collections.abc import Iterable

from scaffold.database.sql import identifier
from scaffold.design.model import Column, Design, Entity
from scaffold.history.difference import Backfill, Intent


def intent(design: Design, added: Iterable[str] = ()) -> Intent:
    """The intent of a design; `added` are what is new although something like it is gone."""
    tables: dict[str, str] = {}
    columns: dict[tuple[str, str], str] = {}
    backfills: dict[tuple[str, str], Backfill] = {}
    tenant = identifier(design.tenant)
    if design.tenant_renamed_from:
        tables[tenant] = identifier(design.tenant_renamed_from)
    for attribute in design.tenant_attributes:
        if attribute.renamed_from:
            columns[tenant, identifier(attribute.name)] = identifier(attribute.renamed_from)
    for entity in design.declared:
        table = identifier(entity.name)
        if entity.renamed_from:
            tables[table] = identifier(entity.renamed_from)
        for column in entity.columns:
            key = (table, identifier(column.name))
            if column.renamed_from:
                columns[key] = identifier(column.renamed_from)
            if fill := _backfill(entity, column):
                backfills[key] = fill
    return Intent(tables, columns, backfills, frozenset(added))


def _backfill(entity: Entity, column: Column) -> Backfill | None:
    if column.backfill_from:
        source = next(each for each in entity.columns if each.field == column.backfill_from)
        return Backfill(column=identifier(source.name))
    if column.backfill_hook:
        return Backfill(hook=f"hooks.{entity.name}:{column.backfill_hook}")
    if column.backfill is not None:
        return Backfill(literal=column.kind.default(column.backfill))
    return None
