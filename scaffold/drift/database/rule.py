"""A rule about facts of SQL, which says how a widening of them is shown."""

from __future__ import annotations

from dataclasses import dataclass

from scaffold.drift.rule import Rule
from scaffold.drift.witness import Shows


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlRule(Rule):
    """A rule of the database; `shows` is how it is shown what becomes possible."""

    shows: Shows
