"""The differences between a live database and what its release makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from scaffold.database.sql import named
from scaffold.live import words
from scaffold.live.facts import GRANTED, OWNER, PRIVILEGES, Fact, Key
from scaffold.live.release import Release
from scaffold.live.state import State
from scaffold.live.twin import prefix_of

Difference = tuple[str, str]
"""What differs, and how."""

ISOLATION = "tenant_isolation"
"""The policy that is the same in every release."""
RUN = "run python -m {}.store.migrate"


@dataclass(frozen=True)
class Comparison:
    """A live database beside the facts that its release makes."""

    release: Release
    expected: Mapping[Key, Fact]
    state: State

    def differences(self) -> list[Difference]:
        """Every difference, in an order that is always the same."""
        return [
            *self._migrations(),
            *sorted(self._facts()),
            *sorted(self._others()),
            *sorted(self._roles()),
        ]

    # What was applied.

    @property
    def _pending(self) -> list[str]:
        applied = self.state.ledger.applied
        return [each.name for each in self.release.migrations if each.name not in applied]

    @property
    def _later(self) -> list[str]:
        """The migrations of a later release."""
        ours = {each.name for each in self.release.migrations}
        return sorted(self.state.ledger.applied.keys() - ours)

    @property
    def _is_applied(self) -> bool:
        return self.release.name in self.state.ledger.releases

    @property
    def _has_others(self) -> bool:
        return any(each != self.release.name for each in self.state.ledger.releases)

    def _migrations(self) -> Iterator[Difference]:
        ledger, package = self.state.ledger, self.release.package
        run = RUN.format(package)
        for name in self._pending:
            begun = "was begun and is not done" if name in ledger.begun else "is not applied"
            option = " --contract once no older release is left" if name.endswith(".contract.sql") else ""
            yield f"migration {name}", f"{begun}: {run}{option}. What it changes is not compared"
        for name in self._later:
            yield (
                f"migration {name}",
                "was applied, and the project does not have it: check with the project of the later "
                "release. Tables are not compared",
            )
        for name, chain in self.release.chains.items():
            if ledger.applied.get(name, chain) != chain:
                yield (
                    f"migration {name}",
                    "has another text than the one that was applied: take the change back",
                )
        if not self._is_applied:
            yield (
                f"release {self.release.name}",
                f"is not applied: {run}. What it would add is not compared",
            )

    # What migrations that are not done touch is not compared.

    @cached_property
    def _touched(self) -> frozenset[str]:
        """Tables, and columns as `table.column`."""
        pending = set(self._pending)
        return frozenset(
            change.replace('"', "")
            for each in self.release.migrations
            if each.name in pending
            for change in each.changes or [table.name for table in self.release.tables]
        )

    @cached_property
    def _fillers(self) -> frozenset[str]:
        """The triggers and functions that fill a column in until the contract phase."""
        columns = (each.split(".") for each in self._touched if "." in each)
        return frozenset(named(*each, "fill_") for each in columns)

    def _is_moving(self, fact: Fact) -> bool:
        """Is it what a migration that is not done changes, or one that this project lacks?"""
        table = fact.name if fact.kind == "table" else fact.relation
        derived = fact.kind in ("policy", "index") or fact.privileges
        if self._later and (fact.kind == "table" or fact.relation) and not derived:
            return True
        if table in self._touched:
            return True
        if fact.name.partition("(")[0] in self._fillers:
            return True
        return any(f"{table}.{column}" in self._touched for column in fact.columns)

    # What there is.

    def _facts(self) -> Iterator[Difference]:
        live = {key: each for key, each in self.state.facts.items()}
        unlike = [
            each for key, each in live.items() if key not in self.expected and not self._explained(each)
        ]
        lacking = [
            each for key, each in self.expected.items() if key not in live and not self._early(each)
        ]
        follow = _Followers([*unlike, *lacking], self._retyped())
        for each in unlike:
            if not follow.is_one(each) and not self._is_moving(each):
                yield each.title, words.extra(self._unexplained(each))
        for each in lacking:
            if not follow.is_one(each) and not self._is_moving(each):
                yield each.title, words.missing(each)
        for key in live.keys() & self.expected.keys():
            found, wanted = self._compared(live[key], self.expected[key])
            moves = self._is_moving(found) and not found.privileges
            if found.kind == "table" and self._is_moving(found):
                moves = False
                wanted = replace(wanted, about=found.about | _bound(wanted))
            if not moves and not follow.is_one(found) and (said := words.changed(found, wanted)):
                yield found.title, said
        yield from self._unbound(unlike)

    def _unbound(self, unlike: Iterable[Fact]) -> Iterator[Difference]:
        """Tables that a migration is still to take away, or that a later one has made."""
        for each in unlike:
            if each.kind == "table" and self._is_moving(each):
                bound = _bound(each)
                if any(each.about[name] != value for name, value in BOUND.items()):
                    yield each.title, words.changed(replace(each, about=bound), replace(each, about=BOUND))

    def _retyped(self) -> Iterator[Fact]:
        """The columns of another type: what hangs on them is printed in another way."""
        for key, found in self.state.facts.items():
            wanted = self.expected.get(key)
            if found.kind == "column" and wanted and found.about["type"] != wanted.about["type"]:
                yield found

    def _early(self, fact: Fact) -> bool:
        """Does it belong to a release that is not applied yet?"""
        if self._is_applied:
            return False
        if fact.kind == "policy":
            return fact.name != ISOLATION
        derived = ("schema", "view", "function", "type", "index", "trigger", "role of members")
        return fact.kind in derived or fact.privileges

    def _explained(self, fact: Fact) -> bool:
        """Is it of another release that the ledger knows?"""
        ledger, own = self.state.ledger, self.release.name
        if fact.kind == "policy":
            return (fact.relation, fact.name) in ledger.known
        if fact.kind == "index":
            return any(name == fact.name for release, name in ledger.indexes if release != own)
        if fact.kind == "role of members":
            return self._has_others
        if fact.kind == "function":
            return fact.schema == self.release.package and self._is_of_other_rules(fact)
        if fact.privileges:
            return not self._unexplained(fact).about
        return False

    def _unexplained(self, fact: Fact) -> Fact:
        """The privileges that no release needs; any other fact as it is."""
        if not fact.privileges:
            return fact
        needed = {e for e in fact.about if self._is_needed_elsewhere(fact, e)}
        return replace(fact, about={e: GRANTED for e in fact.about if e not in needed})

    def _is_needed_elsewhere(self, fact: Fact, privilege: str) -> bool:
        """Does another release have a policy for what the service's role may do here?

        A release is granted a command only with a policy for it, and updates column by column.
        """
        command, _, column = privilege.partition(" ")
        if fact.kind != f"{PRIVILEGES}table" or fact.name != self._app or "grant option" in column:
            return False
        if (command == "update") is not bool(column):
            return False
        return any(
            release != self.release.name
            and relation == fact.relation
            and name.startswith(f"reach_{command}_")
            for release, relation, name in self.state.ledger.policies
        )

    @property
    def _app(self) -> str:
        return f"{prefix_of(self.state.owner)}_app"

    def _is_of_other_rules(self, fact: Fact) -> bool:
        """Is it a trigger's function of the release that migrated last, which is another one?"""
        last = self.state.ledger.releases[-1:]
        return last != (self.release.name,) and fact.about.get("result") == "trigger"

    def _compared(self, found: Fact, wanted: Fact) -> tuple[Fact, Fact]:
        """What is compared of a fact that both have."""
        if found.privileges:
            extra = {e for e in found.about if e not in wanted.about}
            odd = self._unexplained(replace(found, about=dict.fromkeys(extra, GRANTED)))
            moved = {
                e
                for e in {*odd.about, *wanted.about}
                if f"{found.relation}.{e.partition('(')[2].rstrip(')')}" in self._touched
                or (found.relation in self._touched and not self._is_applied)
            }
            kept = {e: GRANTED for e in found.about if e not in extra or e in odd.about}
            if not self._is_applied:  # what it needs more is still to be granted
                kept |= wanted.about
            return (
                replace(found, about={e: GRANTED for e in kept if e not in moved}),
                replace(wanted, about={e: GRANTED for e in wanted.about if e not in moved}),
            )
        if found.kind == "function" and self._is_of_other_rules(found):
            return found, replace(wanted, about=wanted.about | {"text": found.about["text"]})
        return found, wanted

    # What other releases have made.

    def _others(self) -> Iterator[Difference]:
        """What in the schemas of other releases gives more than any release gives."""
        for each in self.state.others:
            about, wanted = dict(each.about), dict(each.about)
            if OWNER in about:
                wanted[OWNER] = self.state.owner
            if each.kind == "function":
                wanted["rights"] = "those of its caller"
            if each.kind == "view":
                wanted["options"] = "security_invoker=true"
            if each.privileges and each.name != self._app:
                wanted = {}
            said = words.changed(each, replace(each, about=wanted))
            if said:
                yield f"{each.title} of {each.schema}", said

    # Roles, which the whole server has.

    def _roles(self) -> Iterator[Difference]:
        prefix = prefix_of(self.state.owner)
        for last, ways in self.release.attributes.items():
            role, title = self.state.roles.get(last), f"role {prefix}_{last}"
            if role is None:
                continue
            wrong = min((way - role.words for way in ways), key=len)
            if wrong:
                have = ", ".join(sorted(role.words - ways[0]))
                yield title, f"is {have}, and roles.sql makes it {', '.join(sorted(wrong))}"
            for each in role.joined:
                yield title, f"is a member of {each}, and roles.sql makes it a member of no role"
        app = self.state.roles["app"]
        for name, value in self.release.settings.items():
            found = {k.lower(): v for k, v in app.settings.items()}.get(name.lower(), "none")
            if found != value:
                yield f"role {self._app}", f"has {name} {found}, and roles.sql sets {value}"
        for what, where in self.state.elsewhere:
            yield f"role {self._app}", f"{what} {where}, which is not of the service"


BOUND = {"row-level security": "on", "row-level security for its owner": "forced"}
"""What every table of a tenant has, in every release."""


def _bound(fact: Fact) -> dict[str, str]:
    return {name: fact.about[name] for name in BOUND}


class _Followers:
    """What is there, or is not, because something else is: it is not told in addition."""

    def __init__(self, unlike: Iterable[Fact], retyped: Iterable[Fact]) -> None:
        found = [*unlike]
        self._names = {(e.schema, e.name) for e in found if not e.relation}
        columns = [*(e for e in found if e.kind == "column"), *retyped]
        self._columns = {(e.schema, e.relation, e.name) for e in columns}

    def is_one(self, fact: Fact) -> bool:
        """Does it follow from something that is told?"""
        if fact.kind != "schema" and (fact.schema, fact.schema) in self._names:
            return True
        if fact.relation and fact.kind != f"{PRIVILEGES}schema" and (fact.schema, fact.relation) in self._names:
            return True
        if fact.kind == "column":
            return False
        return any((fact.schema, fact.relation, each) in self._columns for each in fact.columns)
