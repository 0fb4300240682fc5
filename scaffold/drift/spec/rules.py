"""Every rule of the spec: those of the core and those of the features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from scaffold.drift.spec.rule import SpecRule, Waiver


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in the order of their ids. `access` judges what roles are granted, and
    `unclaimed` what no other rule does
    and no waiver names."""

    all: tuple[SpecRule, ...]
    waived: tuple[Waiver, ...]
    access: SpecRule
    unclaimed: SpecRule


@cache
def rules() -> Rules:
    """The rules."""
    from scaffold.drift.spec import access, fields, identity, operations, service
    from scaffold.features import FEATURES

    families = (access.RULES, fields.RULES, identity.RULES, operations.RULES, service.RULES)
    found = [
        *(each for family in families for each in family),
        *(each for feature in FEATURES for each in feature.drift().rules),
    ]
    every = tuple(sorted(found, key=lambda each: each.id))
    waived = [
        *service.WAIVED,
        *(each for feature in FEATURES for each in feature.drift().waived),
    ]
    return Rules(every, tuple(waived), access.PERMISSION, service.UNCLAIMED)
