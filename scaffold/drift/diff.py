"""Two states of a project, and what became of each fact of their static layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scaffold.drift.change import Change, changes, ordered
from scaffold.drift.facts import surface_of
from scaffold.drift.read import READERS
from scaffold.drift.spec.compare import Comparison, comparison
from scaffold.drift.trees import Files, Tree, TreeError
from scaffold.tree.paths import SPEC


@dataclass(frozen=True, slots=True)
class Diff:
    """What became of a project. `compared` are the two specs, where there are two."""

    compared: Comparison | None
    changes: tuple[Change, ...]


def diff(base: Tree, head: Tree) -> Diff:
    """What changed between two states of a project, without running anything of it.

    Where either is a spec alone, the specs alone are compared.

    Raises:
        TreeError: a state cannot be read, or has no spec.
        SpecError: a spec is refused.
    """
    contents = [_spec(each) for each in (base, head)]
    compared = comparison(contents[0], contents[1], (base.name, head.name))
    found = list(compared.changes())
    if not any(_is_spec(each) for each in (base, head)):
        names = [each.design.name for each in (compared.before, compared.after)]
        found += static((base, names[0]), (head, names[1]))
    return Diff(compared, tuple(ordered(found)))


def static(base: tuple[Tree, str], head: tuple[Tree, str]) -> Iterable[Change]:
    """What became of the facts of the static layers; each tree is given with its package."""
    for read in READERS:
        yield from changes(surface_of(read(*base)), surface_of(read(*head)))


def _spec(tree: Tree) -> bytes:
    content = tree.read(SPEC)
    if content is None:
        raise TreeError(f"There is no {SPEC} in {tree.name}.")
    return content


def _is_spec(tree: Tree) -> bool:
    return isinstance(tree, Files) and [*tree.entries] == [SPEC]
