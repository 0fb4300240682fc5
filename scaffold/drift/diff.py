"""Two states of a project, and what became of each fact of their static layers."""

from __future__ import annotations

from dataclasses import dataclass

from scaffold.design.reading import read
from scaffold.drift.change import Change, changes, ordered
from scaffold.drift.facts import Surface
from scaffold.drift.read import static
from scaffold.drift.spec.compare import Comparison, comparison
from scaffold.drift.trees import Files, Tree, TreeError
from scaffold.tree.paths import SPEC


@dataclass(frozen=True, slots=True)
class Diff:
    """What became of a project: of the two specs, and of all facts; `surface` are those of the
    base, and `after` those of the head that stand in no spec."""

    compared: Comparison
    changes: tuple[Change, ...]
    surface: Surface
    after: Surface


def diff(base: Tree, head: Tree) -> Diff:
    """What changed between two states of a project, without running anything of it.

    Where either is a spec alone, the specs alone are compared.

    Raises:
        TreeError: a state cannot be read, or has no spec.
        SpecError: a spec is refused.
    """
    contents = [_spec(each) for each in (base, head)]
    compared = comparison(read(contents[0], base.name), read(contents[1], head.name))
    found = list(compared.changes())
    surface = {key: told.fact for key, told in compared.before.told.items()}
    after: Surface = {}
    if not is_spec(base) and not is_spec(head):
        before = static(base, compared.before.design.name)
        after = static(head, compared.after.design.name)
        found += changes(before, after)
        surface.update(before)
    return Diff(compared, tuple(ordered(found)), surface, after)


def _spec(tree: Tree) -> bytes:
    content = tree.read(SPEC)
    if content is None:
        raise TreeError(f"There is no {SPEC} in {tree.name}.")
    return content


def is_spec(tree: Tree) -> bool:
    """Is it a spec alone?"""
    return isinstance(tree, Files) and [*tree.entries] == [SPEC]
