"""Two branches of a project as one: what git cannot merge line by line follows from the spec.

The spec is merged by git, or by whoever resolves its conflicts. The generated files and the lock
follow from it; the history of the tables is put together from those of the two branches.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from scaffold.emission import Emission, ProjectError, emit_project, read_spec, spec_of
from scaffold.history.merge import Apart, merged
from scaffold.history.past import SNAPSHOT, HistoryError, Past, read
from scaffold.repository import Repository, Side
from scaffold.tree import lock as locks
from scaffold.tree.digest import digest
from scaffold.tree.lay import Difference, changed_history, compare
from scaffold.tree.lock import LockError
from scaffold.tree.paths import LOCK, SPEC

Keep = Literal["ours", "theirs"]


@dataclass(frozen=True, slots=True)
class Merge:
    """What the spec of a merge yields, and what it takes to bring the tree there."""

    repository: Repository
    emission: Emission
    difference: Difference

    def stage(self) -> None:
        """Tells git that the generated files are resolved.

        Raises:
            RepositoryError: git refuses.
        """
        emitted = (*self.emission.lock.files, LOCK)
        self.repository.stage(dict.fromkeys((*emitted, *self.difference.removed)))


def prepare(project: Path, *, keep: Keep | None = None, added: Iterable[str] = ()) -> Merge:
    """What resolves the merge that is under way in a project.

    Where both branches have changed the same, `keep` says whose migrations stay.

    Raises:
        ProjectError: there is no spec, or it has conflicts.
        RepositoryError: this is no git repository.
        SpecError: the spec is refused.
        HistoryError: the histories do not go together.
    """
    repository = Repository.of(project)
    if b"\n<<<<<<< " in read_spec(spec_of(project)):
        raise ProjectError(
            f"{SPEC} has conflicts. Resolve them first: all the rest follows from the spec."
        )
    emission = emit_project(project, added=added, past=_past(repository, keep))
    lost = {
        path: content
        for path in changed_history(project, emission)
        for side in ("ours", "theirs")
        if (content := repository.side(side, path)) and digest(content) == emission.kept[path]
    }
    kept = {path: each for path, each in emission.kept.items() if path not in lost}
    emission = replace(emission, files={**emission.files, **lost}, kept=kept)
    former = [path for side in ("ours", "theirs") for path in _listed(repository, side)]
    return Merge(repository, emission, compare(project, emission, former))


def _past(repository: Repository, keep: Keep | None) -> Past | None:
    """The history of both branches; None where git has no two of them."""
    places = [each for each in repository.unmerged() if each.endswith(f"/{SNAPSHOT}")]
    if not places:
        return None
    sides = {side: repository.side(side, places[0]) for side in ("base", "ours", "theirs")}
    base, ours, theirs = (read(each) if each else None for each in sides.values())
    if ours is None or theirs is None:
        raise HistoryError(f"One of the branches has no {places[0]}. Take back the one that has.")
    if keep:
        return ours if keep == "ours" else theirs
    try:
        return merged(base or Past((), ()), ours, theirs)
    except Apart as apart:
        raise HistoryError(
            f"{apart} Say whose migrations stay; what the other branch changes is written anew, "
            "behind them. Databases that have its migrations have to be made anew:\n"
            "  scaffold merge --keep ours      of the branch that you are on\n"
            "  scaffold merge --keep theirs    of the branch that is merged into it"
        ) from None


def _listed(repository: Repository, side: Side) -> list[str]:
    """The generated files of one side."""
    content = repository.side(side, LOCK)
    try:
        return [*locks.parse(content, Path(LOCK)).files] if content else []
    except LockError:
        return []
