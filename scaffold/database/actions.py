"""The pair of stored functions with which every action of a resource begins and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from scaffold.database.bodies import (
    ActionsView,
    Refusal,
    Seen,
    Served,
    chosen,
    names,
    nothing_hidden,
    texts,
)
from scaffold.database.layout import TRUE, Group, Sql, all_of, any_of, flat, listed
from scaffold.database.operations import Around, Context, missed_call
from scaffold.database.predicates import listed_roles
from scaffold.database.rows import seen_now, select, view_name, written
from scaffold.database.schema import Function
from scaffold.database.signatures import (
    BODY,
    CALL,
    ID,
    JSONB,
    OUTCOME,
    ROLES,
    TEXT,
    UUID,
    VERSION,
    VERSIONS,
    parameters,
)
from scaffold.database.sql import literal
from scaffold.database.ways import Ways
from scaffold.database.writes import changed, renewed
from scaffold.design.model import Entity, Operation
from scaffold.design.visibility import answers_differ


def begin_name(entity: Entity) -> str:
    """The name of the function with which every action of a resource begins."""
    return f"{entity.name}_begin_"


def finish_name(entity: Entity) -> str:
    """The name of the function with which every action of a resource ends."""
    return f"{entity.name}_finish_"


def functions(context: Context, entity: Entity) -> Iterable[Function]:
    """Begin and finish."""
    items = [each for each in entity.actions if each.on_item]
    ways = Ways(context.columns)

    def now() -> Seen | None:
        if not items or not answers_differ(entity, items):
            return None
        body = written(context.predicates, entity, ways.binding("read"))
        return seen_now(entity, f"{begin_name(entity)}.id", body)

    beginning = _around(context, entity, "begin", now)
    end = _around(context, entity, "finish")
    view = _view(context, entity, items, ways, beginning, end)
    many = entity.names.many
    locked = ", and locks the row that the hook then works on." if items else "."
    on_item = (("p_id", UUID), ("p_match", VERSIONS)) if items else ()
    yield Function(
        begin_name(entity),
        f"Lets the caller begin an action on {many}{locked}",
        (*parameters(*CALL, ("p_action", TEXT), *on_item), *beginning.parameters),
        context.render("functions/begin", view),
        results=(
            *parameters(OUTCOME, ROLES, ID, VERSION, BODY, ("member_id", UUID)),
            *beginning.results,
        ),
    )
    done = (("p_id", UUID), ("p_version", "bigint"), ("p_changes", JSONB)) if items else ()
    yield Function(
        finish_name(entity),
        f"Writes what the hook of an action on {many} decided. Whether the caller may was decided "
        "at the beginning, in this transaction.",
        (*parameters(*CALL, ("p_action", TEXT), *done), *end.parameters),
        context.render("functions/finish", view),
        results=parameters(OUTCOME, ID, VERSION, BODY),
    )


def _around(
    context: Context,
    entity: Entity,
    stage: Literal["begin", "finish"],
    now: Callable[[], Seen | None] = nothing_hidden,
) -> Around:
    """What the features add; what is said of a row is nothing where no action is on one."""
    said = "p_changes" if any(each.on_item for each in entity.actions) else "'{}'"
    operation = f"p_action || {literal('_' + entity.name)}"
    served = Served(stage, entity.actions, operation, literal(entity.name), said=said, view=now)
    return context.around(served)


def _view(
    context: Context,
    entity: Entity,
    items: Sequence[Operation],
    ways: Ways,
    beginning: Around,
    end: Around,
) -> ActionsView:
    others = [each for each in entity.actions if not each.on_item]
    reaches = {each.id: _reach(context, each, ways) for each in items}
    refusals = (*_refusals(context, entity, ways), *beginning.refusals)
    answer_ways = Ways(context.columns, {role for each in items for role in each.roles})
    written_ = written(context.predicates, entity, answer_ways.binding("read"))
    changes = {column.name for each in items for column in entity.set_by(each)}
    return ActionsView(
        gate=beginning.gate(_entry(context, entity, beginning), ways.all, refusals),
        end=end.gate("", ()),
        table=view_name(entity),
        renewed=renewed(entity),
        stored=stored(entity),
        items=names(items),
        collection=bool(others),
        reach=(
            TRUE
            if all(reach == TRUE for reach in reaches.values())
            else any_of(
                _if(each, reaches[each.id]) if len(entity.actions) > 1 else reaches[each.id]
                for each in items
            )
        ),
        assignments=tuple(
            changed(each, "p_changes") for each in entity.columns if each.name in changes
        ),
        changes=chosen(items, lambda each: texts(column.name for column in entity.set_by(each))),
        missed=missed_call(entity),
        answer=written_,
        answer_ways=answer_ways.all,
    )


def stored(entity: Entity) -> Sql:
    """The columns that a hook is given; nothing where they are those of the view's JSON."""
    given = [each for each in entity.columns if each.in_api]
    if entity.operation("read") and all(each.readable for each in given):
        return ""
    return listed(select(given, "t"), "", "")


def _entry(context: Context, entity: Entity, beginning: Around) -> Sql:
    """Who asks, and whether they may do this action."""
    allowed = chosen(entity.actions, lambda each: flat(listed_roles("", each.roles)))
    return context.entry(allowed, beginning.entry)


def _reach(context: Context, operation: Operation, ways: Ways) -> Sql:
    binding = ways.binding(operation.action, operation.roles)
    return context.predicates.reach(operation.alternatives, binding, "t")


def _refusals(context: Context, entity: Entity, ways: Ways) -> Iterable[Refusal]:
    """What is refused before an action begins, of a caller who holds a role for it."""
    for each in entity.actions:
        reach = TRUE if each.on_item else _reach(context, each, ways)
        if reach != TRUE:
            refused = Group((reach,), "", "(", ") is not true")
            yield Refusal(_if(each, refused), "'condition_not_met'")


def _if(operation: Operation, test: Sql) -> Sql:
    """A test for one of the actions that a function serves."""
    return all_of([f"p_action = {literal(operation.action)}", test])
