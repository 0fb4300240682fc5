"""The stored functions: one call, hence one round trip, for each operation.

The functions of a release lie in a schema of their own, so that two releases run side by side and
`drop schema` removes one. A name that ends in an underscore is one that the language cannot give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scaffold.database import actions, operations, references, shared, touches
from scaffold.database.bodies import Render
from scaffold.database.lists import dynamic
from scaffold.database.operations import Context
from scaffold.database.rows import view
from scaffold.database.schema import Function, View
from scaffold.design.model import Design, Entity
from scaffold.design.visibility import referring
from scaffold.features import FEATURES


@dataclass(frozen=True, slots=True)
class Functions:
    """Every view and function of a service: the shared ones, those of each resource, and those by
    which people become members."""

    shared: tuple[Function, ...]
    views: Mapping[str, View]
    by_entity: Mapping[str, tuple[Function, ...]]
    joins: tuple[Function, ...] = ()

    @property
    def all(self) -> tuple[Function, ...]:
        """All functions."""
        of_entities = (each for found in self.by_entity.values() for each in found)
        return (*self.shared, *of_entities, *self.joins)

    def named(self, entity: str, name: str) -> Function:
        """A function of a resource; raises KeyError."""
        for each in self.by_entity[entity]:
            if each.name == name:
                return each
        raise KeyError(name)


def functions(design: Design, render: Render, scope: str) -> Functions:
    """Every function of the service.

    `render` prints a template with one view; `scope` is the prefix of the settings of its policies.
    """
    context = Context(design, render)
    referred = {column.references for _, column in referring(design)}
    pages = any(dynamic(each) for each in design.entities)
    by_entity = {
        each.name: found
        for each in design.entities
        if (found := tuple(_functions(context, each, each.name in referred)))
    }
    parents = {each.parent for each in design.entities if each.name in by_entity}
    return Functions(
        tuple(shared.functions(design, render, scope, pages=pages)),
        {e.name: view(e) for e in design.entities if e.name in by_entity or e.name in parents},
        by_entity,
        tuple(found for each in FEATURES for found in each.joining(context)),
    )


def _functions(context: Context, entity: Entity, referred: bool) -> Iterable[Function]:
    if referred:
        yield references.function(context.predicates, context.render, entity, context.columns)
    for operation in entity.operations:
        if operation.verb != "action" and not operation.searches:
            yield operations.function(context, entity, operation)
    if entity.actions:
        yield from actions.functions(context, entity)
    yield from touches.functions(context, entity)
