"""The static layers of a tree: what is read without running anything of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from scaffold.drift.facts import Fact, Surface, surface_of
from scaffold.drift.trees import Tree, TreeError

Reader = Callable[[Tree, str], Iterator[Fact]]
"""Reads the facts of one layer of a tree, whose service is called by the name given."""


class Unjudged(RuntimeError):
    """A layer could not be read to its end; the message says which, and why."""


def facts(read: Reader, tree: Tree, package: str) -> Iterator[Fact]:
    """The facts that a reader finds.

    Raises:
        Unjudged: the reader fails. That is a defect of scaffold, and no pass for a project.
        TreeError: the tree cannot be read.
    """
    try:
        yield from read(tree, package)
    except TreeError:
        raise
    except Exception as error:
        layer = read.__module__.split(".")[2]
        raise Unjudged(
            f"The layer {layer} of {tree.name} could not be judged: {type(error).__name__}: "
            f"{error!s:.300}. Please report it."
        ) from error


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
    return surface_of(fact for read in of_developers() for fact in facts(read, tree, package))
