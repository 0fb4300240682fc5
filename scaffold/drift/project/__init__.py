"""Configuration, CI, requirements and git files of a project, as facts.

Each module has the rules of one topic, and a function `facts` that reads them. A hazard is a fact
that appears; a guard is one that disappears. Keys name files, jobs never: a step, a job or a
workflow may be moved and renamed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scaffold.drift.facts import Fact
from scaffold.drift.project import (
    collection,
    compose,
    gate,
    gitfiles,
    images,
    judged,
    owners,
    requirements,
    strangers,
    tools,
    values,
    workflows,
)
from scaffold.drift.project.context import Project
from scaffold.drift.rule import Rule
from scaffold.drift.trees import Tree

_MODULES: Final = (
    gate,
    tools,
    workflows,
    strangers,
    collection,
    requirements,
    owners,
    gitfiles,
    images,
    compose,
    judged,
)

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted(
        (rule for module in (*_MODULES, values) for rule in module.RULES), key=lambda each: each.id
    )
)


def read(tree: Tree, package: str) -> Iterator[Fact]:
    """The facts of the configuration of a tree, whose service is called `package`."""
    project = Project(tree, package)
    for module in _MODULES:
        yield from module.facts(project)
