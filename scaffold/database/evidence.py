"""What tells what happened, and until when it is held although its time is over."""

from __future__ import annotations

from collections.abc import Sequence

from scaffold.database.layout import Sql
from scaffold.design.model import Design
from scaffold.features import FEATURES
from scaffold.features.feature import Evidence


def evidence(design: Design) -> Sequence[Evidence]:
    """The tables that tell what happened."""
    return [each for feature in FEATURES for each in feature.evidence(design)]


def held(design: Design, tenant: str) -> Sequence[Sql]:
    """The SQL conditions of which one is enough to hold what tells of a tenant, an expression."""
    return [each for feature in FEATURES for each in feature.held(design, tenant)]
