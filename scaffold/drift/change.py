"""What became of a fact between two states of a project."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scaffold.drift.facts import Fact, Place, Surface
from scaffold.drift.rule import SEVERITIES, Rule, Severity
from scaffold.drift.verdict import BLOCKING, Verdict

if TYPE_CHECKING:
    from scaffold.drift.approvals import Approval

Clients = Literal["compatible", "breaking", "none"]
"""What a change does to programs that call the service: they go on working, or not; `none` where
they cannot tell."""
ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that is another one now. At least one of `before` and `after` is there.

    `new` says that it is of something that was not there before, such as a resource, and within
    what new things may be: a note, which does not block. `witness` says in one line what is
    possible now and was not before. `approval` is what allows it, if something does. `also` are the
    rules that saw the same change in another way.
    """

    rule: Rule
    key: str
    before: Fact | None
    after: Fact | None
    verdict: Verdict
    clients: Clients = "none"
    new: bool = False
    witness: str = ""
    approval: Approval | None = None
    also: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """Must somebody look at it before it is merged?"""
        allowed = self.new or self.rule.note or self.approval is not None
        return self.verdict in BLOCKING and not allowed

    @property
    def severity(self) -> Severity:
        """How bad it is, at worst."""
        return self.rule.severity

    @property
    def old(self) -> str:
        """The value of before."""
        return self.before.value if self.before else ABSENT

    @property
    def now(self) -> str:
        """The value of now."""
        return self.after.value if self.after else ABSENT

    @property
    def place(self) -> Place:
        """Where to look: in the state of now, if it is there."""
        found = self.after or self.before
        assert found is not None
        return found.place

    @property
    def fingerprint(self) -> str:
        """What an approval names: the same for the same delta, whatever the message says."""
        return fingerprint(self.rule.id, self.key, self.old, self.now)

    @property
    def order(self) -> tuple[int, int, str, str]:
        """What changes are sorted by: what blocks first, the worst first."""
        return (not self.blocks, SEVERITIES.index(self.severity), self.rule.id, self.key)


def fingerprint(rule: str, key: str, old: str, now: str) -> str:
    """The name of a delta: of the fact that a rule knows by a key, from one value to another."""
    return hashlib.sha256(json.dumps([rule, key, old, now]).encode()).hexdigest()[:24]


def changes(before: Surface, after: Surface) -> Iterator[Change]:
    """What became of each fact whose value is another one, by the order of its rule."""
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        found = old or new
        assert found is not None
        verdict = found.rule.order.verdict(
            old.compared if old else None, new.compared if new else None
        )
        if verdict != "equal":
            yield Change(found.rule, key[1], old, new, verdict)


def ordered(found: Iterable[Change]) -> list[Change]:
    """The changes, the worst first, in an order that is always the same."""
    return sorted(found, key=lambda each: each.order)
