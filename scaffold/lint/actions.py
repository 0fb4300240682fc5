"""Rules about actions: those that move money, and those that change nothing."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.model import Entity, Operation
from scaffold.lint.context import Context, at
from scaffold.lint.rule import Family, Found
from scaffold.lint.words import PLAIN, Words, names_one_of

family = Family()


@family.rule(
    "L701",
    "action-changes-nothing",
    "warning",
    "AZ-1",
    reason="A hook writes only fields that name the action in set_by, or that are computed, so "
    "this one cannot change its row.",
    remedy="Name the action in set_by of what it changes; without such a field, put it on the "
    "collection.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create, close], on: order}]}
resources:
  order:
    fields: {state: {type: enum, values: [open, done], default: open}}
    actions: {close: {on: item}}
""",
    repair=("default: open", "default: open, set_by: close"),
)
def changes_nothing(context: Context) -> Iterator[Found]:
    """An action on the item whose hook may set no field."""
    for entity, operation in actions(context):
        if operation.on_item and not entity.set_by(operation):
            yield Found(
                f"{operation.action} cannot change any field of {entity.name}",
                at(entity, "actions", operation.action),
            )


@family.rule(
    "L706",
    "touches-every-field",
    "warning",
    "AZ-1",
    reason="The hook may write every field of these rows, and each field that is added later.",
    remedy="Name in only the fields that the hook changes.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create, pay], on: order}, {do: [list, read, create], on: stock}]}
resources:
  order:
    fields: {state: {type: enum, values: [open, paid], default: open, set_by: pay}}
    actions: {pay: {on: item, touches: [{do: update, on: stock}]}}
  stock: {fields: {left: {type: integer, min: 0, max: 99}}}
""",
    repair=("{do: update, on: stock}", "{do: update, on: stock, only: left}"),
)
def touches_every_field(context: Context) -> Iterator[Found]:
    """An action whose hook may change every field of rows other than its own."""
    for entity, operation in actions(context):
        source = context.spec.resources[entity.name].actions[operation.action]
        for index, touch in enumerate(source.touches):
            if "update" in touch.do and touch.only is None:
                yield Found(
                    f"The hook of {operation.action} may change every field of {touch.on}",
                    at(entity, "actions", operation.action, "touches", index),
                )


def actions(context: Context) -> Iterator[tuple[Entity, Operation]]:
    """Every action with its resource."""
    for entity in context.design.declared:
        for operation in entity.actions:
            yield entity, operation


def about_money(entity: Entity, operation: Operation, words: Words) -> bool:
    """Is the action one of `words`, and clearly one about money?"""
    return names_one_of(operation.action, words & PLAIN) or (
        names_one_of(operation.action, words)
        and (holds_money(entity) or any(each.kind.currency for each in operation.input))
    )


def holds_money(entity: Entity) -> bool:
    """Has a resource a field of money, or of what pays?"""
    return any(each.kind.currency or each.class_ == "payment" for each in entity.columns)
