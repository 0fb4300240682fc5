"""Every rule, and what all of them say about a spec.

A rule is one function with an id that is its own for good, its reason, its remedy and an example.
The modules are families of rules; `RULES` are all of them, those of features too, by id.
"""

from __future__ import annotations

from scaffold.design.model import Design
from scaffold.features import FEATURES
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
from scaffold.lint.rule import Advice, Rule
from scaffold.spec.model import Spec
from scaffold.spec.positions import Positions

_FAMILIES = (roles, conditions, grants, resources, fields, queries, actions, service)

_RULES = (
    *(rule for each in _FAMILIES for rule in each.family.rules),
    *(rule for each in FEATURES for rule in each.rules()),
)

RULES: tuple[Rule, ...] = tuple(sorted(_RULES, key=lambda each: each.id))
"""Every rule, in the order of their ids."""


def advise(design: Design, spec: Spec, positions: Positions) -> list[Advice]:
    """What every rule says about a spec and the design that it resolves to, by position."""
    context = Context(design, spec)
    found = [advice for rule in RULES for advice in rule.advise(context, positions)]
    return sorted(found, key=lambda each: (each.line, each.column, each.id, each.message))
