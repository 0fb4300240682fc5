"""Witnesses of a spec: requests that are allowed now and were refused before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Final

from scaffold.design.model import Alternative, Column, Design, Entity, Operation
from scaffold.design.witness import World, complete, holds, satisfying
from scaffold.drift.change import Change
from scaffold.drift.witness import Runs, Says, Sentence, Trial, Witness
from scaffold.types.kind import Kind, values

if TYPE_CHECKING:
    from scaffold.drift.spec.state import State

_TRIED = 500
_KEPT: Final = ("row", "user", "tenant", "parent", "references", "fields", "gives")
"""What the harness of the contract tests makes a world of."""
NONE: Final = "there is no such operation"
REFUSED: Final = "422"
"""How a request is answered that does not have the form that the contract promises."""


@dataclass(frozen=True)
class Asked:
    """A change of a fact of the spec, between two states. `match` has the parts of its key, in the
    names of now."""

    before: State
    after: State
    change: Change
    match: re.Match[str]

    @property
    def old(self) -> str:
        """The value of before."""
        return self.change.old

    @property
    def now(self) -> str:
        """The value of now."""
        return self.change.now

    @cached_property
    def operation(self) -> Operation:
        """The operation that the fact is of, as it is now; of a list, the one by URL."""
        found = self._named(self.after.design, self.match["op"])
        assert found is not None
        return found

    @cached_property
    def former(self) -> Operation | None:
        """The same as it was before."""
        return self._named(self.before.now, self.match["op"])

    def _named(self, design: Design, name: str) -> Operation | None:
        every = (*design.operations, *(each.operation for each in design.joins))
        found = [each for each in every if name in (each.permission, each.id)]
        return next((each for each in found if not each.searches), found[0] if found else None)


@dataclass(frozen=True, slots=True)
class Shape:
    """What is asked beyond what any request of the operation asks.

    `query` and `body` are what is sent; in the body, `@row:NAME` is a row of a resource. The body
    is filled up to `size` bytes. `claims` are those of the token, `aged` how many seconds older
    than now a claim of it is. The headers `without` are left out. It is sent so many `times`. There
    are `rows` more rows in a list, the answer has them all, and the fields that are `shown`.
    `statements` are Python, run before it is sent.
    """

    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    aged: Mapping[str, int] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    rows: int = 0
    size: int = 0
    times: int = 1
    statements: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    before: str = REFUSED
    """The status of before, or several: a regular expression."""


PLAIN: Final = Shape(before="40[34]")


@dataclass(frozen=True, slots=True)
class Request(Witness):
    """A request of a role that is allowed in a world now, and was not before.

    `way` is how it is allowed. `fields` are the columns that are new in it, where it was allowed
    for others; `gives` the roles. `shape` is what is asked, and `asks` says that in words. An
    operation that `is_new` was not there before, and `known` are the columns that were updated
    then, where it matters. It had the id `formerly`, and what is `called` otherwise now has a name
    that the project of before does not know: a request with it is no test.
    """

    design: Design
    operation: Operation
    role: str
    world: World
    way: Alternative
    fields: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    shape: Shape = PLAIN
    asks: str = ""
    is_new: bool = False
    known: frozenset[str] | None = None
    formerly: str = ""
    called: frozenset[str] = frozenset()

    def __str__(self) -> str:
        parts = []
        if self.world.row:
            parts.append(f"a row with {_said(self.world.row)}")
        if self.world.user:
            parts.append(f"claims {_said(self.world.user)}")
        if self.world.tenant:
            parts.append(f"a tenant with {_said(self.world.tenant)}")
        where = f" ({'; '.join(parts)})" if parts and not self.asks else ""
        more = f", with {', '.join(self.fields)}" if self.fields else ""
        more += f", giving {', '.join(self.gives)}" if self.gives else ""
        more += f", {self.asks}" if self.asks else ""
        return (
            f"{self.role}: {self.operation.method} {self.operation.path}{where}{more} "
            "is allowed now"
        )

    @property
    def _holds_roles(self) -> bool:
        """Are the roles those that the row has, and not those that are sent?"""
        sent = any(each.name == "roles" for each in self.operation.input)
        return self.operation.verb == "effect" and not sent

    def test(self) -> Trial | None:
        from scaffold.plan.access import facts_of

        facts = facts_of(self.role, self.operation, self.design, self.way)
        if "allowed" not in facts or (self.shape.rows and not facts["many"]):
            return None
        kept = {name: facts[name] for name in _KEPT if name in facts}
        shape = self.shape
        entity = self.design.entity(self.operation.entity)
        if self.gives:
            kept["gives"] = list(self.gives)
            if self._holds_roles:
                kept["row"] = {**facts["row"], "roles": [self.gives[0]]}
        if self.fields and self.operation.sees:
            shape = replace(shape, shown=(*shape.shown, *self.fields))
        elif self.fields:
            kept["fields"] = [e for e in self.fields if self.operation.verb == "update"] or None
            if self.operation.verb == "create":
                kept["fields"] = facts["fields"]
                sent = {name: sample(entity.column(name).kind) for name in self.fields}
                shape = replace(shape, body={**sent, **shape.body})
        elif kept.get("fields") and self.operation.verb == "update" and self.known is not None:
            kept["fields"] = [each for each in kept["fields"] if each in self.known]
            if not kept["fields"] and not shape.body:
                return None
        if self.called & _mentioned(kept, shape.query, shape.body, shape.shown, shape.statements):
            return None
        lists = self.operation.verb in ("list", "export")
        formerly = self.formerly if self.formerly != self.operation.id else ""
        return Trial(
            named(self.role, self.operation.id, "is_allowed"),
            "request.py.jinja",
            {
                "operation": self.operation,
                "formerly": formerly,
                "role": self.role,
                "facts": kept,
                "lists": lists,
                "missing": NONE if self.is_new else "",
                "shape": shape,
                "resolves": any("@" in str(value) for value in shape.body.values()),
            },
            rf"assert ({shape.before}) == |assert '.*' in |{NONE}",
            shape.imports,
        )


def _mentioned(*parts: object) -> set[str]:
    """The names in some data."""
    return {*re.findall(r"\w+", repr(parts))}


def named(*parts: str) -> str:
    """A name for a test."""
    return re.sub(r"\W+", "_", "_".join(parts)).strip("_").lower()


def shown(asked: Asked, how: object) -> Witness | None:
    """The first witness of a change, or its sentence, if it has one."""
    return next(every(asked, how), None)


def every(asked: Asked, how: object) -> Iterator[Witness]:
    """The witnesses of a change as its claim shows them, the best one first; last, the sentence."""
    if isinstance(how, Runs):
        yield from how.find(asked)
    if isinstance(how, Runs | Says) and how.says:
        parts = {name: text or "" for name, text in asked.match.groupdict().items()}
        yield Sentence(how.says.format(**parts, old=asked.old, now=asked.now))


# Permissions.


def permissions(asked: Asked) -> Iterator[Request]:
    """What a role may do now by a permission, and could not do before."""
    permission, role = asked.match["permission"], asked.match["role"]
    for operation in asked.after.design.operations:
        if operation.permission == permission:
            old = former(asked.before, permission, operation.searches)
            yield from find(asked.after.design, operation, old, role)


def former(before: State, permission: str, searches: bool = False) -> Operation | None:
    """The operation that had a permission before, in the names of now."""
    return operation_of(before.now, permission, searches)


def operation_of(design: Design, permission: str, searches: bool = False) -> Operation | None:
    """The operation with a permission: of a list, the one by URL or the search."""
    found = [each for each in design.operations if each.permission == permission]
    return next((e for e in found if e.searches == searches), found[0] if found else None)


def find(
    after: Design, operation: Operation, before: Operation | None, role: str
) -> Iterator[Request]:
    """The worlds in which a role may do something now that it could not do before."""
    entity = after.entity(operation.entity)
    old = [a for a in before.alternatives if role in a.roles] if before else []
    name = before.id if before else operation.id
    for mine in operation.alternatives:
        if role not in mine.roles:
            continue
        for tried in apart(mine, old):
            world = satisfying(tried, entity)
            if world is None:
                continue
            here = [a for a in old if holds(a.conditions, world)]
            told = complete(world, operation.alternatives)
            if not any(holds(a.conditions, told) for a in old) and holds(mine.conditions, told):
                world = told
            if not here:
                yield Request(
                    after, operation, role, world, tried, is_new=before is None, formerly=name
                )
                continue
            new = _new_fields(mine, here, operation, entity)
            given = _new_roles(mine, here, after)
            if new or given:
                yield Request(after, operation, role, world, tried, new, given, formerly=name)


def _new_fields(
    mine: Alternative, old: Sequence[Alternative], operation: Operation, entity: Entity
) -> tuple[str, ...]:
    """The columns that it covers now and that none of those of before does."""
    return tuple(
        each.name
        for each in entity.fields
        if mine.covers(each) and not any(a.covers(each) for a in old) and _has(operation, each)
    )


def _has(operation: Operation, column: Column) -> bool:
    """Can an operation set a column, or show it?"""
    match operation.verb:
        case "create":
            return column.creatable
        case "update":
            return column.updatable
    return column.readable


def _new_roles(mine: Alternative, old: Sequence[Alternative], after: Design) -> tuple[str, ...]:
    """The roles that it gives now and that none of those of before does; None is all of them."""
    if any(each.gives is None for each in old):
        return ()
    known = {name for each in old for name in each.gives or ()}
    gives = [each.name for each in after.roles] if mine.gives is None else mine.gives
    return tuple(sorted({*gives} - known))


def apart(mine: Alternative, former: Sequence[Alternative]) -> Iterator[Alternative]:
    """An alternative where none of those of before is met, as far as they have conditions; last,
    as it is."""
    choices = [each.conditions for each in former if each.conditions]
    if former and len(choices) == len(former):
        for failed in islice(product(*choices), _TRIED):
            wrong = (replace(each, negated=not each.negated) for each in dict.fromkeys(failed))
            yield replace(mine, conditions=(*mine.conditions, *wrong))
    yield mine


# Requests of roles that are allowed before and now, which ask for something else.


def allowed(
    asked: Asked,
    operation: Operation,
    old: Operation | None,
    usable: Callable[[Alternative], bool] = lambda _: True,
    both: bool = True,
) -> Iterator[Request]:
    """Requests that are allowed now, and were before as far as grants say: of each role one.

    `usable` says which grants will do: those of now, and with `both` those of before.
    """
    entity = asked.after.design.entity(operation.entity)
    if old is None:
        return
    called = asked.before.renamed.called(operation.entity)
    columns = asked.before.now.entity(old.entity).columns
    known = frozenset(each.name for each in columns if each.updatable)
    for role in operation.roles:
        ways = [a for a in old.alternatives if role in a.roles and (not both or usable(a))]
        mine = [a for a in operation.alternatives if role in a.roles and usable(a)]
        for way, former_way in product(mine, ways):
            tried = replace(way, conditions=(*way.conditions, *former_way.conditions))
            world = satisfying(tried, entity)
            if world is not None:
                yield Request(
                    asked.after.design,
                    operation,
                    role,
                    world,
                    tried,
                    known=known,
                    formerly=old.id,
                    called=called,
                )
                break


def asking(found: Iterable[Request], shape: Shape, asks: str) -> Iterator[Request]:
    """The same requests, asking for more."""
    for each in found:
        yield replace(each, shape=shape, asks=asks)


def sample(kind: Kind) -> Any:
    """A value of a kind, as a body has it; `@row:NAME` is the id of a row."""
    if kind.of_member:
        return "@me"
    if kind.target:
        return f"@row:{kind.target}"
    if kind.held:
        return kind.filled([]) or [sample(kind.held)]
    if kind.structured:
        members = getattr(kind, "members", ())
        return {each.name: sample(each.kind) for each in members if not each.nullable}
    return values(kind)[0]


def column_of(asked: Asked) -> tuple[Entity, Column]:
    """The resource and the column that a fact is of, as they are now."""
    name, _, column = asked.match["field"].partition(".")
    entity = asked.after.design.entity(name)
    return entity, entity.column(column)


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
