"""Rules about who steps up, for what, and who cannot."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.step_up.design import seconds_of
from scaffold.lint.actions import about_money, actions
from scaffold.lint.context import Context, Granted, at
from scaffold.lint.rule import Family, Found
from scaffold.lint.words import GIVES_AWAY

family = Family()

FRESH = 3_600
"""Seconds after which a sign-in is not fresh any more."""


@family.rule(
    "L105",
    "service-asked-for-a-person",
    "error",
    "ID-7",
    reason="A service signs in with its own key: it has no second factor and no recent sign-in, "
    "so it is always refused.",
    remedy="Leave the demand to the roles of people, and give the service an operation without it.",
    example="""
roles:
  clerk: {mfa: any, can: [{do: [list, read, create, close], on: order}]}
  robot: {kind: service, can: [{do: [list, read, close], on: order}]}
resources:
  order:
    fields: {state: {type: enum, values: [open, done], default: open, set_by: close}}
    actions: {close: {on: item, step_up: 5m}}
""",
    repair=("{do: [list, read, close]", "{do: [list, read]"),
)
def service_asked_for_a_person(context: Context) -> Iterator[Found]:
    """A service role that needs a second factor, or may do an action that needs a step-up."""
    for role in context.design.roles:
        if role.kind == "service" and role.mfa is not None:
            yield Found(
                f"The service {role.name} needs a second factor", ("roles", role.name, "mfa")
            )
    for each in context.granted:
        if _steps_up(each) and context.roles[each.role].kind == "service":
            yield Found(f"The service {each.role} cannot step up to {each.what}", each.path)


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
    for entity, operation in actions(context):
        kinds = {context.roles[each].kind for each in operation.roles}
        if (
            kinds == {"human"}
            and seconds_of(operation) is None
            and about_money(entity, operation, GIVES_AWAY)
        ):
            yield Found(
                f"{operation.action} does not ask for a recent sign-in",
                at(entity, "actions", operation.action),
            )


@family.rule(
    "L704",
    "step-up-without-mfa",
    "warning",
    "ID-3",
    reason="Whoever stole a password can sign in with it again.",
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
        role = context.roles[each.role]
        if _steps_up(each) and role.kind == "human" and role.mfa is None:
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
    for entity, operation in actions(context):
        seconds = seconds_of(operation)
        if seconds is not None and seconds > FRESH:
            yield Found(
                f"{operation.action} accepts a sign-in of {seconds // 60} minutes ago",
                at(entity, "actions", operation.action, "step_up"),
            )


def _steps_up(each: Granted) -> bool:
    """Is what is granted an operation that needs a step-up?"""
    return any(
        (operation.action or operation.verb) == each.do and seconds_of(operation) is not None
        for operation in each.entity.operations
    )
