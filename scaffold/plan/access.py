"""The access matrix with a witness for each answer: what the emitted tests walk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from scaffold.design.model import Alternative, Column, Design, Entity, Join, Operation
from scaffold.design.visibility import asked, readers, seers
from scaffold.design.witness import (
    ME,
    World,
    complete,
    failing,
    hidden,
    holds,
    satisfying,
)
from scaffold.features import FEATURES, Feature


def access(design: Design) -> Mapping[str, Any]:
    """The matrix as plain data, by operation."""
    used = [each for each in FEATURES if each.used(design)]
    return {
        operation.id: _operation(operation, entity, design, used)
        for entity in design.entities
        for operation in entity.operations
    } | {each.operation.id: _join(each, used) for each in design.joins}


def _join(join: Join, used: Sequence[Feature]) -> Mapping[str, Any]:
    """An operation that no role is granted: whom it is open to, and no role."""
    operation = join.operation
    return {
        "resource": "",
        "verb": operation.verb,
        "action": operation.action,
        "function": operation.function,
        "parent": "",
        "on_item": False,
        "conditional": False,
        **{name: value for each in used for name, value in each.described(operation).items()},
        "status": operation.status,
        "body_max": operation.body_max,
        "open_to": join.who,
        "roles": {},
    }


def _operation(
    operation: Operation, entity: Entity, design: Design, used: Sequence[Feature]
) -> Mapping[str, Any]:
    return {
        "resource": entity.name,
        "verb": operation.verb,
        "action": operation.action,
        "function": operation.function,
        **(_search(operation, entity) if operation.searches else {}),
        "parent": (entity.parent or "") if operation.verb in ("list", "create") else "",
        "on_item": operation.on_item,
        "conditional": operation.conditional,
        **{name: value for each in used for name, value in each.described(operation).items()},
        **(
            {
                "touches": [
                    {"verb": each.verb, "resource": each.entity, "fields": list(each.fields)}
                    for each in operation.touches
                ]
            }
            if operation.touches
            else {}
        ),
        **({"tells": secret.name} if (secret := operation.secret) and not secret.derived else {}),
        "status": operation.status,
        "body_max": operation.body_max,
        "roles": {role.name: answer(role.name, operation, entity, design) for role in design.roles},
    }


def _search(operation: Operation, entity: Entity) -> Mapping[str, Any]:
    """The list that a search is the same as, and the fields that only the search asks for."""
    return {
        "stored": entity.names.operation("list"),
        "kept": list(operation.kept),
    }


def answer(role: str, operation: Operation, entity: Entity, design: Design) -> Mapping[str, Any]:
    """Whether a role is allowed an operation, with a world in which it is and others."""
    mine = [each for each in operation.alternatives if role in each.roles]
    case = _Case(role, operation, entity, design, mine)
    found: Mapping[str, Any] = {"reason": "condition_not_met" if mine else "permission_missing"}
    for alternative in mine:
        found = case.facts(alternative, World()) or found
        if "allowed" in found:
            break
    else:
        found = {"allowed": False, **found}
    elsewhere = list(case.elsewhere())
    return {**found, "elsewhere": elsewhere} if elsewhere else found


def facts_of(
    role: str, operation: Operation, design: Design, alternative: Alternative
) -> Mapping[str, Any]:
    """A world in which an alternative, which may be narrower than that of the design, allows a
    role an operation; or why there is none."""
    entity = design.entity(operation.entity)
    mine = [each for each in operation.alternatives if role in each.roles]
    return _Case(role, operation, entity, design, mine).allowed(alternative, World())


Rows = Mapping[str, Mapping[str, Any]]
"""The values of a row, by its resource."""


@dataclass(frozen=True, slots=True)
class _Case:
    """An operation for a role, which may do it by the alternatives in `mine`."""

    role: str
    operation: Operation
    entity: Entity
    design: Design
    mine: list[Alternative]

    def facts(self, alternative: Alternative, start: World) -> Mapping[str, Any]:
        """A world like `start` in which the alternative allows it with worlds in which it just is
        not, or why there is none; nothing where the alternative's own conditions are why."""
        found = self.allowed(alternative, start)
        if "allowed" not in found:
            return found
        needed: dict[str, Mapping[str, Any]] = dict(found.get("references", {}))
        if self.entity.parent and found["parent"] is not None:
            needed = {self.entity.parent: found["parent"], **needed}
        return {**found, "outside": list(self._outside(start, needed))}

    def allowed(self, alternative: Alternative, start: World) -> Mapping[str, Any]:
        """A world like `start` in which the alternative allows it, as `facts` says."""
        operation, entity = self.operation, self.entity
        world = satisfying(alternative, entity, start)
        if world is None or not _reachable(operation, entity, world, alternative):
            return {}
        parent = None
        if entity.parent and operation.verb in ("list", "create"):
            above = self.design.entity(entity.parent)
            beside = self._visible(above, alternative, world, {})
            if beside is None:
                return {"reason": "not_found"}
            world, parent = beside
        referred = self._referred(alternative, world)
        if referred is None:
            return {"reason": "reference_not_found"}
        world, references = referred
        if operation.sees:
            world = complete(world, self.mine)
        return {
            "allowed": True,
            **_world(world),
            "parent": parent,
            **({"references": references} if references else {}),
            **self._unseen(alternative, world),
            "fields": _fields(operation, entity, alternative),
            **({} if alternative.gives is None else {"gives": list(alternative.gives)}),
            "shown": _shown(operation, entity, self.mine, world),
            **_blind(operation, entity, self.mine),
            "beyond": _beyond(operation, entity, self.mine),
            "many": _many(entity, world),
        }

    def elsewhere(self) -> Iterator[Mapping[str, Any]]:
        """Worlds of other environments in which the role is allowed what it never is in
        development."""
        for alternative in self.mine:
            if satisfying(alternative, self.entity) is None:
                for environment in self.design.environments:
                    found = self.facts(alternative, World(environment=environment))
                    if "allowed" in found:
                        yield {"environment": environment, **found}
                        break

    def _visible(
        self, target: Entity, alternative: Alternative, world: World, shown: Rows
    ) -> tuple[World, Mapping[str, Any]] | None:
        """The same world, in which the role may see a row of the target, and that row.

        What the caller and the tenant have to be for it leaves the alternative met, and the rows
        in `shown` in sight.
        """
        for each in readers(target):
            if self.role in each.roles:
                found = satisfying(each, target, world)
                if found is None:
                    continue
                whole = replace(found, row=world.row)
                if holds(alternative.conditions, whole) and self._shows(shown, whole):
                    return whole, _apart(found)
        return None

    def _referred(
        self, alternative: Alternative, world: World
    ) -> tuple[World, dict[str, Mapping[str, Any]]] | None:
        """The same world with the rows in it that a write refers to.

        None where a create needs a row that this role may not see.
        """
        found: dict[str, Mapping[str, Any]] = {}
        for column, target in self._asked(alternative):
            if target.name in found:
                continue
            seen = self._visible(target, alternative, world, found)
            if seen is not None:
                world, found[target.name] = seen
            elif self.operation.verb == "create" and (column.required or column.name in world.row):
                return None
        return world, found

    def _asked(self, alternative: Alternative) -> Iterator[tuple[Column, Entity]]:
        """The references that an alternative lets a caller write to rows in their sight alone."""
        for column in self.entity.columns:
            if column.references and alternative.covers(column):
                target = self.design.entity(column.references)
                if asked(column, self.operation, target):
                    yield column, target

    def _shows(self, rows: Rows, world: World) -> bool:
        """May the role see each of these rows?"""
        return all(
            any(
                self.role in each.roles and holds(each.conditions, replace(world, row=row))
                for each in readers(self.design.entity(name))
            )
            for name, row in rows.items()
        )

    def _unseen(self, alternative: Alternative, world: World) -> dict[str, Rows]:
        """By the references that an alternative lets the role write: a row out of its sight."""
        looked_at = {each.left.name for other in self.mine for each in other.conditions}
        rows: dict[str, Mapping[str, Any]] = {}
        for column, target in self._asked(alternative):
            ways = [each for each in readers(target) if self.role in each.roles]
            row = hidden(ways, target, world)
            if row is not None and column.name not in looked_at:
                rows[column.name] = {"resource": target.name, "row": row}
        return {"unseen": rows} if rows else {}

    def _outside(self, start: World, needed: Rows) -> Iterator[Mapping[str, Any]]:
        """Worlds in which each condition alone is not met, with the rows that are `needed` in
        sight."""
        usable = partial(self._shows, needed)
        for alternative in self.mine:
            others = [each for each in self.mine if each is not alternative]
            for each in failing(alternative, others, self.entity, start, usable):
                if _reachable(self.operation, self.entity, each.world, alternative):
                    unread = {"unread": each.unread} if each.unread else {}
                    yield {"why": f"not {each.why}", **_world(each.world), **unread}


