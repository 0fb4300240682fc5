"""Rules about actions: those that move money, and those that change nothing."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.model import Entity, Operation
from scaffold.lint.context import Context, at
from scaffold.lint.rule import Family, Found
from scaffold.lint.words import GIVES_AWAY, MOVES_MONEY, PAYMENTS, PLAIN, Words, names_one_of

family = Family()

FRESH = 3_600
"""Seconds after which a sign-in is not fresh any more."""


@family.rule(
    "L701",
    "action-changes-nothing",
    "warning",
    "AZ-1",
    reason="A hook writes only fields that name the action in set_by, or that are computed, so "
    "this one can change nothing of its row.",
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
    for entity, operation in _actions(context):
        if operation.on_item and not entity.set_by(operation):
            yield Found(
                f"{operation.action} can change nothing of a {entity.name}",
                at(entity, "actions", operation.action),
            )


@family.rule(
    "L702",
    "money-moved-twice",
    "warning",
    "PAY-2",
    reason="A client that repeats a request without an answer must not pay again.",
    remedy="Write idempotent: required.",
    example="""
roles:
  clerk: {mfa: any, can: [{do: [list, read, create, refund], on: sale}]}
resources:
  sale:
    fields: {refunded: {type: boolean, default: false, set_by: refund}}
    actions: {refund: {on: item, step_up: 5m}}
""",
    repair=("step_up: 5m", "step_up: 5m, idempotent: required"),
)
def money_moved_twice(context: Context) -> Iterator[Found]:
    """An action that moves money, by its name, without a required Idempotency-Key; or one that
    creates such a movement."""
    for entity, operation in _actions(context):
        if operation.idempotency != "required" and _about_money(entity, operation, MOVES_MONEY):
            yield Found(
                f"{operation.action} moves money without an idempotency key",
                at(entity, "actions", operation.action),
            )
    for entity in context.design.entities:
        create = entity.operation("create")
        movement = names_one_of(entity.name, PAYMENTS) and _holds_money(entity)
        if create is not None and create.idempotency != "required" and movement:
            yield Found(f"{entity.name} is created without an idempotency key", at(entity))


@family.rule(
    "L703",
    "money-without-step-up",
    "warning",
    "ID-3",
    "DATA-3",
    reason="Money and exports are what a session that was left open, or stolen, is used for.",
    remedy="Write step_up: 5m.",
    example="""
roles:
  clerk: {mfa: any, can: [{do: [list, read, create, refund], on: sale}]}
resources:
  sale:
    fields: {refunded: {type: boolean, default: false, set_by: refund}}
    actions: {refund: {on: item, idempotent: required}}
""",
    repair=("idempotent: required", "idempotent: required, step_up: 5m"),
)
def money_without_step_up(context: Context) -> Iterator[Found]:
    """An action that gives away money or data, by its name, which people do without signing in
    again. Services cannot step up, so an action that one shares is left alone."""
    for entity, operation in _actions(context):
        kinds = {context.roles[each].kind for each in operation.roles}
        if (
            kinds == {"human"}
            and operation.step_up is None
            and _about_money(entity, operation, GIVES_AWAY)
        ):
            yield Found(
                f"{operation.action} asks for no fresh sign-in",
                at(entity, "actions", operation.action),
            )


@family.rule(
    "L704",
    "step-up-without-mfa",
    "warning",
    "ID-3",
    reason="Signing in again with a stolen password proves nothing.",
    remedy="Demand a second factor of the role: mfa: phishing_resistant.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create, close], on: order}]}
resources:
  order:
    fields: {state: {type: enum, values: [open, done], default: open, set_by: close}}
    actions: {close: {on: item, step_up: 5m}}
""",
    repair=("clerk: {", "clerk: {mfa: phishing_resistant, "),
)
def step_up_without_mfa(context: Context) -> Iterator[Found]:
    """A human role without a second factor that may do an action which needs a step-up."""
    for each in context.granted:
        action = context.spec.resources[each.entity.name].actions.get(each.do)
        role = context.roles[each.role]
        if action and action.step_up and role.kind == "human" and role.mfa is None:
            yield Found(f"{role.name} steps up to {each.what} without a second factor", each.path)


@family.rule(
    "L705",
    "stale-step-up",
    "advice",
    "ID-3",
    reason="A sign-in of hours ago does not show who sits there now.",
    remedy="Use minutes, such as 5m.",
    example="""
roles:
  clerk: {mfa: any, can: [{do: [list, read, create, close], on: order}]}
resources:
  order:
    fields: {state: {type: enum, values: [open, done], default: open, set_by: close}}
    actions: {close: {on: item, step_up: 8h}}
""",
    repair=("8h", "5m"),
)
def stale_step_up(context: Context) -> Iterator[Found]:
    """A step-up that accepts a sign-in of more than an hour ago."""
    for entity, operation in _actions(context):
        if operation.step_up is not None and operation.step_up > FRESH:
            yield Found(
                f"{operation.action} accepts a sign-in of {operation.step_up // 60} minutes ago",
                at(entity, "actions", operation.action, "step_up"),
            )


def _actions(context: Context) -> Iterator[tuple[Entity, Operation]]:
    for entity in context.design.entities:
        for operation in entity.actions:
            yield entity, operation


def _about_money(entity: Entity, operation: Operation, words: Words) -> bool:
    """Is the action one of `words`, and clearly one about money?"""
    return names_one_of(operation.action, words & PLAIN) or (
        names_one_of(operation.action, words)
        and (_holds_money(entity) or any(each.kind.base == "money" for each in operation.input))
    )


def _holds_money(entity: Entity) -> bool:
    return any(each.kind.base == "money" or each.class_ == "payment" for each in entity.columns)
