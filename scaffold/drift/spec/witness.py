"""What somebody may do now, and could not do before: one row, one caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

from scaffold.design.model import Alternative, Design, Operation
from scaffold.design.witness import World, complete, holds, satisfying

_TRIED = 500


@dataclass(frozen=True, slots=True)
class Witness:
    """A world in which an operation is allowed now, and was not before.

    `fields` are the columns that are new in it, where it was allowed for others; `gives` the roles.
    """

    operation: str
    method: str
    path: str
    role: str
    world: World
    fields: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line for people."""
        parts = []
        if self.world.row:
            parts.append(f"a row with {_said(self.world.row)}")
        if self.world.user:
            parts.append(f"claims {_said(self.world.user)}")
        if self.world.tenant:
            parts.append(f"a tenant with {_said(self.world.tenant)}")
        where = f" ({'; '.join(parts)})" if parts else ""
        more = f", with {', '.join(self.fields)}" if self.fields else ""
        more += f", giving {', '.join(self.gives)}" if self.gives else ""
        return f"{self.role}: {self.method} {self.path}{where}{more} is allowed now"


def witness(after: Design, operation: Operation, before: Operation | None, role: str) -> str:
    """The witness in words, or nothing where none is found."""
    found = find(after, operation, before, role)
    return str(found) if found else ""


def find(
    after: Design, operation: Operation, before: Operation | None, role: str
) -> Witness | None:
    """A world in which a role may do something now that it could not do before, if one is found."""
    entity = after.entity(operation.entity)
    former = [a for a in before.alternatives if role in a.roles] if before else []
    for mine in operation.alternatives:
        if role not in mine.roles:
            continue
        for tried in apart(mine, former):
            world = satisfying(tried, entity)
            if world is None:
                continue
            here = [a for a in former if holds(a.conditions, world)]
            told = complete(world, operation.alternatives)
            if not any(holds(a.conditions, told) for a in former) and holds(mine.conditions, told):
                world = told
            if not here:
                return Witness(operation.id, operation.method, operation.path, role, world)
            new = _more(mine.fields, [a.fields for a in here])
            given = _more(mine.gives, [a.gives for a in here])
            if new or given:
                return Witness(
                    operation.id,
                    operation.method,
                    operation.path,
                    role,
                    world,
                    tuple(sorted(new)),
                    tuple(sorted(given)),
                )
    return None


def _more(now: tuple[str, ...] | None, before: Sequence[tuple[str, ...] | None]) -> frozenset[str]:
    """What is named now and by none of before; None stands for all of them."""
    if any(each is None for each in before):
        return frozenset()
    known = frozenset(name for each in before for name in each or ())
    return frozenset(now) - known if now is not None else frozenset(["any other"])


def apart(mine: Alternative, former: Sequence[Alternative]) -> Iterator[Alternative]:
    """An alternative where none of those of before is met, as far as they have conditions; last,
    as it is."""
    choices = [each.conditions for each in former if each.conditions]
    if former and len(choices) == len(former):
        for failed in islice(product(*choices), _TRIED):
            wrong = (replace(each, negated=not each.negated) for each in dict.fromkeys(failed))
            yield replace(mine, conditions=(*mine.conditions, *wrong))
    yield mine


def _said(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_value(values[name])}" for name in sorted(values))


def _value(value: Any) -> str:
    match value:
        case "@me":
            return "the caller"
        case "@other":
            return "somebody else"
        case None:
            return "null"
    return str(value)
