"""Rules about conditions that can never hold."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.model import Column
from scaffold.design.surface import literal_text
from scaffold.lint.context import Context, Granted
from scaffold.lint.logic import Values, possible
from scaffold.lint.rule import Family, Found
from scaffold.spec.conditions import ORDERS
from scaffold.spec.model import Condition, Term

family = Family()


@family.rule(
    "L201",
    "never-allowed",
    "error",
    "AZ-2",
    reason="The grant seems to allow something, but it never does.",
    remedy="Change the conditions so that one row can meet them all, or remove the grant.",
    example="""
tenancy: {tenant: company, attributes: {region: {enum: [eu, us]}}}
roles:
  clerk:
    can:
      - {do: [list, create], on: shop}
      - {do: read, on: shop, when: {region: $tenant.region, $tenant.region: us}}
resources:
  shop: {fields: {region: {type: enum, values: [eu, asia]}}}
""",
    repair=("$tenant.region: us", "$tenant.region: eu"),
)
def never_allowed(context: Context) -> Iterator[Found]:
    """Conditions that contradict each other: no row, user, tenant and environment meet them all."""
    seen: set[tuple[object, ...]] = set()
    for each in context.granted:
        if (each.path, each.entity.name) not in seen and not _possible(context, each, {}):
            seen.add((each.path, each.entity.name))
            message = f"No {each.entity.name} can meet all these conditions"
            yield Found(message, (*each.path, "when"))


@family.rule(
    "L202",
    "never-created-so",
    "error",
    "AZ-2",
    reason="A new row has the default of each field that the role cannot set, so the grant to "
    "create is refused every time.",
    remedy="Compare with the default, or let the role set the field.",
    example="""
roles:
  clerk:
    can:
      - {do: [list, read, close], on: order}
      - {do: create, on: order, when: {state: done}}
resources:
  order:
    fields: {state: {type: enum, values: [open, done], default: open, set_by: close}}
    actions: {close: {on: item}}
""",
    repair=("state: done", "state: open"),
)
def never_created_so(context: Context) -> Iterator[Found]:
    """A grant to create whose conditions a new row cannot meet: they ask for another value than
    the default of a field that hooks set, or that `only` and `except` keep from the role."""
    for each in context.granted:
        if each.do != "create" or not each.grant.when or not _possible(context, each, {}):
            continue
        fixed: dict[Term, Values] = {}
        for column in each.entity.columns:
            writable = column.creatable and (each.fields is None or column.field in each.fields)
            if column.origin in ("caller", "hook") and not writable:
                fixed[Term("field", column.field)] = _default(column)
        for condition in each.when:
            if condition.left.name == each.entity.owner and condition.negated:
                yield Found(
                    f"{each.role} owns each {each.entity.name} that they create",
                    (*each.path, "when", condition.left.name),
                )
            if condition.left in fixed and not _possible(
                context, each, {condition.left: fixed[condition.left]}
            ):
                given = ", ".join(map(_text, fixed[condition.left])) or "empty"
                yield Found(
                    f"{each.role} cannot set {condition.left}, which is {given} in a new "
                    f"{each.entity.name}",
                    (*each.path, "when", condition.left.name),
                )


def _possible(context: Context, each: Granted, fixed: dict[Term, Values]) -> bool:
    """Can the conditions of a grant hold, where some fields have certain values?"""

    def values(term: Term) -> Values | None:
        found = fixed.get(term)
        return context.values(each.entity, term) if found is None else found

    return possible([*each.when, *_bounds(context, each)], values)


def _bounds(context: Context, each: Granted) -> Iterator[Condition]:
    """What is said by the types of all that is compared by order."""
    for condition in each.when:
        for term in (condition.left, condition.right) if condition.operator in ORDERS else ():
            kind = context.kind(each.entity, term) if isinstance(term, Term) else None
            low, high = kind.extremes if kind and isinstance(term, Term) else (None, None)
            if low is not None and high is not None and isinstance(term, Term):
                yield Condition(term, "gte", (low,))
                yield Condition(term, "lte", (high,))


def _default(column: Column) -> Values:
    """What a condition sees of a column in a new row when nobody sets it; None is null."""
    default = column.default
    if default is None:
        return frozenset({None})
    if isinstance(default, tuple):
        return frozenset({default})
    return frozenset({column.kind.rank(default)}) if isinstance(default, str | int) else frozenset()


def _text(value: object) -> str:
    if value is None or value == ():
        return "empty"
    return literal_text(value if isinstance(value, bool | int) else str(value))
