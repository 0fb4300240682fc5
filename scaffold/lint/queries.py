"""Rules about lists: filters and sorts that nobody can use, and pages that are too heavy."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.model import Alternative, Column, Entity
from scaffold.lint.context import Context, at, holders
from scaffold.lint.rule import Family, Found
from scaffold.spec.problems import Path, listing

family = Family()

HEAVY_PAGE = 16 * 2**20
"""How many characters in one answer are many."""
LONG_PAGE = 200
"""How many rows in one answer are many."""
LARGE_BODY = 2**20
"""How many bytes in one request are many."""


@family.rule(
    "L601",
    "query-for-nobody",
    "warning",
    "API-1",
    reason="Filtering or sorting by a field would tell its value, so it is refused to whoever "
    "does not read the field on every row of the list.",
    remedy="Remove the key, or let a role that lists see the field on every row.",
    example="""
roles:
  clerk: {can: [{do: [list, create], on: guest, except: [rating]}, {do: read, on: guest}]}
resources:
  guest:
    fields:
      name: {type: string, max: 99}
      rating: {type: integer, min: 1, max: 5, default: 1, filter: [gte]}
""",
    repair=(", filter: [gte]", ""),
)
def query_for_nobody(context: Context) -> Iterator[Found]:
    """A filter or sort that no role which lists the resource can use."""
    for entity in context.design.declared:
        roles = _listing(entity)
        for column in _queried(entity):
            if not any(_reads_everywhere(column, _lists(entity, role)) for role in roles):
                yield Found(
                    f"No role can filter or sort {entity.plural} by {column.field}",
                    at(entity, "fields", column.field),
                )


@family.rule(
    "L602",
    "query-lost-to-own-grant",
    "advice",
    "API-1",
    reason="Filtering or sorting by a field would tell its value on the rows where the role does "
    "not see it, so the grant that shows more rows takes the query away from all of them.",
    remedy="Let both grants show the field, or make two roles of them.",
    example="""
roles:
  clerk:
    can:
      - {do: [list, read, create], on: shop, when: {region: eu}}
      - {do: list, on: shop, only: [name]}
  chief: {can: [{do: list, on: shop}]}
resources:
  shop:
    fields:
      name: {type: string, max: 99}
      region: {type: enum, values: [eu, us], filter: [eq]}
""",
    repair=("only: [name]", "only: [name, region]"),
)
def query_lost(context: Context) -> Iterator[Found]:
    """A role that sees a field on some rows of a list, and other rows of it without the field, so
    that it can never filter or sort by it."""
    for entity in context.design.declared:
        lost = {role: _lost(entity, role) for role in sorted(_listing(entity))}
        for role, columns in lost.items():
            inherited = (lost.get(each) for each in context.roles[role].includes if each != role)
            if columns and columns not in inherited:
                names = listing((each.field for each in columns), "or")
                yield Found(
                    f"{role} cannot filter or sort {entity.plural} by {names}, hidden here",
                    _hiding(context, role, entity, columns[0]),
                )


def _lost(entity: Entity, role: str) -> list[Column]:
    """The columns that a role may query by, but sees on some of the rows that it lists only."""
    mine = _lists(entity, role)
    return [
        column
        for column in _queried(entity)
        if any(each.covers(column) for each in mine) and not _reads_everywhere(column, mine)
    ]


def _hiding(context: Context, role: str, entity: Entity, column: Column) -> Path:
    """The grant that lists rows without the column: the first that no other covers, if any."""
    held = list(context.held(role, entity.name, "list"))
    hiding = [each for each in held if each.fields is not None and column.field not in each.fields]
    for each in hiding:
        if not any(other.covers(each) and not each.covers(other) for other in held):
            return each.path
    return hiding[0].path


def _listing(entity: Entity) -> frozenset[str]:
    operation = entity.operation("list")
    return holders(operation.alternatives) if operation else frozenset()


def _lists(entity: Entity, role: str) -> list[Alternative]:
    operation = entity.operation("list")
    return [each for each in operation.alternatives if role in each.roles] if operation else []


def _queried(entity: Entity) -> Iterator[Column]:
    return (each for each in entity.columns if each.filters or each.sortable)


def _reads_everywhere(column: Column, mine: list[Alternative]) -> bool:
    """Does a role with these alternatives read the column of every row that it lists?"""
    return all(each.covers(column) for each in mine) or any(
        each.covers(column) and not each.conditions for each in mine
    )


@family.rule(
    "L603",
    "heavy-page",
    "warning",
    "OPS-3",
    reason="The answer is put together in memory, in the database and in the service: a few such "
    "requests at once are an outage.",
    remedy="Lower page.max or the longest text, or leave the text to read (except: on list).",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: paper}]}
resources:
  paper: {fields: {body: {type: text, max: 500000}}, body_max: 1MiB}
""",
    repair=("body_max: 1MiB", "body_max: 1MiB, page: {max: 20}"),
)
def heavy_page(context: Context) -> Iterator[Found]:
    """A list whose longest page is over 16 million characters."""
    for entity in context.design.declared:
        mine = entity.operation("list")
        if mine is None:
            continue
        row = max(
            sum(c.kind.characters for c in entity.columns if c.readable and each.covers(c))
            for each in mine.alternatives
        )
        if row * entity.page_max > HEAVY_PAGE:
            size = row * entity.page_max // 2**20
            yield Found(
                f"A page of {entity.page_max} {entity.plural} can be {size} MiB long",
                at(entity, "page"),
            )


