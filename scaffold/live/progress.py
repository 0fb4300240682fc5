"""How far a database is: the migrations and releases of its ledger, and what they still change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from scaffold.database.sql import named
from scaffold.live.facts import Fact
from scaffold.live.release import Release
from scaffold.live.state import Ledger

RUN = "run python -m {}.store.migrate"
ISOLATION = "tenant_isolation"
"""The policy that is the same in every release."""
_DERIVED = ("schema", "view", "function", "type", "index", "trigger", "role of members")
"""What a release adds, beside policies and privileges."""


@dataclass(frozen=True)
class Progress:
    """A ledger beside the release that is expected."""

    release: Release
    ledger: Ledger

    @property
    def pending(self) -> list[str]:
        """The migrations that are not done."""
        names = (each.name for each in self.release.migrations)
        return [name for name in names if name not in self.ledger.applied]

    @cached_property
    def later(self) -> list[str]:
        """The migrations of a later release, which this project does not have."""
        ours = {each.name for each in self.release.migrations}
        return sorted(self.ledger.applied.keys() - ours)

    @cached_property
    def is_applied(self) -> bool:
        """Has the release been applied?"""
        return self.release.name in self.ledger.releases

    @property
    def is_last(self) -> bool:
        """Was the release applied after all others? It has replaced what they share."""
        return self.ledger.releases[-1:] == (self.release.name,)

    def told(self) -> Iterator[tuple[str, str]]:
        """What was not applied yet, or is of another history: which, and what to do."""
        run = RUN.format(self.release.package)
        for name in self.pending:
            begun = "was begun and is not done" if name in self.ledger.begun else "is not applied"
            contracts = name.endswith(".contract.sql")
            when = " --contract when no older release is left" if contracts else ""
            yield f"migration {name}", f"{begun}: {run}{when}. What it changes is not compared"
        for name in self.later:
            said = (
                "was applied, and this project does not have it: check with the project of the "
                "later release. The columns of tables, and what hangs on them, are not compared"
            )
            yield f"migration {name}", said
        for name, chain in self.release.chains.items():
            if self.ledger.applied.get(name, chain) != chain:
                said = "has another text than the one that was applied: take the change back"
                yield f"migration {name}", said
        if not self.is_applied:
            said = f"is not applied: {run}. What it would add is not compared"
            yield f"release {self.release.name}", said

    @cached_property
    def _touched(self) -> frozenset[str]:
        """What pending migrations change: tables, and columns as `table.column`.

        The first one makes all tables, and says of none that it changes it.
        """
        every = tuple(each.name for each in self.release.tables)
        pending = set(self.pending)
        return frozenset(
            change.replace('"', "")
            for each in self.release.migrations
            if each.name in pending
            for change in each.changes or every
        )

    @cached_property
    def _fillers(self) -> frozenset[str]:
        """The triggers and functions that fill a column in until the contract phase."""
        columns = (each.split(".") for each in self._touched if "." in each)
        return frozenset(named(*each, "fill_") for each in columns)

    def moves(self, fact: Fact) -> bool:
        """Is it a part of a table that a migration still changes, or that a later one has changed?

        A policy or a privilege is not: it gives somebody something, whatever the table is called.
        """
        if fact.kind == "policy" or fact.privileges:
            return False
        table = fact.name if fact.kind == "table" else fact.relation
        if self.later and table:
            return True
        whole = table in self._touched or fact.name.partition("(")[0] in self._fillers
        return whole or any(f"{table}.{each}" in self._touched for each in fact.columns)

    def comes(self, fact: Fact) -> bool:
        """Is something that is missing still to be made, or called otherwise since?"""
        given = fact.kind == "policy" or fact.privileges
        if self.later and (given or fact.kind == "index"):
            return True
        if self.is_applied:
            return False
        if fact.kind == "policy" and fact.name == ISOLATION:
            return fact.relation in self._touched
        return given or fact.kind in _DERIVED
