# ruff: noqa: S608 - identifiers come from `identifier`
"""The rows of a resource with their JSON, and what a caller sees of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scaffold.columns import ID, TENANT
from scaffold.database.bodies import Answer, Part, Seen, texts
from scaffold.database.layout import LINE, TRUE, WIDTH, Group, Sql, flat, lay, listed
from scaffold.database.predicates import Binding, Predicates, of_maker
from scaffold.database.schema import View
from scaffold.database.sql import identifier, literal
from scaffold.design.model import Alternative, Column, Entity
from scaffold.design.visibility import may_be_absent, readers, seers, split


def view_name(entity: Entity) -> str:
    """The view of a resource's rows with their JSON.

    Statements name it and not the table: it goes on to have the names that this release knows when
    a later one renames the table or a column.
    """
    return f"{entity.name}_row_"


def view(entity: Entity) -> View:
    """The rows of a resource, each with its JSON as text.

    `json_` has every field that can be read. Where some are not everybody's, `open_` has the
    others, without the closing brace, and each `part_` some of the rest. Where nobody reads rows,
    there is none of it. It has one table and no join, so that PostgreSQL lets it be written to:
    what a write answers is then `json_` of the row as it was written. The columns are named, so
    that one which a later release adds or drops is not among them.
    """
    found = _seen(entity)
    rows: dict[str, list[Column]] = {}
    if readers(entity):
        rows["json_"] = [*found.open, *(column for part in found.parts for column in part)]
    if found.parts:
        rows["open_"] = found.open
    if len(found.parts) > 1:
        rows |= {f"part_{number}_": part for number, part in enumerate(found.parts, 1)}
    names: list[Sql] = [_named(each, entity) for each in entity.columns]
    if not entity.versioned:
        names.append("1::bigint as version")
    outputs = [lay(listed(names, "", ""), 2, 1)]
    for name, columns in rows.items():
        part = name.startswith("part_")
        fields = listed(select(columns, "r"), "select ", "")
        opening, closing = f"(select row_to_json({name})::text from (", f") {name})"
        if part or name == "open_":
            opening, closing = f"left({opening}", f"{closing}, -1)"
        if part:
            opening, closing = f"',' || substr({opening}", f"{closing}, 2)"
        if 2 + len(opening + flat(fields) + closing + name) + 5 > WIDTH:
            opening = f"{opening}\n    "
        closing = f"{closing} as {name}"
        outputs.append(f"{opening}{lay(fields, 4, len(closing) + 1)}{closing}")
    source = entity.derived or identifier(entity.name)
    query = "select\n  " + ",\n  ".join(outputs) + f"\n  from {source} r"
    about = f"The {entity.names.many}, each with its JSON as text."
    return View(view_name(entity), about, query)


def answer(
    predicates: Predicates,
    entity: Entity,
    alternatives: Sequence[Alternative],
    binding: Binding,
    row: str,
) -> Sql:
    """What these alternatives show of a row of the view."""
    parts = []
    for number, columns in enumerate(_seen(entity).parts, 1):
        found = seers(columns[0], alternatives)
        everywhere = len(found) == len(alternatives)
        visible = TRUE if everywhere else predicates.reach(found, binding.seeing, row)
        parts.append(Part(f"part_{number}_", visible))
    return Answer(row, tuple(parts)).sql


def written(predicates: Predicates, entity: Entity, binding: Binding, *, new: bool = False) -> Sql:
    """What a write answers: the row as the caller may read it, or else what each writer sees.

    A `new` row is its maker's own.
    """
    known = [each for each in entity.columns if each.shown_to == "writers"]
    pairs = ", ".join(
        f"{literal(each.name)}, {each.kind.output('t.' + identifier(each.name))}" for each in known
    )
    bare = f"json_build_object({pairs})::text"
    read = entity.operation("read")
    if read is None:
        return bare
    alternatives = of_maker(read.alternatives, entity) if new else read.alternatives
    reach = predicates.reach(alternatives, binding, "t")
    seen = answer(predicates, entity, alternatives, binding, "t")
    if reach == TRUE:
        return seen
    return Group((Group(("when", reach, "then", seen), " "), f"else {bare}"), LINE, "case ", " end")


def seen_now(entity: Entity, id_: str, body: Sql) -> Seen:
    """What a caller may see now of an earlier answer about a row; `body` is that of an answer."""
    absent = may_be_absent(entity)
    always = [each.name for each in entity.columns if each.readable and each.name not in absent]
    row = f"from {view_name(entity)} t where t.tenant_id = p_tenant and t.id = {id_}"
    return Seen(texts(always), Group((body, row), " ", "(select ", ")"))


def _named(column: Column, entity: Entity) -> str:
    """A column as the view has it: to itself, a tenant is the one that it belongs to."""
    if entity.is_tenant and column.name == TENANT.name:
        return f"r.{ID.name} as {TENANT.name}"
    return f"r.{identifier(column.name)}"


def _value(column: Column, row: str) -> str:
    """A column as it becomes JSON."""
    return column.kind.output(f"{row}.{identifier(column.name)}")


def select(columns: Iterable[Column], row: str) -> list[Sql]:
    """Columns as they are answered, under their own names."""
    found: list[Sql] = []
    for column in columns:
        value = _value(column, row)
        plain = value == f"{row}.{identifier(column.name)}"
        found.append(value if plain else f"{value} as {identifier(column.name)}")
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """The readable columns: those that everybody sees, and the others by who sees them."""

    open: list[Column]
    parts: list[list[Column]]


def _seen(entity: Entity) -> _Seen:
    """The parts of a row: columns that the same grants show belong together."""
    alternatives = readers(entity)
    open_, restricted = split(entity, alternatives)
    parts: dict[tuple[int, ...], list[Column]] = {}
    for column in restricted:
        found = seers(column, alternatives)
        key = tuple(index for index, each in enumerate(alternatives) if each in found)
        parts.setdefault(key, []).append(column)
    return _Seen(open_, list(parts.values()))