@family.rule(
    "L604",
    "long-page",
    "advice",
    "API-2",
    reason="The longer the page, the fewer calls copy the whole table, whatever the rate limit is.",
    remedy="Lower page.max to 200 or less.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: guest}]}
resources: {guest: {fields: {name: {type: string, max: 99}}, page: {max: 1000}}}
""",
    repair=("max: 1000", "max: 100"),
)
def long_page(context: Context) -> Iterator[Found]:
    """A list of more than 200 rows a page, of a resource that is not bounded by a parent."""
    for entity in context.design.declared:
        if entity.operation("list") and entity.parent is None and entity.page_max > LONG_PAGE:
            yield Found(
                f"One call lists {entity.page_max} {entity.plural}", at(entity, "page", "max")
            )


@family.rule(
    "L605",
    "large-body",
    "advice",
    "OPS-3",
    reason="A body is read and checked as a whole, in memory.",
    remedy="Lower body_max, and let files go to an object store.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: note}]}
resources: {note: {fields: {body: {type: text, max: 500}}, body_max: 8MiB}}
""",
    repair=("8MiB", "256KiB"),
)
def large_body(context: Context) -> Iterator[Found]:
    """A `body_max` of more than one MiB."""
    for entity in context.design.declared:
        if entity.body_max > LARGE_BODY:
            size = entity.body_max // 2**20
            yield Found(f"A body may be {size} MiB long", at(entity, "body_max"))


@family.rule(
    "L606",
    "body-too-small",
    "warning",
    "API-1",
    reason="A value that the contract allows is refused with 413 because the body is too long.",
    remedy="Raise body_max, or lower the bound of the field.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: note}]}
resources: {note: {fields: {body: {type: text, max: 100000}}}}
""",
    repair=("max: 100000}}", "max: 100000}}, body_max: 256KiB"),
)
def body_too_small(context: Context) -> Iterator[Found]:
    """A field that a caller writes whose longest value alone is longer than `body_max`."""
    for entity in context.design.declared:
        written = entity.operation("create") or entity.operation("update")
        for column in entity.columns:
            size = column.kind.characters
            if written and (column.creatable or column.updatable) and size > entity.body_max:
                yield Found(
                    f"{column.field} takes {size} characters and the body {entity.body_max} bytes",
                    at(entity, "fields", column.field),
                )
