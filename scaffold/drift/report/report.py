"""What a comparison found, before anybody says how it is to look."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from scaffold.drift.change import Change, ordered
from scaffold.drift.facts import Layer, Place
from scaffold.tree.paths import SPEC

Outcome = Literal["clean", "new", "stale", "insecure", "unjudged"]
"""`new`: there is new surface, all of it within what new things may be; `stale`: generated files
are not what the spec yields; `insecure`: something blocks; `unjudged`: nobody can tell."""

_ABOUT_APPROVALS: Final = "SCF7"


@dataclass(frozen=True, slots=True)
class Looked:
    """A layer; `why_not` says why nobody looked at it, and is empty where somebody did."""

    layer: Layer
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Stale:
    """A generated file that is not what the spec yields, without a change of who may do what."""

    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was compared, and what came of it.

    `base` and `head` name the two states. `failures` say what could not be judged. `paths` are the
    files of the head, relative to the project, and `prefix` is where that lies in its repository,
    such as `services/shop/`.
    """

    base: str
    head: str
    layers: Sequence[Looked]
    changes: Sequence[Change] = ()
    failures: Sequence[str] = ()
    stale: Sequence[Stale] = ()
    paths: Collection[str] = (SPEC,)
    prefix: str = ""

    def __post_init__(self) -> None:
        """Sorts the changes, and finds fault with a comparison of nothing."""
        object.__setattr__(self, "changes", tuple(ordered(self.changes)))
        if not any(not each.why_not for each in self.layers) and not self.failures:
            object.__setattr__(self, "failures", ("No layer was looked at.",))

    @property
    def blocking(self) -> list[Change]:
        """What somebody has to look at before it is merged."""
        return [each for each in self.changes if each.blocks]

    @property
    def approved(self) -> list[Change]:
        """What would block, and is allowed by an approval."""
        return [each for each in self.changes if each.approval is not None]

    @property
    def notes(self) -> list[Change]:
        """What is new and does not block."""
        return [each for each in self.changes if each.new]

    @property
    def narrowed(self) -> list[Change]:
        """What permits less than before."""
        return [
            each
            for each in self.changes
            if not each.blocks and not each.new and each.approval is None
            if each.verdict != "equal"
        ]

    @property
    def moved(self) -> list[Change]:
        """What permits as much as before, and is found elsewhere by programs."""
        return [each for each in self.changes if each.verdict == "equal"]

    @property
    def outcome(self) -> Outcome:
        """What all of it comes to."""
        if self.failures:
            return "unjudged"
        if self.blocking:
            return "insecure"
        if self.stale:
            return "stale"
        return "new" if any(map(_is_surface, self.notes)) else "clean"

    def exit_code(self, *, detailed: bool = False) -> int:
        """0 is clean, 1 insecure, 2 unjudged; `detailed`, 3 is stale and 4 new surface alone."""
        match self.outcome:
            case "unjudged":
                return 2
            case "insecure":
                return 1
            case "stale":
                return 3 if detailed else 1
            case "new":
                return 4 if detailed else 0
        return 0

    def place(self, change: Change) -> Place:
        """Where to look in the head: what is not there any more is shown where it is missed."""
        found = change.place
        if change.after is not None and found.path in self.paths:
            return found
        if found.path in self.paths:
            return Place(found.path)
        return Place(SPEC if SPEC in self.paths else min(self.paths, default=SPEC))

    def in_repository(self, path: str) -> str:
        """A path of the project, relative to the repository."""
        return f"{self.prefix}{path}"


def _is_surface(change: Change) -> bool:
    """Is a note about the service, and not about approvals?"""
    return not change.rule.id.startswith(_ABOUT_APPROVALS)
