"""Which layer of the check finds which mutant, and the page that says so."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from scaffold.drift.change import changes
from scaffold.drift.database.yielded import WIDENED
from scaffold.drift.facts import surface_of
from tests.drift.mutation import live
from tests.drift.mutation.catalog import MUTANTS
from tests.drift.mutation.mutant import Mutant
from tests.drift.mutation.services import NAMES, NoPlace, copied, found, service
from tests.drift.spec.operators import LOOSENINGS, Loosening
from tests.drift.spec.test_operators import blocking, cases

LAYERS: Final = ("tree", "code", "contract", "database", "project", "application")

BELOW: Final = """\
Critical mutants are seen by two rules. What is changed by hand in a live database is seen by
`scaffold check --database-url`, and by the service, which does not start on it.

## The spec

Loosenings of the spec of four services, and the rule that blocks each. What is critical (`C`) is
seen by a second look as well, at the guards that follow from the spec: it is told once, and blocks
by itself where the first look is blind.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What was found of a mutant: the rules of each layer, over all services."""

    mutant: Mutant
    services: int
    rules: dict[str, tuple[str, ...]]

    @property
    def count(self) -> int:
        """How many rules blocked."""
        return sum(map(len, self.rules.values()))


@cache
def row(mutant: Mutant) -> Row:
    """A mutant in each service that has a place for it: only what is found in all of them."""
    told: list[set[tuple[str, str]]] = []
    for name in NAMES:
        of = service(name)
        try:
            files = mutant.change(of)
        except NoPlace:
            continue
        told.append({(c.rule.layer, c.rule.id) for c in found(of, files) if c.blocks})
        if mutant.runs and len(told) == 1:
            told[0] |= {("application", each) for each in runs(mutant, name)}
    rules = set(told[0]) if told else set()
    for each in told[1:]:
        rules &= each | {one for one in rules if one[0] == "application"}
    kept = {
        layer: tuple(sorted(rule for where, rule in rules if where == layer)) for layer in LAYERS
    }
    return Row(mutant, len(told), kept)


def runs(mutant: Mutant, name: str) -> Iterator[str]:
    """What is found of the application of a service as it runs."""
    from scaffold.drift.application.read import ApplicationError, read

    of = service(name)
    with copied(of, mutant.change(of)) as project:
        try:
            facts = surface_of(read(project, Path(sys.executable), of.emission))
        except ApplicationError:
            yield "exit 2"
            return
        yield from sorted({each.rule.id for each in changes({}, facts) if each.blocks})


def page() -> str:
    """The page of the documents."""
    rows = [row(each) for each in MUTANTS]
    lines = [
        "# Mutants of drift",
        "",
        "What is changed for the worse in whole services ("
        + ", ".join(NAMES)
        + "), and which rules",
        "block it, by layer. A rule is named where it blocks in every service that has a place for the",  # noqa: E501
        "mutant. Each mutant has a dual, a change of the same kind that blocks nothing. The application is",  # noqa: E501
        "imported for a few, where a second look is worth its time. `C` critical, `H` high, `M` medium.",  # noqa: E501
        "",
        "This page is what `python -m tests.drift.mutation` prints; a test compares it.",
        "",
        f"| mutant | what | | {' | '.join(LAYERS)} |",
        f"|---|---|---|{'---|' * len(LAYERS)}",
    ]
    for each in rows:
        cells = " | ".join(" ".join(_short(r) for r in each.rules[layer]) for layer in LAYERS)
        severity = each.mutant.severity[0].upper()
        lines.append(f"| {each.mutant.id} | {each.mutant.title} | {severity} | {cells} |")
    for by_hand in live.MUTANTS:
        cells = [_short(r) for r in sorted(live.tried()[by_hand.id][0].rules)]
        found = {"database": " ".join(cells), "application": live.REFUSED}
        shown = " | ".join(found.get(layer, "") for layer in LAYERS)
        lines.append(f"| {by_hand.id} | {by_hand.title} | C | {shown} |")
    lines += ["", *BELOW.splitlines(), ""]
    lines += [loosened(each) for each in LOOSENINGS]
    lines += [""]
    return "\n".join(lines)


def _short(rule: str) -> str:
    return rule.removeprefix("SCF")


def loosened(each: Loosening) -> str:
    """The line of a loosening of the spec."""
    rules = " ".join(sorted(_spec(each.id)))
    second = f", seen by {WIDENED.id} too" if each.critical else ""
    return f"- {each.id}{' `C`' if each.critical else ''}: {each.title} ({rules}{second})"


@cache
def _spec(id_: str) -> frozenset[str]:
    loosening = next(each for each in LOOSENINGS if each.id == id_)
    _, before, after = cases(loosening)[0]
    told = {each.rule.id for each in blocking(before, after)}
    return frozenset(told & {*loosening.rules}) or frozenset(loosening.rules)
