"""Rules about plans: what nobody can have, what costs less and has more, and ways around a gate."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.model import Entity, Operation
from scaffold.features.plans.design import Gated, Plan, feature_of, plans_of
from scaffold.lint.context import Context, at
from scaffold.lint.rule import Family, Found

family = Family()

_TEAM = """
roles:
  clerk: {can: [{do: [list, read, create, send], on: letter}]}
resources:
  letter:
    fields: {state: {type: enum, values: [draft, sent], default: draft, set_by: send}}
    actions: {send: {on: item, feature: sending}}
"""


@family.rule(
    "L331",
    "feature-of-no-plan",
    "error",
    "PAY-4",
    reason="No plan has the feature, so that every tenant is always refused.",
    remedy="Name the feature in a plan, or remove it here.",
    example=f"{_TEAM}plans: {{free: {{}}, team: {{price: price_team}}}}\n",
    repair=("{price: price_team}", "{price: price_team, features: sending}"),
)
def feature_of_no_plan(context: Context) -> Iterator[Found]:
    """An operation that needs a feature which no plan has."""
    told = set()
    for entity, operation in _served(context):
        found = operation.trait(Gated)
        if found and not found.plans:
            path = at(entity, "feature")
            if operation.action and found.feature != _whole(context, entity):
                path = at(entity, "actions", operation.action, "feature")
            if path not in told:
                told.add(path)
                yield Found(f"No plan has the feature {found.feature}", path)


@family.rule(
    "L332",
    "cheaper-and-wider",
    "warning",
    "PAY-4",
    reason="Whoever pays for the later plan gets less than they had.",
    remedy="Give the later plan at least as much, or swap the two.",
    example=f"{_TEAM}plans:\n  free: {{quotas: {{letter: 100/month}}}}\n"
    "  team: {price: price_team, features: sending, quotas: {letter: 25/month}}\n",
    repair=("letter: 25/month", "letter: 500/month"),
)
def cheaper_and_wider(context: Context) -> Iterator[Found]:
    """A plan that has more of something than a later one with a price."""
    found = plans_of(context.design)
    if found is None:
        return
    for index, later in enumerate(found.each):
        for earlier in found.each[:index] if later.price else ():
            for what in _wider(earlier, later):
                yield Found(f"{earlier.name} has {what} than {later.name}", ("plans", later.name))


@family.rule(
    "L333",
    "gate-with-a-way-around",
    "warning",
    "PAY-4",
    "AZ-4",
    reason="Whoever may do the other action sets the same field without the plan that the first "
    "one needs.",
    remedy="Write the same feature on both, or let them set other fields.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create, send, resend], on: letter}]}
resources:
  letter:
    fields: {sent_on: {type: date, optional: true, set_by: [send, resend]}}
    actions: {send: {on: item, feature: sending}, resend: {on: item}}
plans: {free: {}, team: {price: price_team, features: sending}}
""",
    repair=("resend: {on: item}", "resend: {on: item, feature: sending}"),
)
def gate_with_a_way_around(context: Context) -> Iterator[Found]:
    """An action without a feature that sets the same fields as one that needs a feature."""
    for entity in context.design.declared:
        gated = {_sets(entity, each): each for each in entity.actions if feature_of(each)}
        for each in entity.actions:
            first = gated.get(_sets(entity, each))
            if first and _sets(entity, each) and not feature_of(each):
                yield Found(
                    f"{each.action} sets what {first.action} sets, without the feature "
                    f"{feature_of(first)}",
                    at(entity, "actions", each.action),
                )


def _sets(entity: Entity, action: Operation) -> frozenset[str]:
    """The fields of which the spec says that the action sets them."""
    return frozenset(each.name for each in entity.set_by(action) if each.set_by)


@family.rule(
    "L334",
    "trial-without-a-quota",
    "advice",
    "PAY-4",
    "API-2",
    reason="A trial costs nothing: who signs up again and again makes as much as they like.",
    remedy="Write a quota of the resource, even a generous one.",
    example=f"{_TEAM}plans: {{free: {{}}, team: {{price: price_team, features: sending}}}}\n"
    "trial: {plan: team, days: 14}\n",
    repair=(
        "plans: {free: {}, team: {price: price_team,",
        "plans: {free: {quotas: {letter: 9/day}}, "
        "team: {quotas: {letter: 99/day}, price: price_team,",
    ),
)
def trial_without_a_quota(context: Context) -> Iterator[Found]:
    """A trial in a spec without any quota of a resource that callers create."""
    found = plans_of(context.design)
    if found is None or found.trial is None:
        return
    made = [each for each in context.design.declared if each.operation("create")]
    counted = [
        each for each in made if any(meter.partition(".")[0] == each.name for meter in found.meters)
    ]
    if made and not counted:
        yield Found("Whoever tries a plan may create without end", ("trial",))


def _served(context: Context) -> Iterator[tuple[Entity, Operation]]:
    for entity in context.design.declared:
        for operation in entity.operations:
            yield entity, operation


def _whole(context: Context, entity: Entity) -> str | None:
    """The feature that all of a resource needs."""
    found: str | None = getattr(context.spec.resources[entity.name], "feature", None)
    return found


def _wider(earlier: Plan, later: Plan) -> Iterator[str]:
    """What an earlier plan has more of."""
    for feature in earlier.features:
        if feature not in later.features:
            yield f"the feature {feature}, and so more"
    for each in earlier.allowances:
        other = later.of(each.meter)
        if other.most is not None and (each.most is None or each.most > other.most):
            yield f"more of {each.meter}"
    one, other_rate = earlier.rate, later.rate
    if one and other_rate and one.count * other_rate.seconds > other_rate.count * one.seconds:
        yield "a higher limit"
