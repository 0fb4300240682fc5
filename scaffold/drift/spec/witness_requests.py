"""Witnesses of what may be asked and sent: filters, pages, bodies, values, fields, sign-ins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from scaffold.design.model import Alternative, Column, Operation
from scaffold.drift.spec.witness import (
    Asked,
    Request,
    Shape,
    allowed,
    asking,
    column_of,
    named,
    operation_of,
    sample,
)
from scaffold.drift.verdict import Names
from scaffold.drift.witness import Trial, Tried, Witness
from scaffold.naming import filter_key
from scaffold.types import patterns
from scaffold.types.kind import WORDS, Kind, several, values

MOST_ROWS: Final = 300
"""The most rows that a test makes."""
LONGEST: Final = 4_000
"""The most characters that a test sends."""


# Lists.


def filters(asked: Asked) -> Iterator[Request]:
    """A list that is filtered in a way that was refused."""
    words = [{*each.split(", ")} for each in (asked.old, asked.now)]
    name, operators = asked.match["column"], words[1] - {BY_POST, "absent"}
    gained = sorted(operators - words[0]) or sorted(operators)
    column = asked.after.design.entity(asked.operation.entity).column(name)
    for operator in gained:
        value = _operand(column.kind, operator)
        if value is not None:
            yield from _asked(asked, column, {filter_key(name, operator): value}, words[1])


def sorts(asked: Asked) -> Iterator[Request]:
    """A list in an order that was refused."""
    name = asked.match["column"]
    column = asked.after.design.entity(asked.operation.entity).column(name)
    yield from _asked(asked, column, {"sort": name}, {*asked.now.split(", ")})


BY_POST: Final = "by POST alone"
"""What a fact says of a filter or an order that no URL can have."""


def _operand(kind: Kind, operator: str) -> Any:
    kind = kind.held or kind
    found = values(kind)[0]
    if operator == "prefix":
        return str(found)[:1] or "a"
    return [found] if operator == "in" else found


def _asked(
    asked: Asked, column: Column, query: dict[str, Any], words: set[str]
) -> Iterator[Request]:
    operation, old = asked.operation, asked.former
    if BY_POST in words:
        permission = operation.permission
        operation = operation_of(asked.after.design, permission, True) or operation
        old = operation_of(asked.before.now, permission, True) if old else None
    (asks,) = (f"with {name} = {value}" for name, value in query.items())
    found = allowed(asked, operation, old, lambda way: way.covers(column))
    seen = (each for each in found if _always_sees(each, column))
    yield from asking(seen, Shape(query=query), asks)


def _always_sees(request: Request, column: Column) -> bool:
    ways = [a for a in request.operation.alternatives if request.role in a.roles]
    return all(each.covers(column) for each in ways)


def page_max(asked: Asked) -> Iterator[Request]:
    """A larger page than could be asked for."""
    found = allowed(asked, asked.operation, asked.former)
    yield from asking(found, Shape(query={"limit": int(asked.now)}), f"with limit = {asked.now}")


def page_default(asked: Asked) -> Iterator[Request]:
    """More rows for whoever says nothing of a page."""
    rows = int(asked.old) + 1 if asked.old.isdigit() else MOST_ROWS + 1
    if rows <= MOST_ROWS and not asked.after.design.entity(asked.operation.entity).built_in:
        found = allowed(asked, asked.operation, asked.former)
        yield from asking(found, Shape(rows=rows, before=asked.old), f"answered with {rows} rows")


# Bodies.


def body_max(asked: Asked) -> Iterator[Request]:
    """A larger body than was taken."""
    if asked.old.isdigit():
        size = int(asked.old) + 1
        found = allowed(asked, asked.operation, asked.former)
        yield from asking(found, Shape(size=size, before="413"), f"with a body of {size} bytes")


def field_values(asked: Asked) -> Iterator[Request]:
    """A row with a value that was refused."""
    entity, column = column_of(asked)
    old = _former_column(asked)
    if old is None or column.refers:
        return
    sent = list(wider(old.kind, column.kind))
    sent += [None] if column.nullable and not old.nullable else []
    for operation in entity.operations:
        written = {
            "create": column.creatable and old.creatable,
            "update": column.updatable and old.updatable,
        }
        if written.get(operation.verb) and sent:
            yield from _sending(asked, operation, column, sent[0])


def _sending(asked: Asked, operation: Operation, column: Column, value: Any) -> Iterator[Request]:
    def usable(way: Alternative) -> bool:
        looks = any(term.name == column.name for c in way.conditions for term in c.terms)
        return way.covers(column) and not looks

    former = operation_of(asked.before.now, operation.permission)
    shape, asks = Shape(body={column.name: value}), f"with {_told(column.name, value)}"
    yield from asking(allowed(asked, operation, former, usable), shape, asks)


def _told(name: str, value: Any) -> str:
    text = str(value)
    if isinstance(value, str) and len(text) > 40:
        return f"{name} of {len(text)} characters"
    if isinstance(value, list) and len(text) > 40:
        return f"{name} of {len(value)} items"
    return f"{name} = {'null' if value is None else text}"


def input_values(asked: Asked) -> Iterator[Request]:
    """An action with a value that was refused."""
    operation, name, old = asked.operation, asked.match["name"], asked.former
    now = next((each for each in operation.input if each.name == name), None)
    was = next((each for each in old.input if each.name == name), None) if old else None
    if now is None or was is None:
        return
    sent = list(wider(was.kind, now.kind))
    sent += [None] if now.nullable and not was.nullable else []
    if sent:
        shape = Shape(body={name: sent[0]})
        yield from asking(allowed(asked, operation, old), shape, f"with {_told(name, sent[0])}")


def wider(old: Kind, new: Kind) -> Iterator[Any]:
    """Values that a type takes, and that it did not take before."""
    if old.name == new.name and new.held and old.held:
        yield from _longer_lists(old, new)
    elif old.name == new.name and new.structured:
        before = {each.name: each for each in getattr(old, "members", ())}
        for each in getattr(new, "members", ()):
            former = before.get(each.name)
            for value in wider(former.kind, each.kind) if former else [sample(each.kind)]:
                yield {**sample(new), each.name: value}
            if former and each.nullable and not former.nullable:
                yield {k: v for k, v in sample(new).items() if k != each.name}
    elif old.name == new.name:
        for value in _near_bounds(old, new):
            if new.accepts(value) and not old.accepts(value):
                yield value


def _longer_lists(old: Kind, new: Kind) -> Iterator[Any]:
    assert old.held is not None and new.held is not None
    for value in wider(old.held, new.held):
        yield [value]
    bounds = [each.data() for each in (old, new)]
    count = bounds[0]["high"] + 1
    if count <= bounds[1]["high"]:
        found = [value for value, _ in zip(several(new.held), range(count), strict=False)]
        if len(found) == count:
            yield found
    if bounds[0]["unique"] and not bounds[1]["unique"] and bounds[1]["high"] > 1:
        yield [sample(new.held)] * 2
    if bounds[1]["low"] < bounds[0]["low"]:
        yield [sample(new.held)] * bounds[1]["low"]


def _near_bounds(old: Kind, new: Kind) -> Iterator[Any]:
    yield from new.choices
    if new.textual and not new.choices:
        yield from _texts(old, new)
        return
    low, high = old.extremes
    for bound, step in ((high, 1), (low, -1)):
        if isinstance(bound, int):
            yield bound + step
        elif isinstance(bound, Decimal):
            for places in range(10):
                value = format(bound + Decimal(step).scaleb(-places), "f")
                if new.accepts(value) and not old.accepts(value):
                    yield new.compared(value)
    yield from new.examples()


def _texts(old: Kind, new: Kind) -> Iterator[str]:
    bounds = [each.data() for each in (old, new)]
    pattern = bounds[1].get("pattern")
    for length in (bounds[0].get("high", 0) + 1, max(0, bounds[0].get("low", 0) - 1)):
        if length <= LONGEST:
            if pattern:
                yield from patterns.examples(pattern, length, length)
            yield "x" * length
            yield "https://example.com/".ljust(length, "x")
    yield from map(str, new.examples())
    yield from (word.ljust(bounds[1].get("low", 0), "x") for word in (*WORDS, "a b", "Ab-1", "1"))


# Fields.


def read_by_more(asked: Asked) -> Iterator[Request]:
    """An answer with a field that it did not have."""
    entity, column = column_of(asked)
    for operation, found in _for_gained(asked, [e for e in entity.operations if e.sees], column):
        shape = Shape(shown=(column.name,), before="40[34]")
        asks = f"with {column.name} in the answer"
        if operation.verb in ("list", "read"):
            yield from asking(found, shape, asks)


def written_by_more(asked: Asked) -> Iterator[Request]:
    """A row with a field that only others wrote."""
    entity, column = column_of(asked)
    verb = asked.change.key.rpartition(" ")[2]
    sent = {column.name: sample(column.kind)}
    operations = [each for each in entity.operations if each.verb == verb]
    for _, found in _for_gained(asked, operations, column):
        shape = Shape(body=sent, before="403|422")
        yield from asking(found, shape, f"with {_told(column.name, sample(column.kind))}")


def _for_gained(
    asked: Asked, operations: list[Operation], column: Column
) -> Iterator[tuple[Operation, list[Request]]]:
    """For each operation, the requests of roles that the fact has now and did not have before."""
    known, names = Names(), (asked.old, asked.now)
    old, new = (known.read("none" if each == "absent" else each) for each in names)
    for operation in operations:
        former = operation_of(asked.before.now, operation.permission)
        found = allowed(asked, operation, former, lambda way: way.covers(column), both=False)
        yield operation, [each for each in found if each.role in new - old]


def references(asked: Asked) -> Iterator[Request]:
    """A row that refers to one that its writer may not see."""
    from scaffold.plan.access import facts_of

    entity, column = column_of(asked)
    for operation in entity.operations:
        written = {"create": column.creatable, "update": column.updatable}.get(operation.verb)
        old = operation_of(asked.before.now, operation.permission)
        if not written or old is None:
            continue
        for each in allowed(asked, operation, old, lambda way: way.covers(column)):
            before = asked.before.now
            ways = [a for a in old.alternatives if each.role in a.roles and a.covers(column)]
            facts = (facts_of(each.role, old, before, way) for way in ways)
            hidden = next((f["unseen"][column.name] for f in facts if _hides(f, column)), None)
            if hidden is not None:
                made = f"hidden = request.world.row({hidden['resource']!r}, **{hidden['row']!r})"
                send = f"request.body = {{**(request.body or {{}}), {column.name!r}: hidden}}"
                shape = Shape(statements=(made, send), before="40[349]|422")
                asks = f"with {column.name} of a row that it may not see"
                yield replace(each, shape=shape, asks=asks)


def _hides(facts: Any, column: Column) -> bool:
    return column.name in facts.get("unseen", {})


def twice(asked: Asked) -> Iterator[Request]:
    """The same thing, recorded twice."""
    entity = asked.after.design.entity(asked.match["entity"])
    operation, names = entity.operation("create"), asked.match["name"].split(", ")
    if operation is None or entity.unique:
        return
    columns = [each for each in entity.columns if each.name in names]
    sent = {each.name: sample(each.kind) for each in columns if each.creatable}
    former = operation_of(asked.before.now, operation.permission)
    if len(columns) == len(names):
        found = allowed(asked, operation, former, lambda w: all(w.covers(e) for e in columns))
        shape = Shape(body=sent, before="409", times=2)
        yield from asking(found, shape, f"twice with the same {' and '.join(names)}")


def _former_column(asked: Asked) -> Column | None:
    name, _, column = asked.match["field"].partition(".")
    for entity in asked.before.now.entities:
        if entity.name == name:
            return next((each for each in entity.columns if each.name == column), None)
    return None


# Callers.


def factors(asked: Asked) -> Iterator[Request]:
    """An operation by a holder of a role with a weaker sign-in."""
    weak = {"none": (["pwd"], "none"), "any": (["mfa"], "none")}
    if asked.now not in weak:
        return
    methods, context = weak[asked.now]
    shape = Shape(claims={"amr": methods, "acr": context}, before="403")
    for operation in asked.after.design.operations:
        former = operation_of(asked.before.now, operation.permission, operation.searches)
        found = allowed(asked, operation, former)
        mine = (each for each in found if each.role == asked.match["role"])
        factor = "no second factor" if asked.now == "none" else "a factor that can be phished"
        if operation.verb in ("list", "read"):
            yield from asking(mine, shape, f"signed in with {factor}")


def without_a_permission(asked: Asked) -> Iterator[Witness]:
    """A request of somebody who is granted nothing, and belongs to nobody: what it says is looked
    at, where nobody answered before."""
    joins = {each.operation.id: each.operation for each in asked.after.design.joins}
    operation = joins.get(asked.match["op"])
    if operation is not None and asked.change.before is None:
        view = {"operation": operation}
        test = Trial(named(operation.id, "is_open"), "open.py.jinja", view, r"assert 40[45] not in")
        said = f"whoever has a token: {operation.method} {operation.path} is open now"
        yield Tried(said, test)
