"""Rules about requests that must not have an effect twice."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.idempotency.design import need_of
from scaffold.lint.actions import about_money, actions, holds_money
from scaffold.lint.context import Context, at
from scaffold.lint.rule import Family, Found
from scaffold.lint.words import MOVES_MONEY, PAYMENTS, names_one_of

family = Family()


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
    for entity, operation in actions(context):
        if need_of(operation) != "required" and about_money(entity, operation, MOVES_MONEY):
            yield Found(
                f"{operation.action} moves money without an idempotency key",
                at(entity, "actions", operation.action),
            )
    for entity in context.design.declared:
        create = entity.operation("create")
        movement = names_one_of(entity.name, PAYMENTS) and holds_money(entity)
        if create is not None and need_of(create) != "required" and movement:
            yield Found(f"{entity.name} is created without an idempotency key", at(entity))
