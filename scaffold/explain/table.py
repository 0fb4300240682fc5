"""The matrix for a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scaffold.design.surface import Way
from scaffold.explain.matrix import Matrix, Row
from scaffold.explain.words import EVERYTHING, WITHOUT, demands, exception, holder

_UNBOUNDED = 10_000


def table(matrix: Matrix, width: int | None = None) -> Table:
    """One table. With several roles and operations the cells hold numbers, which the caption
    puts into words. Where a column a role needs more than `width` characters, the roles of an
    operation share one column."""
    found = _table(matrix, width)
    if matrix.joins:
        lines = (f"{each.operation.id}, {exception(each)}" for each in matrix.joins)
        above = [str(found.caption)] if found.caption else []
        found.caption = Text("\n".join([*above, f"{WITHOUT}:", *lines]))
        found.caption_justify = "left"
    return found


def _table(matrix: Matrix, width: int | None) -> Table:
    if not matrix.sections:
        return Table(title=Text(matrix.title), title_justify="left")
    if not matrix.narrow:
        found = _numbered(matrix)
        if width is None or Console(width=_UNBOUNDED).measure(found).maximum <= width:
            return found
        return _listed(matrix)
    found = Table(title=Text(matrix.title), title_justify="left")
    if len(matrix.roles) != 1:
        row = next(matrix.rows)
        found.add_column("role", no_wrap=True)
        found.add_column(_heading(row))
        for role in matrix.roles:
            found.add_row(Text(_noted(role.name, holder(role))), _words(matrix, row, role.name))
        return found
    (role,) = matrix.roles
    found.add_column("operation", no_wrap=True)
    found.add_column(Text(_noted(role.name, holder(role))))
    found.add_column("needs")
    for section in matrix.sections:
        found.add_section()
        for row in section.rows:
            needs = Text(demands(row.operation))
            found.add_row(Text(row.operation.permission), _words(matrix, row, role.name), needs)
    return found


def _numbered(matrix: Matrix) -> Table:
    numbers: dict[str, int] = {}
    found = Table(title=Text(matrix.title), title_justify="left", caption_justify="left")
    found.add_column("operation", no_wrap=True)
    for role in matrix.roles:
        found.add_column(Text(_noted(role.name, holder(role))), justify="center", overflow="fold")
    found.add_column("needs")
    for section in matrix.sections:
        found.add_section()
        for row in section.rows:
            cells = [_marks(matrix, row.ways.get(each.name, ()), numbers) for each in matrix.roles]
            needs = Text(demands(row.operation))
            found.add_row(Text(row.operation.permission), *cells, needs)
    if numbers:
        found.caption = Text("\n".join(f"{number}: {text}" for text, number in numbers.items()))
    return found


def _listed(matrix: Matrix) -> Table:
    numbers: dict[str, int] = {}
    found = Table(title=Text(matrix.title), title_justify="left", caption_justify="left")
    found.add_column("operation", overflow="fold")
    found.add_column("who may", overflow="fold")
    for section in matrix.sections:
        found.add_section()
        for row in section.rows:
            marks = {
                each.name: _marks(matrix, row.ways.get(each.name, ()), numbers).plain
                for each in matrix.roles
            }
            who = (f"{role}{mark.removeprefix(EVERYTHING)}" for role, mark in marks.items() if mark)
            name = _noted(row.operation.permission, demands(row.operation))
            found.add_row(Text(name), Text(", ".join(who)))
    held = [f"{each.name}: {text}" for each in matrix.roles if (text := holder(each))]
    found.caption = Text(
        "\n".join([*held, *(f"{number}: {text}" for text, number in numbers.items())])
    )
    return found


def _marks(matrix: Matrix, ways: tuple[Way, ...], numbers: dict[str, int]) -> Text:
    phrases = [matrix.words.phrase(each) for each in ways]
    if not phrases:
        return Text("")
    if "" in phrases:
        return Text(EVERYTHING)
    marks = ", ".join(str(numbers.setdefault(each, len(numbers) + 1)) for each in phrases)
    return Text(f"{EVERYTHING} ({marks})")


def _words(matrix: Matrix, row: Row, role: str) -> Text:
    return Text(matrix.words.allowed(row.ways.get(role, ())) or "—")


def _heading(row: Row) -> Text:
    needs = demands(row.operation)
    return Text(f"{row.operation.permission}{f' ({needs})' if needs else ''}")


def _noted(name: str, note: str) -> str:
    return f"{name}\n({note})" if note else name
