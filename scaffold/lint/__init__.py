"""Advice about a spec that is valid: what it says, and its author probably did not mean.

A rule is one function with an id that is its own for good, its reason, its remedy and an example.
The modules are families of rules; `RULES` are all of them, by id.
"""

from __future__ import annotations

from scaffold.design.model import Design
from scaffold.lint import (
    actions,
    conditions,
    fields,
    grants,
    queries,
    resources,
    roles,
    service,
)
from scaffold.lint.context import Context
from scaffold.lint.rule import Advice, Rule, Severity
from scaffold.spec.model import Spec
from scaffold.spec.positions import Positions

__all__ = ["RULES", "Advice", "Rule", "Severity", "advise"]

_FAMILIES = (roles, conditions, grants, resources, fields, queries, actions, service)

RULES: tuple[Rule, ...] = tuple(rule for each in _FAMILIES for rule in each.family.rules)
"""Every rule, in the order of their ids."""


def advise(design: Design, spec: Spec, positions: Positions) -> list[Advice]:
    """What every rule says about a spec and the design that it resolves to, by position."""
    context = Context(design, spec)
    found = [advice for rule in RULES for advice in rule.advise(context, positions)]
    return sorted(found, key=lambda each: (each.line, each.column, each.id, each.message))