def _shown(
    operation: Operation, entity: Entity, mine: list[Alternative], world: World
) -> list[str] | None:
    """The fields that the answer of a list or a read has in this world."""
    if not operation.sees:
        return None
    met = [each for each in mine if holds(each.conditions, world)]
    return [each.name for each in entity.columns if each.readable and seers(each, met)]


def _blind(operation: Operation, entity: Entity, mine: list[Alternative]) -> dict[str, list[str]]:
    """The fields that a list does not show on every row, so that it is not filtered by them."""
    whole = [each for each in mine if not each.conditions]
    names = [
        column.name
        for column in entity.fields
        if operation.verb in ("list", "export")
        and column.readable
        and len(seers(column, mine)) < len(mine)
        and not seers(column, whole)
    ]
    return {"blind": names} if names else {}


def _beyond(operation: Operation, entity: Entity, mine: list[Alternative]) -> list[str]:
    """The fields that the body could have, and that no grant of the role covers."""
    return [
        each.name
        for each in entity.columns
        if (each.creatable if operation.verb == "create" else each.updatable)
        and operation.verb in ("create", "update")
        and not seers(each, mine)
    ]


def _many(entity: Entity, world: World) -> bool:
    """Can there be several rows like this one, whatever has to be unique?"""
    if entity.is_tenant or entity.derived:
        return False
    free = {
        column.name
        for column in entity.columns
        if column.origin == "caller"
        and column.name not in world.row
        and not (column.kind.choices or column.kind.structured)
    }
    return all(free & set(columns) for columns in entity.unique)


