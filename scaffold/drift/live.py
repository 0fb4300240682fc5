"""A live database that is not what the migrations make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from scaffold.drift.change import Change
from scaffold.drift.database.rule import SqlRule
from scaffold.drift.facts import Fact, Place
from scaffold.drift.witness import Untried
from scaffold.tree.check import Finding
from scaffold.tree.paths import SPEC

DIFFERS = SqlRule(
    id="SCF530",
    name="live-database-differs",
    severity="critical",
    controls=("AZ-3", "GEN-3"),
    layer="database",
    what="Tables, policies, functions, privileges and roles of the database of --database-url, "
    "beside those that the migrations of the project make.",
    why="Somebody changed the database by hand: no review and no test has seen it.",
    remedy="Run the migrations, which bring back what follows from the spec; undo the rest, or say "
    "in scaffold.yaml what it was for.",
    example=None,
    waivable=False,
    shows=Untried("The database itself is what was asked: no file of the project makes it so."),
)
RULES: Final = (DIFFERS,)


def changed(found: Iterable[Finding]) -> Iterator[Change]:
    """The differences as changes: what the spec yields is before, what is there is now."""
    for each in found:
        before = Fact(DIFFERS, each.path, "as the migrations make it", Place(SPEC))
        now = Fact(DIFFERS, each.path, each.message, Place(SPEC))
        yield Change(DIFFERS, each.path, before, now, "incomparable")
