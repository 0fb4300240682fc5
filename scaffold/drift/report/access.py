"""The access matrices of two designs, laid over each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from scaffold.design.model import Design, Join
from scaffold.design.surface import Way
from scaffold.explain.matrix import Matrix, Row, Section, matrix
from scaffold.explain.words import demands, exception, holder

State = Literal["same", "gained", "wider", "changed", "narrower", "lost"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cell:
    """What was so, and what is; nothing is "not at all". `lean` says where a change leads to, if
    that is known."""

    was: str
    now: str
    lean: State = "changed"

    @property
    def state(self) -> State:
        """What became of it."""
        if self.was == self.now:
            return "same"
        if not self.was:
            return "gained"
        return self.lean if self.now else "lost"


@dataclass(frozen=True, slots=True)
class Heading:
    """A name, what is said below it, and whether it was there before and is there now."""

    name: str
    detail: Cell
    state: State = "same"


@dataclass(frozen=True, slots=True)
class Line:
    """An operation, and what each role may do of it."""

    heading: Heading
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Part:
    """The operations of one resource."""

    name: str
    title: str
    roles: Sequence[Heading]
    lines: Sequence[Line]

    @property
    def changed(self) -> int:
        """How many things of it are others now."""
        headings = [*self.roles, *(each.heading for each in self.lines)]
        found = [each.detail.state != "same" or each.state == "changed" for each in headings]
        found += [cell.state != "same" for each in self.lines for cell in each.cells]
        return sum(found)


@dataclass(frozen=True, slots=True)
class Access:
    """Everything of both matrices. `open` are the operations that no role is granted."""

    parts: Sequence[Part]
    open: Sequence[Cell]


def access(before: Design | None, after: Design) -> Access:
    """What of the matrix is so now, and was before. Without a design of before nothing changed."""
    new = matrix(after)
    old = new if before is None else matrix(before)
    parts = [_part(*pair, old, new) for pair in _pairs(old.sections, new.sections, _entity)]
    told = _pairs(old.joins, new.joins, lambda each: each.operation.id)
    return Access(parts, [Cell(_open(each), _open(other)) for each, other in told])


def _open(join: Join | None) -> str:
    return "" if join is None else f"{join.operation.id}, {exception(join)}"


def _entity(section: Section) -> str:
    return section.entity.name


def _pairs(
    old: Iterable[T], new: Iterable[T], name: Callable[[T], str]
) -> list[tuple[T | None, T | None]]:
    """Those with one name side by side: in the order of now, and then what is gone."""
    before = {name(each): each for each in old}
    after = {name(each): each for each in new}
    names = [*after, *(each for each in before if each not in after)]
    return [(before.get(each), after.get(each)) for each in names]


def _part(old: Section | None, new: Section | None, was: Matrix, now: Matrix) -> Part:
    found = new or old
    assert found is not None
    roles = _pairs(old.roles if old else (), new.roles if new else (), lambda each: each.name)
    headings = []
    for mine, yours in roles:
        either = yours or mine
        assert either is not None
        # A role that is in one of the two matrices alone has details of its own there alone.
        detail = Cell(holder(mine or either), holder(yours or either))
        headings.append(Heading(either.name, detail, _presence(mine, yours)))
    names = [each.name for each in headings]
    rows = _pairs(
        old.rows if old else (), new.rows if new else (), lambda each: each.operation.permission
    )
    lines = []
    for before, after in rows:
        row = after or before
        assert row is not None
        cells = [_cell(was, before, now, after, each) for each in names]
        detail = Cell(
            demands((before or row).operation),
            demands((after or row).operation),
        )
        heading = Heading(row.operation.permission, detail, _presence(before, after))
        lines.append(Line(heading, cells))
    return Part(found.entity.name, found.entity.title, headings, lines)


def _presence(before: object | None, after: object | None) -> State:
    if before is None:
        return "gained"
    return "same" if after is not None else "lost"


def _cell(was: Matrix, before: Row | None, now: Matrix, after: Row | None, role: str) -> Cell:
    old = before.ways.get(role, ()) if before is not None else ()
    new = after.ways.get(role, ()) if after is not None else ()
    return Cell(was.words.allowed(old), now.words.allowed(new), _lean(old, new))


def _lean(old: Sequence[Way], new: Sequence[Way]) -> State:
    """Where a change of conditions leads to, as far as one way covers another."""
    more = all(any(each.covers(other) for each in new) for other in old)
    less = all(any(each.covers(other) for each in old) for other in new)
    if more == less:
        return "changed"
    return "wider" if more else "narrower"