def _reachable(
    operation: Operation, entity: Entity, world: World, alternative: Alternative
) -> bool:
    """Can a create lead to this row with what the grant lets a body say?"""
    if operation.verb != "create":
        return True
    for column in entity.columns:
        said = column.creatable and alternative.covers(column)
        implied = ME if column.origin == "owner" else column.default
        implied = list(implied) if isinstance(implied, tuple) else implied
        if not said and world.row.get(column.name, implied) != implied:
            return False
    return True


def _world(world: World) -> Mapping[str, Any]:
    return {
        "row": _row(world),
        "user": dict(world.user),
        "tenant": dict(world.tenant),
    }


def _row(world: World) -> Mapping[str, Any]:
    return dict(world.row)


def _apart(world: World) -> Mapping[str, Any]:
    """The row, which refers to new rows where no claim says to which: it might refer to itself."""
    given = world.user.values()
    claimed = [one for each in given for one in (each if isinstance(each, list) else [each])]
    return {
        name: (
            f"@new:{value.removeprefix('@row:')}"
            if isinstance(value, str) and value.startswith("@row:") and value not in claimed
            else value
        )
        for name, value in _row(world).items()
    }


def _fields(operation: Operation, entity: Entity, alternative: Alternative) -> list[str] | None:
    """The fields to send: of a create all that the grant covers; of a patch a few that no
    condition looks at."""
    if operation.verb == "create":
        return None if alternative.fields is None else list(alternative.fields)
    if operation.verb != "update":
        return None
    looked_at = {each.left.name for each in alternative.conditions if each.left.source == "field"}
    found = [
        column
        for column in entity.columns
        if _sendable(column, alternative) and column.name not in looked_at
    ]
    found.sort(key=lambda column: not column.kind.merged)
    return [column.name for column in found[:3]]


def _sendable(column: Column, alternative: Alternative) -> bool:
    whole = not (column.kind.merged and column.nullable)  # there to be merged into
    return alternative.covers(column) and whole and column.updatable and not column.refers
