"""The static layers of a tree: what is read without running anything of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from scaffold.drift.facts import Fact, Surface, surface_of
from scaffold.drift.trees import Tree

Reader = Callable[[Tree, str], Iterator[Fact]]
"""Reads the facts of one layer of a tree, whose service is called by the name given."""


@cache
def of_developers() -> tuple[Reader, ...]:
    """Those of what the developer writes, beside the spec: compared with the base."""
    from scaffold.drift.code.read import read as code
    from scaffold.drift.project import read as project

    return (code, project)


@cache
def of_generated() -> tuple[Reader, ...]:
    """Those of what follows from the spec: compared with what the spec yields. A change of the
    spec changes hundreds of their facts, and is judged by itself."""
    from scaffold.drift.contract.read import read as contract
    from scaffold.drift.database.read import read as database

    return (contract, database)


def static(tree: Tree, package: str) -> Surface:
    """The facts of what the developer writes beside the spec, read without running anything."""
    return surface_of(fact for read in of_developers() for fact in read(tree, package))
