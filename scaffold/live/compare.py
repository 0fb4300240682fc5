"""The differences between a live database and what its release makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from scaffold.database.schema import COMMANDS
from scaffold.live import words
from scaffold.live.facts import GRANTED, OWNER, PRIVILEGES, Fact, Key
from scaffold.live.progress import Progress
from scaffold.live.release import Release
from scaffold.live.state import State
from scaffold.live.twin import prefix_of

Difference = tuple[str, str]
"""What differs, and how."""

BOUND = {"row-level security": "on", "row-level security for its owner": "forced"}
"""What the table of a resource has, in every release."""


@dataclass(frozen=True)
class Comparison:
    """A live database beside the facts that its release makes."""

    release: Release
    expected: Mapping[Key, Fact]
    state: State

    def differences(self) -> list[Difference]:
        """Every difference, in an order that is always the same."""
        return [
            *self._progress.told(),
            *sorted({*self._unlike(), *self._changed()}),
            *sorted(self._others()),
            *sorted(self._roles()),
        ]

    @cached_property
    def _progress(self) -> Progress:
        return Progress(self.release, self.state.ledger)

    @property
    def _app(self) -> str:
        return f"{prefix_of(self.state.owner)}_app"

    # What is there and should not be, and the other way about.

    def _unlike(self) -> Iterator[Difference]:
        for each in self._extra:
            if not self._follow.is_one(each):
                yield each.title, words.unexpected(each)
        for each in self._missing:
            if not self._follow.is_one(each):
                yield each.title, words.missing(each)

    @cached_property
    def _extra(self) -> list[Fact]:
        live = self.state.facts
        found = (self._unneeded(live[key]) for key in live.keys() - self.expected.keys())
        return [each for each in found if each is not None and not self._progress.moves(each)]

    @cached_property
    def _missing(self) -> list[Fact]:
        progress, live = self._progress, self.state.facts
        found = (self.expected[key] for key in self.expected.keys() - live.keys())
        return [each for each in found if not (progress.moves(each) or progress.comes(each))]

    @cached_property
    def _follow(self) -> _Followers:
        return _Followers([*self._extra, *self._missing], self._retyped())

    def _retyped(self) -> Iterator[Fact]:
        """The columns of another type: what hangs on them is printed in another way."""
        for key, found in self.state.facts.items():
            wanted = self.expected.get(key)
            if found.kind == "column" and wanted and found.about["type"] != wanted.about["type"]:
                yield found

    # What another release needs that the ledger knows.

    def _unneeded(self, fact: Fact) -> Fact | None:
        """What of a fact that the spec does not yield no other release needs either."""
        if fact.privileges:
            left = {e: GRANTED for e in fact.about if not self._is_needed(fact, e)}
            return replace(fact, about=left) if left else None
        return None if self._is_known(fact) else fact

    def _is_known(self, fact: Fact) -> bool:
        """Is it of another release?"""
        ledger, own = self.state.ledger, self.release.name
        if fact.kind == "policy":
            return (fact.relation, fact.name) in ledger.known
        if fact.kind == "view":
            return self._keeps_names(fact)
        if fact.kind == "index":
            return any(name == fact.name for release, name in ledger.indexes if release != own)
        if fact.kind == "role of members":
            return any(each != own for each in ledger.releases)
        return self._is_of_other_rules(fact)

    def _keeps_names(self, view: Fact) -> bool:
        """Does a view keep what this release calls its tenants, which a later one has renamed?"""
        table = ("table", self.release.package, "", view.name)
        about = {"options": "security_invoker=true", OWNER: self.state.owner}
        return (
            bool(self._progress.later)
            and view.schema == self.release.name
            and table in self.expected
            and about.items() <= view.about.items()
        )

    def _is_of_other_rules(self, fact: Fact) -> bool:
        """Is it the function of a trigger, as another release that migrated last has made it?"""
        is_rule = fact.kind == "function" and fact.about["result"] == "trigger"
        return is_rule and fact.schema == self.release.package and not self._progress.is_last

    def _is_needed(self, fact: Fact, privilege: str) -> bool:
        """Does another release need a privilege?

        A release is granted a command only with a policy for it, and updates column by column. All
        tables are read for backups, also one that is still to go.
        """
        if fact.kind == f"{PRIVILEGES}view" and fact.name == self._app:
            view = self.state.facts.get(("view", fact.schema, "", fact.relation))
            return view is not None and self._keeps_names(view) and privilege in COMMANDS
        if fact.kind != f"{PRIVILEGES}table" or privilege.endswith("with grant option"):
            return False
        table = self.state.facts.get(("table", fact.schema, "", fact.relation))
        if fact.name == f"{prefix_of(self.state.owner)}_backup" and privilege == "select":
            return table is not None and self._progress.moves(table)
        command, _, column = privilege.partition(" ")
        if fact.name != self._app or (command == "update") is not bool(column):
            return False
        return any(
            relation == fact.relation and name.startswith(f"reach_{command}_")
            for release, relation, name in self.state.ledger.policies
            if release != self.release.name or self._progress.later
        )

    # What is there in another way.

    def _changed(self) -> Iterator[Difference]:
        for key, fact in self.state.facts.items():
            found, wanted = fact, self._wanted(fact)
            if wanted is None or self._follow.is_one(fact):
                continue
            if fact.privileges:
                found, wanted = self._privileges(fact, wanted)
            elif key in self.expected and fact.kind != "table" and self._progress.moves(fact):
                continue
            if said := words.changed(found, wanted):
                yield fact.title, said

    def _wanted(self, fact: Fact) -> Fact | None:
        """What a fact has to be; nothing where it is only there or not."""
        wanted = self.expected.get(fact.key)
        if wanted is None:
            # A table that a migration has still to take away, or that a later one has made.
            on_the_way = fact.kind == "table" and self._progress.moves(fact)
            bound = {**fact.about, **BOUND, OWNER: self.state.owner}
            return replace(fact, about=bound) if on_the_way else None
        if self._is_of_other_rules(fact):
            return replace(wanted, about={**wanted.about, "text": fact.about["text"]})
        if self._progress.later:  # names in it are those of now
            if fact.kind == "policy" and self._is_known(fact):
                return None
            if fact.kind == "view":
                return replace(
                    wanted, about={**wanted.about, "definition": fact.about["definition"]}
                )
        return wanted

    def _privileges(self, found: Fact, wanted: Fact) -> tuple[Fact, Fact]:
        """Without those that another release needs, and those that are still to come."""
        more = {e: GRANTED for e in found.about if e not in wanted.about}
        left = self._unneeded(replace(found, about=more))
        kept = {e: GRANTED for e in found.about if e in wanted.about}
        less = kept if self._progress.comes(wanted) else wanted.about
        return (
            replace(found, about=kept | dict(left.about if left else {})),
            replace(wanted, about=less),
        )

    # What other releases have made.

    def _others(self) -> Iterator[Difference]:
        """What in the schemas of other releases gives more than any release gives."""
        for each in self.state.others:
            wanted = {**each.about}
            if OWNER in wanted:
                wanted[OWNER] = self.state.owner
            if each.kind == "function":
                wanted["rights"] = "those of its caller"
            if each.kind == "view":
                wanted["options"] = "security_invoker=true"
            if each.privileges and each.name != self._app:
                wanted = {}
            if said := words.changed(each, replace(each, about=wanted)):
                yield f"{each.title} of {each.schema}", said

    # Roles, which the whole server has.

    def _roles(self) -> Iterator[Difference]:
        prefix = prefix_of(self.state.owner)
        for last, role in self.state.roles.items():
            title, ways = f"role {prefix}_{last}", self.release.attributes[last]
            if not any(way <= role.words for way in ways):
                yield title, words.attributes(role.words, ways[0])
            for each in role.joined:
                yield title, f"is a member of {each}, and roles.sql makes it a member of no role"
        settings = {k.lower(): v for k, v in self.state.roles["app"].settings.items()}
        for name, value in self.release.settings.items():
            found = settings.get(name.lower(), "none")
            if found != value:
                yield f"role {self._app}", f"has {name} {found}, and roles.sql sets {value}"
        # One that may do everything has been named already.
        bound = "nosuperuser" in self.state.roles["app"].words
        for what, where in self.state.elsewhere if bound else ():
            yield f"role {self._app}", f"{what} {where}, which is not of the service"


class _Followers:
    """What is there, or is not, because something else is: it is not told in addition."""

    def __init__(self, unlike: Iterable[Fact], retyped: Iterable[Fact]) -> None:
        found = [*unlike]
        self._whole = {(e.schema, e.name) for e in found if not e.relation}
        columns = [*(e for e in found if e.kind == "column"), *retyped]
        self._columns = {(e.schema, e.relation, e.name) for e in columns}

    def is_one(self, fact: Fact) -> bool:
        """Does it follow from something that is told?"""
        above = {fact.schema, fact.relation} - {fact.name}
        if any((fact.schema, each) in self._whole for each in above):
            return True
        on_columns = fact.kind != "column" and fact.columns
        return any((fact.schema, fact.relation, each) in self._columns for each in on_columns or ())
