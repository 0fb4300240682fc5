"""Rules about caps: those that never matter, and ways around them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from scaffold.features.caps.design import caps_of, granted
from scaffold.features.caps.keys import SpecKeys
from scaffold.lint.context import Context
from scaffold.lint.rule import Family, Found
from scaffold.types.kind import Kind

family = Family()

_EXPENSES = """
roles:
  clerk: {can: [{do: [list, read, create], on: expense}]}
  boss: {can: [{do: [list, read], on: expense}]}
resources:
  expense:
    fields:
      amount: {type: money, min: 0, max: 100000, immutable: true}
      reason: {type: string, max: 80}
caps:
"""


@family.rule(
    "L361",
    "cap-of-nobody",
    "warning",
    "PAY-6",
    reason="The role is granted nothing that is added up, so that the cap caps nobody.",
    remedy="Grant it the operation, or remove the role from the cap.",
    example=f"{_EXPENSES}  expenses:\n    counts: expense\n    sum: amount\n    roles:\n"
    "      clerk: {member: 2000}\n      boss: {member: 9000}\n",
    repair=("      boss: {member: 9000}\n", ""),
)
def cap_of_nobody(context: Context) -> Iterator[Found]:
    """A role in a cap that is not granted what the cap adds up."""
    assert isinstance(context.spec, SpecKeys)
    for name, cap in context.spec.caps.items():
        for role in cap.roles.keys() - granted(context.spec, cap):
            yield Found(f"{role} may do nothing that {name} adds up", ("caps", name, "roles", role))


@family.rule(
    "L362",
    "cap-that-never-matters",
    "advice",
    "PAY-6",
    reason="Another cap of the same role, or the bound of the field, refuses first.",
    remedy="Lower it, or remove it.",
    example=f"{_EXPENSES}  expenses: {{counts: expense, sum: amount, roles: {{clerk: "
    "{each: 5000, member: 2000}}}\n",
    repair=("each: 5000, ", "each: 500, "),
)
def cap_that_never_matters(context: Context) -> Iterator[Found]:
    """A cap of one use above that of a member, one of a member above that of the tenant, and one of
    a use above the bound of the field."""
    found = caps_of(context.design)
    for cap in found.each if found else ():
        kinds = _amounts(context, cap.counter.counts, cap.counter.amount)
        bounds = _bounds(kinds, "high")
        bound = max(bounds) if bounds and len(bounds) == len(kinds) else None
        for limits in cap.roles:
            path = ("caps", cap.name, "roles", limits.role)
            pairs = (("each", "member"), ("each", "tenant"), ("member", "tenant"))
            for lower, upper in pairs:
                low, high = limits.named[lower], limits.named[upper]
                if low is not None and high is not None and low > high:
                    yield Found(
                        f"{limits.role} reaches {upper} of {cap.name} before {lower}",
                        (*path, lower),
                    )
            if limits.each is not None and bound is not None and limits.each >= bound:
                yield Found(
                    f"{cap.counter.amount} is {bound} at most, and {cap.name} lets {limits.role} "
                    "do all of it at once",
                    (*path, "each"),
                )


@family.rule(
    "L364",
    "cap-that-lets-nothing-through",
    "error",
    "PAY-6",
    reason="Every use is more than that, so that each is refused.",
    remedy="Raise the cap, or do not grant the operation to the role.",
    example=_EXPENSES.replace("min: 0", "min: 100")
    + "  expenses: {counts: expense, sum: amount, roles: {clerk: {member: 50}}}\n",
    repair=("member: 50", "member: 500"),
)
def cap_that_lets_nothing_through(context: Context) -> Iterator[Found]:
    """A cap below the smallest amount of a use."""
    found = caps_of(context.design)
    for cap in found.each if found else ():
        least = _bounds(_amounts(context, cap.counter.counts, cap.counter.amount), "low")
        for limits in cap.roles:
            for name, most in limits.named.items():
                if most is not None and least and max(least) > most:
                    said = f"A use of {cap.name} is {max(least)} at least"
                    yield Found(said, ("caps", cap.name, "roles", limits.role, name))


def _amounts(context: Context, counts: tuple[tuple[str, str], ...], field: str) -> list[Kind]:
    """The types of the amounts of what a cap adds up, where somebody is granted it."""
    found = []
    for name, do in counts:
        entity = context.entities.get(name)
        for operation in entity.operations if entity else ():
            if (operation.action or operation.verb) == do and entity:
                kinds = [each.kind for each in operation.input if each.name == field]
                kinds += [each.kind for each in entity.columns if each.name == field]
                found += kinds[:1]
    return found


def _bounds(kinds: list[Kind], name: str) -> list[Decimal]:
    """Their bounds `low` or `high`, of those that have one."""
    found = (getattr(each, name, None) for each in kinds)
    return [Decimal(each) for each in found if each is not None]


@family.rule(
    "L363",
    "cap-with-a-way-around",
    "warning",
    "PAY-6",
    reason="Whoever creates a row with a small amount can change it into a large one.",
    remedy="Make the field immutable, or cap the action that approves the row.",
    example=_EXPENSES.replace(", immutable: true", "").replace(
        "[list, read, create]", "[list, read, create, update]"
    )
    + "  expenses: {counts: expense, sum: amount, roles: {clerk: {member: 2000}}}\n",
    repair=("max: 100000}", "max: 100000, immutable: true}"),
)
def cap_with_a_way_around(context: Context) -> Iterator[Found]:
    """An amount that counts when a row is created, and that some role can change afterwards."""
    found = caps_of(context.design)
    for cap in found.each if found else ():
        for name, do in cap.counter.counts:
            entity = context.entities.get(name)
            update = entity.operation("update") if entity else None
            if entity is None or update is None or do != "create":
                continue
            column = entity.column(cap.counter.amount)
            if column.updatable and any(each.covers(column) for each in update.alternatives):
                yield Found(
                    f"{cap.counter.amount} of {name} can be changed behind the cap",
                    ("caps", cap.name),
                )
