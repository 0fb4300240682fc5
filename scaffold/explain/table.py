"""The matrix for a terminal."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from scaffold.design.surface import Way
from scaffold.explain.matrix import Matrix, Row
from scaffold.explain.words import EVERYTHING, demands, holder


def table(matrix: Matrix) -> Table:
    """One table. With several roles and operations the cells hold numbers, which the caption
    puts into words: so it fits into a terminal whatever the conditions are."""
    if not matrix.narrow:
        return _numbered(matrix)
    found = Table(title=Text(matrix.title), title_justify="left")
    if len(matrix.roles) != 1:
        row = next(matrix.rows)
        found.add_column("role", no_wrap=True)
        found.add_column(_heading(row))
        for role in matrix.roles:
            found.add_row(Text(_role(role.name, holder(role))), _words(matrix, row, role.name))
        return found
    (role,) = matrix.roles
    found.add_column("operation", no_wrap=True)
    found.add_column(Text(_role(role.name, holder(role))))
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
        found.add_column(Text(_role(role.name, holder(role))), justify="center", overflow="fold")
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


def _role(name: str, held_by: str) -> str:
    return f"{name}\n({held_by})" if held_by else name
