"""What became of what a spec says: who may do more than before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from scaffold.design import surface
from scaffold.design.reading import Reading, read
from scaffold.drift.change import Change, Clients
from scaffold.drift.spec.renames import renames
from scaffold.drift.spec.rule import SpecRule
from scaffold.drift.spec.rules import rules
from scaffold.drift.spec.state import State, Subject, Told
from scaffold.drift.spec.ways import Coverage, Way, environments, ways_of, within
from scaffold.drift.spec.witness import Asked, every, find, former, operation_of
from scaffold.drift.verdict import Free, Verdict, from_both
from scaffold.drift.witness import Witness


def compare(before: bytes, after: bytes, names: tuple[str, str]) -> list[Change]:
    """What became of each fact of a spec; `names` call the two in messages.

    Raises:
        SpecError: one of them is not a spec.
    """
    return list(comparison(read(before, names[0]), read(after, names[1])).changes())


def comparison(before: Reading, after: Reading) -> Comparison:
    """Two specs, the former in the names of the latter."""
    old, new = State(before), State(after)
    old.renamed = renames(old.spec, old.design, new.spec, new.design)
    return Comparison(old, new)


@dataclass(frozen=True)
class Comparison:
    """Two states of a spec, the former in the names of the latter."""

    before: State
    after: State

    def changes(self) -> Iterator[Change]:
        """Every change, in an order that is always the same; with what the guards that follow from
        the specs say of it."""
        from scaffold.drift.database.yielded import folded, second

        seen = second(self.before.now, self.after.design)
        yield from folded([*self.granted()], seen)

    def granted(self) -> Iterator[Change]:
        """Every change of what the spec itself says."""
        access = list(self._access())
        yield from access
        explained = {
            (*done, each.key.rpartition(" ")[2])
            for each in access
            if each.verdict != "narrowed"
            for done in self._done(each.key.split(" ")[1])
        }
        old, new = self.before.told, self.after.told
        for key in sorted(old.keys() | new.keys()):
            if key[0] != rules().access.id:
                for each in self._fact(old.get(key), new.get(key), explained):
                    said = next(map(str, self.witnesses(each)), "") if each.blocks else ""
                    yield replace(each, witness=said)

    def _done(self, permission: str) -> frozenset[tuple[str, str]]:
        """What is done by a permission: resources, which it may not be called after, and verbs."""
        found = [e for e in self.after.design.operations if e.permission == permission]
        return frozenset((each.entity, each.verb) for each in found)

    def witnesses(self, change: Change) -> Iterator[Witness]:
        """What is possible by a change and was not before, the best witness first; a sentence
        comes last."""
        claim = self.told(change).claim
        match = claim.pattern.fullmatch(change.key.partition(" ")[2])
        if match is not None:
            yield from every(Asked(self.before, self.after, change, match), claim.shows)

    def told(self, change: Change) -> Told:
        """The fact of a change, as it is now if it is there."""
        key = (change.rule.id, change.key)
        return self.after.told[key] if key in self.after.told else self.before.told[key]

    # Facts that are compared by their values.

    def _fact(
        self, old: Told | None, new: Told | None, explained: set[tuple[str, str, str]]
    ) -> Iterator[Change]:
        told = new or old
        assert told is not None
        rule, order = told.fact.rule, told.claim.order
        assert isinstance(rule, SpecRule)
        fresh, gone = self._missing(told, old, new)
        if (fresh or gone) and not {sort for sort, _ in (*fresh, *gone)} <= {*told.claim.lead}:
            return
        if "field" in dict(fresh):
            yield self._new_field(told, rule)
            return
        verdict = order.verdict(
            old.fact.compared if old else None, new.fact.compared if new else None
        )
        if old and new and isinstance(order, Free) and rule.told:
            if old.fact.value != new.fact.value:
                yield Change(rule, told.fact.key, old.fact, new.fact, "equal", "breaking")
            return
        if verdict == "equal" or self._explained(old, new, verdict, explained):
            return
        clients = _clients(verdict) if rule.told else "none"
        yield Change(
            rule,
            told.fact.key,
            old.fact if old else None,
            new.fact if new else None,
            verdict,
            clients,
            new=bool(fresh) and self._is_new(fresh),
        )

    def _missing(
        self, told: Told, old: Told | None, new: Told | None
    ) -> tuple[tuple[Subject, ...], tuple[Subject, ...]]:
        """What a fact is of, and is not there before, or is not there now."""
        if old is None:
            return tuple(e for e in told.subjects if e not in self.before.subjects), ()
        if new is None:
            return (), tuple(e for e in told.subjects if e not in self.after.subjects)
        return (), ()

    def _is_new(self, fresh: Sequence[Subject]) -> bool:
        """Is it of a thing that can be added without taking anything from anybody?"""
        return any(
            sort == "plan" or (sort == "entity" and name in self.after.spec.resources)
            for sort, name in fresh
        )

    def _new_field(self, told: Told, rule: SpecRule) -> Change:
        """A field of a resource that was there: data that grants may show at once."""
        name, _, column = told.fact.key.split(" ")[1].partition(".")
        found = self.after.design.entity(name).column(column)
        shows = told.fact.key.endswith(" read")
        breaks = not shows and found.required
        return Change(
            rule,
            told.fact.key,
            None,
            told.fact,
            "widened",
            "breaking" if breaks else "compatible",
            new=not (shows and found.classified),
        )

    def _explained(
        self,
        old: Told | None,
        new: Told | None,
        verdict: Verdict,
        access: set[tuple[str, str, str]],
    ) -> bool:
        """Does it follow from grants alone, which say it by themselves?"""
        told = new or old
        assert told is not None
        if told.fact.rule.id not in ("SCF113", "SCF114"):
            return False
        entity = told.fact.key.split(" ")[1].partition(".")[0]
        roles = [{*(each.fact.value.split(", ") if each else ())} for each in (old, new)]
        done = told.fact.key.rpartition(" ")[2]
        verbs = ("list", "read", "export") if done == "read" else (done,)
        return verdict == "narrowed" or all(
            any((entity, verb, role) in access for verb in verbs) for role in roles[1] - roles[0]
        )

    # What roles are granted.

    @cached_property
    def _coverage(self) -> Coverage:
        return Coverage(environments(self.before.design, self.after.design))

    @cached_property
    def _known(self) -> frozenset[str]:
        """The resources that were there before, in the names of now."""
        return frozenset(each.name for each in self.before.now.entities)

    @cached_property
    def _columns(self) -> dict[tuple[str, str], frozenset[str]]:
        """By resource and verb, the columns that it could have before and can have now."""
        both = [_columns(each) for each in (self.before, self.after)]
        return {key: both[0][key] & both[1][key] for key in both[0].keys() & both[1].keys()}

    @cached_property
    def _old(self) -> dict[tuple[str, str], tuple[Way, ...]]:
        return self._ways(self.before)

    @cached_property
    def _new(self) -> dict[tuple[str, str], tuple[Way, ...]]:
        return self._ways(self.after)

    def _ways(self, state: State) -> dict[tuple[str, str], tuple[Way, ...]]:
        """By permission and role; a list that is asked for in two ways is one."""
        found: dict[tuple[str, str], tuple[Way, ...]] = {}
        for entity in state.now.entities:
            for operation in entity.operations:
                known = self._columns.get((entity.name, operation.verb), frozenset())
                for role, ways in surface.ways(operation).items():
                    found[operation.permission, role] = within(ways_of(ways), entity, known)
        return found

    def _access(self) -> Iterator[Change]:
        rule = rules().access
        for permission, role in sorted(self._old.keys() | self._new.keys()):
            key = (rule.id, f"access {permission} {role}")
            old, new = self.before.told.get(key), self.after.told.get(key)
            fresh = False
            if (permission, role) in self._old and (permission, role) in self._new:
                verdict = self._verdict(permission, role)
            else:
                verdict = "narrowed" if (permission, role) in self._old else "widened"
                fresh = verdict == "widened" and self._is_fresh(permission, role)
            wider = verdict not in ("equal", "narrowed") and not fresh
            said = self._witness(permission, role) if wider else ""
            if wider and not said and self._needs_witness(permission, role):
                verdict = "unknown"
            if verdict != "equal":
                yield Change(
                    rule,
                    key[1],
                    old.fact if old else None,
                    new.fact if new else None,
                    verdict,
                    _clients(verdict),
                    fresh,
                    said,
                )

    def _verdict(self, permission: str, role: str) -> Verdict:
        old, new = (
            self._given(self._old[permission, role]),
            self._given(self._new[permission, role]),
        )
        return from_both(self._coverage.covers(old, new), self._coverage.covers(new, old))

    def _needs_witness(self, permission: str, role: str) -> bool:
        """Do conditions alone tell the ways of before and of now apart, by which a witness would be
        found if there were one?"""
        if (permission, role) not in self._old or self.before.renamed.columns:
            return False
        old = self._given(self._old[permission, role])
        new = self._given(self._new[permission, role])
        return all(a.gives == b.gives and a.fields == b.fields for a in new for b in old)

    def _given(self, ways: Sequence[Way]) -> tuple[Way, ...]:
        """The ways, where a new role that is at most one that can be given counts as that one."""
        names = {each.name for each in self.before.design.roles}
        return tuple(
            (
                each
                if each.gives is None
                else replace(
                    each,
                    gives=frozenset(
                        role
                        for role in each.gives
                        if role in names
                        or not any(self._at_most(role, g) for g in each.gives if g in names)
                    ),
                )
            )
            for each in ways
        )

    def _is_fresh(self, permission: str, role: str) -> bool:
        """Is it new and takes nothing from anybody: a new resource, a new action, or a new role
        that may do no more than one that was there?"""
        entity, _, do = permission.partition(":")
        declared = self.after.spec.resources.get(entity)
        if declared is not None:
            if entity not in self._known:
                return True
            name = next((o for o, n in self.before.renamed.entities.items() if n == entity), entity)
            former = self.before.spec.resources.get(name)
            if do in declared.actions and (former is None or do not in former.actions):
                return True
        roles = {each.name for each in self.before.design.roles}
        return role not in roles and any(self._at_most(role, each) for each in sorted(roles))

    def _at_most(self, role: str, other: str) -> bool:
        """May a new role do at most what another could do before, and asks as much of a holder?"""
        mine = next((e for e in self.after.design.roles if e.name == role), None)
        theirs = next((e for e in self.before.design.roles if e.name == other), None)
        if mine is None or theirs is None or mine.kind != theirs.kind:
            return False
        factors = (None, "any", "phishing_resistant")
        if factors.index(mine.mfa) < factors.index(theirs.mfa):
            return False
        for (permission, name), ways in self._new.items():
            if name != role:
                continue
            entity = permission.partition(":")[0]
            if entity not in self._known and entity in self.after.spec.resources:
                continue
            if not self._coverage.covers(self._old.get((permission, other), ()), ways):
                return False
        return True

    def _witness(self, permission: str, role: str) -> str:
        operation = operation_of(self.after.design, permission)
        if operation is None:
            return ""
        before = former(self.before, permission)
        return next(map(str, find(self.after.design, operation, before, role)), "")


def _columns(state: State) -> dict[tuple[str, str], frozenset[str]]:
    """By resource, in the names of now, and verb: the columns that an operation can see or set."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for entity in state.now.entities:
        for operation in entity.operations:
            match operation.verb:
                case "create":
                    fields = [each for each in entity.fields if each.creatable]
                case "update":
                    fields = [each for each in entity.fields if each.updatable]
                case _:
                    fields = [each for each in entity.fields if each.readable]
            found[entity.name, operation.verb] = frozenset(each.name for each in fields)
    return found


def _clients(verdict: Verdict) -> Clients:
    """What it is for programs: what is refused now breaks them."""
    match verdict:
        case "widened":
            return "compatible"
        case "equal":
            return "none"
    return "breaking"
