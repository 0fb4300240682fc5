"""What synthetic data needs to know of a design: roles, attributes, and the fields of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice
from typing import Any

from scaffold.database.sql import identifier
from scaffold.database.tables import of_features
from scaffold.design.model import Attribute, Design, Entity
from scaffold.design.witness import near
from scaffold.plan.seeds import ROWS, personal, seeds, tenants
from scaffold.types.kind import Kind, several, values


def catalog(design: Design) -> Mapping[str, Any]:
    """The catalogue as plain data."""
    claims = _claims(design)
    order = _ordered(design)
    known = seeds(design, order, claims)
    return {
        "tenant": {
            "attributes": {each.name: _attribute(each) for each in design.tenant_attributes},
            "examples": tenants(design),
        },
        "attributes": claims,
        "roles": {
            role.name: {"kind": role.kind, "mfa": role.mfa or "none"} for role in design.roles
        },
        "resources": {
            entity.name: {
                **_resource(entity, design),
                "personal": personal(entity),
                # What the service writes by itself comes with what people do.
                "rows": known.get(entity.name, []),
            }
            for entity in order
        },
    }


def _ordered(design: Design) -> list[Entity]:
    """The resources, each behind those that it refers to where that is possible."""
    by_name = {each.name: each for each in design.entities}
    found: dict[str, Entity] = {}
    begun: set[str] = set()
    waiting = list(reversed(design.entities))
    while waiting:
        entity = waiting[-1]
        begun.add(entity.name)
        needed = (each.references for each in entity.columns if each.references)
        below = next((name for name in needed if name not in begun), None)
        if below is not None:
            waiting.append(by_name[below])
        else:
            found.setdefault(entity.name, waiting.pop())
    return list(found.values())


def _attribute(each: Attribute) -> dict[str, Any]:
    return each.kind.schema()


def _resource(entity: Entity, design: Design) -> Mapping[str, Any]:
    return {
        "table": identifier(entity.name),
        "built_in": entity.built_in,
        **({"open": True} if entity.open else {}),
        **({"is_tenant": True} if entity.is_tenant else {}),
        **({"derived": True} if entity.derived else {}),
        **({"sown": asdict(entity.sown)} if entity.sown else {}),
        "owner": entity.owner or "",
        "fields": {
            each.name: each.kind.schema()
            for each in entity.columns
            if (each.creatable or (entity.built_in and each.origin == "service" and each.field))
            and not each.nullable
            and not (entity.built_in and each.expression)
            and not each.refers
        },
        "references": {
            each.name: each.references
            for each in entity.columns
            if each.references and not each.nullable
        },
        **({"members": [each.name for each in entity.members]} if entity.members else {}),
        "fixed": _fixed(entity, design),
        "unique": sorted({name for names in entity.unique for name in names}),
    }


def _fixed(entity: Entity, design: Design) -> list[str]:
    """The fields that neither an operation nor the service itself changes once the row is there."""
    changeable = {each.name for each in entity.changeable}
    own = (each.grant for each in of_features(design) if each.table.name == entity.name)
    changeable |= {name for each in own for name in each.update}
    return [each.name for each in entity.fields if each.name not in changeable]


def _claims(design: Design) -> Mapping[str, Any]:
    """Claims with which every condition on the user's attributes can be met, and missed."""
    found: dict[str, Any] = {}
    for attribute in design.user_attributes:
        known = list(_values(design, attribute))
        some = known[:-1] or known
        found[attribute.name] = some if attribute.many else (known or [None])[0]
    return {name: value for name, value in found.items() if value is not None}


def _values(design: Design, attribute: Attribute) -> list[Any]:
    """The values that the conditions compare this attribute with, or one of its own."""
    found: dict[Any, None] = {}
    for operation in design.operations:
        for alternative in operation.alternatives:
            for condition in alternative.conditions:
                left, right = condition.left, condition.right
                if isinstance(right, tuple):
                    if left.source == "user" and left.name == attribute.name:
                        found |= dict.fromkeys(right)
                    continue
                if right.source != "user":
                    continue
                if right.name == attribute.name and condition.left.kind.target:
                    return [ROWS[0]]  # there is such a row; of a text, any will do
                if right.name == attribute.name and condition.order:
                    return _between(condition.left.kind, attribute.kind)
                if right.name == attribute.name:
                    kind = condition.left.kind.held or condition.left.kind
                    found |= dict.fromkeys(_domain(kind))
    return list(found) or list(_domain(attribute.kind))


def _between(left: Kind, right: Kind) -> list[Any]:
    """A value of both kinds that others are less and greater than, if there is one."""
    found = [each for each in islice(several(right), 10) if left.accepts(each)]
    inside = (each for each in found if len(near(left, each)) > 2)
    return [next(inside, found[0] if found else values(right)[0])]


def _domain(kind: Kind) -> tuple[str | int | bool, ...]:
    return kind.choices or values(kind)[:1]
