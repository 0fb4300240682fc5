"""The stored functions with which the hook of an action works on rows other than its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scaffold.database.actions import stored
from scaffold.database.bodies import Assignment, Served, TouchView, cases, texts
from scaffold.database.layout import FALSE, TRUE, Group, Sql
from scaffold.database.operations import Around, Context
from scaffold.database.rows import view_name
from scaffold.database.schema import Function
from scaffold.database.signatures import (
    BODY,
    CALL,
    ID,
    JSONB,
    OUTCOME,
    TEXT,
    UUID,
    VERSION,
    parameters,
)
from scaffold.database.sql import literal
from scaffold.database.writes import changed, created, renewed
from scaffold.design.model import Entity, Touch, TouchVerb
from scaffold.naming import article

DONE = {
    "read": "Reads {one} for the hook of an action, and locks it where the hook may change it.",
    "create": "Creates {one} for the hook of an action.",
    "update": "Changes {one} for the hook of an action.",
    "delete": "Deletes {one} for the hook of an action.",
}
ROW = (("p_id", UUID),)
VALUES = (("p_values", JSONB),)
GIVEN = {"read": ROW, "create": VALUES, "update": (*ROW, *VALUES), "delete": ROW}


def name(entity: str, verb: TouchVerb) -> str:
    """The name of the function with which hooks do `verb` to rows of a resource."""
    return f"{entity}_{verb}_"


def functions(context: Context, entity: Entity) -> Iterable[Function]:
    """One for each verb that some hook does to the rows."""
    verbs: tuple[TouchVerb, ...] = ("read", "create", "update", "delete")
    for verb in verbs:
        if touches := entity.touched_by(verb):
            yield _function(context, entity, verb, touches)


def _function(
    context: Context, entity: Entity, verb: TouchVerb, touches: tuple[Touch, ...]
) -> Function:
    writes = verb != "read"
    around = context.around(_served(context, entity, verb, touches)) if writes else Around(())
    fields = {name for each in touches for name in each.fields}
    assignments: Iterable[Assignment] = ()
    if verb == "create":
        assignments = created(entity, fields)
    elif verb == "update":
        assignments = (changed(each, "p_values") for each in entity.columns if each.name in fields)
    limited = verb in ("create", "update")
    view = TouchView(
        verb=verb,
        gate=around.gate("", ()),
        refused=_beyond(touches) if limited else f"{_is_one_of(touches)} is not true",
        refusal=literal("field_not_writable" if limited else "permission_missing"),
        lock=_lock(entity, touches),
        table=view_name(entity),
        stored=stored(entity),
        renewed=renewed(entity),
        assignments=tuple(assignments),
    )
    return Function(
        name(entity.name, verb),
        f"{DONE[verb].format(one=article(entity.title))} Whether the caller may do the action was "
        "decided at its beginning, in this transaction.",
        (*parameters(*CALL, ("p_operation", TEXT), *GIVEN[verb]), *around.parameters),
        context.render("functions/touch", view),
        results=parameters(OUTCOME, ID, VERSION, BODY),
    )


def _served(
    context: Context, entity: Entity, verb: TouchVerb, touches: tuple[Touch, ...]
) -> Served:
    by = {each.by for each in touches}
    return Served(
        "touch",
        tuple(each for each in context.design.operations if each.id in by),
        "p_operation",
        literal(entity.name),
        said="'{}'" if verb == "delete" else "p_values",
        touched=entity.name,
        verb=verb,
    )


def _lock(entity: Entity, touches: Sequence[Touch]) -> str:
    """The test that the hook may change what it reads; true where every hook may."""
    changing = {each.by for each in entity.touched_by("update")}
    found = [each for each in touches if each.by in changing]
    if not found:
        return FALSE
    return TRUE if len(found) == len(touches) else _is_one_of(found)


def _is_one_of(touches: Iterable[Touch]) -> str:
    """The test that the hook is that of one of these actions."""
    return f"(p_operation in ({', '.join(literal(each.by) for each in touches)}))"


def _beyond(touches: Iterable[Touch]) -> Sql:
    """Does the hook of this action say more than it may? Of any other action it does."""
    by_fields: dict[tuple[str, ...], list[Touch]] = {}
    for each in touches:
        by_fields.setdefault(each.fields, []).append(each)
    whens = cases((_is_one_of(found), texts(fields)) for fields, found in by_fields.items())
    return Group(whens.parts, whens.joint, "p_values - (case ", " end) is distinct from '{}'")
