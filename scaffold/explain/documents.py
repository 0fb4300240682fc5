"""The matrix as a document: Markdown, HTML and JSON."""

from __future__ import annotations

import html as markup
import json
import re
from collections.abc import Iterator

from scaffold.design.model import Join, Role, Touch
from scaffold.explain.matrix import Matrix, Row, Section
from scaffold.explain.words import WITHOUT, demands, exception, holder
from scaffold.features import FEATURES

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|&~-])")

_STYLE = """
body {
  font: 15px/1.5 system-ui, sans-serif; margin: 1rem clamp(1rem, 4vw, 2rem);
  color: #1c1e21; background: #fff; overflow-wrap: anywhere;
}
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; }
a { color: #2457c5; }
.scroll { overflow-x: auto; margin: 0 0 2rem; }
table { border-collapse: collapse; overflow-wrap: normal; }
td { min-width: 9rem; }
tbody th { position: sticky; left: 0; }
th, td { border: 1px solid #ccd0d5; padding: .3rem .6rem; text-align: left; vertical-align: top; }
th { background: #f3f4f6; font-weight: 600; }
small { display: block; font-weight: 400; color: #565b63; }
@media (prefers-color-scheme: dark) {
  a { color: #8fb2ff; }
  body { color: #e4e6eb; background: #18191a; }
  th { background: #242526; }
  th, td { border-color: #4a4b4d; }
  small { color: #b0b3b8; }
}
""".strip()


def markdown(matrix: Matrix) -> str:
    """A table (GitHub Flavored Markdown) a resource."""
    return "\n".join(_markdown(matrix)) + "\n"


def html(matrix: Matrix) -> str:
    """One page that loads nothing and runs nothing."""
    return "\n".join(_html(matrix)) + "\n"


def as_json(matrix: Matrix) -> str:
    """The matrix as data; `when` has the conditions as the spec writes them, `means` in words."""
    found = {
        "service": matrix.title,
        "roles": [{"name": each.name, "kind": each.kind, "mfa": each.mfa} for each in matrix.roles],
        "operations": [_data(matrix, row) for row in matrix.rows],
        **({"without_permission": list(map(_exception, matrix.joins))} if matrix.joins else {}),
    }
    return json.dumps(found, indent=2) + "\n"


def _data(matrix: Matrix, row: Row) -> dict[str, object]:
    operation = row.operation
    return {
        "id": operation.id,
        "permission": operation.permission,
        "method": operation.method,
        "path": operation.path,
        "if_match": operation.conditional,
        **({"touches": list(map(_touch, operation.touches))} if operation.touches else {}),
        **{name: value for each in FEATURES for name, value in each.described(operation).items()},
        "allowed": {
            role: [
                {
                    "when": list(way.when),
                    "fields": None if way.fields is None else list(way.fields),
                    "means": matrix.words.phrase(way) or "always",
                }
                for way in mine
            ]
            for role, mine in row.ways.items()
        },
    }


def _exception(join: Join) -> dict[str, object]:
    operation = join.operation
    return {
        "id": operation.id,
        "method": operation.method,
        "path": operation.path,
        "open_to": join.who,
    }


def _touch(touch: Touch) -> dict[str, object]:
    return {"do": touch.verb, "on": touch.entity, "fields": list(touch.fields)}


def _markdown(matrix: Matrix) -> Iterator[str]:
    yield f"# {_plain(matrix.title)}: who may do what"
    for section in matrix.sections:
        yield ""
        yield f"## {_plain(section.entity.title)}"
        yield ""
        yield _line(["", *(f"**{_plain(_role(each))}**" for each in _roles(matrix, section))])
        yield _line(["---"] * (len(_roles(matrix, section)) + 1))
        for row in section.rows:
            cells = (_plain(_cell(matrix, row, each)) for each in _roles(matrix, section))
            needs = demands(row.operation)
            name = f"**{_plain(row.operation.permission)}**{f' ({_plain(needs)})' if needs else ''}"
            yield _line([name, *cells])
    if matrix.joins:
        yield ""
        yield f"## {WITHOUT}"
        yield ""
        for each in matrix.joins:
            yield f"- **{_plain(each.operation.id)}**, {_plain(exception(each))}"


def _html(matrix: Matrix) -> Iterator[str]:
    title = markup.escape(f"{matrix.title}: who may do what")
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield '<meta charset="utf-8">'
    yield (
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title>"
    yield f"<style>\n{_STYLE}\n</style>"
    yield f"<h1>{title}</h1>"
    yield "<nav>"
    for section in matrix.sections:
        yield f'<a href="#{section.entity.name}">{markup.escape(section.entity.title)}</a>'
    yield "</nav>"
    for section in matrix.sections:
        title = markup.escape(section.entity.title)
        yield f'<h2 id="{section.entity.name}">{title}</h2>'
        # The table scrolls in a box of its own, by the keyboard too.
        yield f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">'
        yield "<table>"
        headings = "".join(_th("col", each.name, holder(each)) for each in _roles(matrix, section))
        yield f"<thead><tr><td></td>{headings}</tr></thead>"
        yield "<tbody>"
        for row in section.rows:
            cells = "".join(
                f"<td>{markup.escape(_cell(matrix, row, each))}</td>"
                for each in _roles(matrix, section)
            )
            heading = _th("row", row.operation.permission, demands(row.operation))
            yield f"<tr>{heading}{cells}</tr>"
        yield "</tbody>"
        yield "</table>"
        yield "</div>"
    if matrix.joins:
        yield f"<h2>{WITHOUT}</h2>"
        yield "<ul>"
        for each in matrix.joins:
            yield f"<li>{markup.escape(f'{each.operation.id}, {exception(each)}')}</li>"
        yield "</ul>"
    yield "</html>"


def _th(scope: str, name: str, detail: str) -> str:
    small = f"<small>{markup.escape(detail)}</small>" if detail else ""
    return f'<th scope="{scope}">{markup.escape(name)}{small}</th>'


def _roles(matrix: Matrix, section: Section) -> tuple[Role, ...]:
    """The columns: the roles of the resource, or the one that was asked for."""
    return section.roles or matrix.roles


def _cell(matrix: Matrix, row: Row, role: Role) -> str:
    return matrix.words.allowed(row.ways.get(role.name, ())) or "—"


def _role(role: Role) -> str:
    held_by = holder(role)
    return f"{role.name} ({held_by})" if held_by else role.name


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Text as Markdown that shows exactly it."""
    return _MARKDOWN.sub(r"\\\1", text)
