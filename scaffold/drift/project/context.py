"""What the rules of this layer ask of a tree, read once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from scaffold.drift.facts import Place
from scaffold.drift.project import github, gitlab
from scaffold.drift.project.documents import Table, Unreadable
from scaffold.drift.project.runs import Resolver, Run
from scaffold.drift.trees import Tree
from scaffold.tree.paths import SPEC

CHECKOUT: Final = "actions/checkout"
_OWN = re.compile(
    r"\$\{\{\s*(github\.(sha|ref|head_ref|event\.pull_request\.head\.(sha|ref)|"
    r"event\.pull_request\.merge_commit_sha))\s*\}\}|refs/pull/.*"
)


@dataclass(slots=True)
class Sequence:
    """What a job runs, in order. `tree` says of each run why it sees another tree than the
    change."""

    path: str
    pull_requests: bool
    runs: list[Run] = field(default_factory=list)
    trees: list[tuple[str, ...]] = field(default_factory=list)


class Project:
    """The configuration of a tree."""

    def __init__(self, tree: Tree, package: str) -> None:
        self.tree = tree
        self.package = package
        self.resolver = Resolver(tree, package)
        self._texts: dict[str, str | None] = {}

    def text(self, path: str) -> str | None:
        """A file of the tree as text."""
        if path not in self._texts:
            self._texts[path] = self.tree.text(path)
        return self._texts[path]

    @cached_property
    def top(self) -> list[str]:
        """The paths of regular files, sorted."""
        return list(self.tree.under(""))

    @cached_property
    def workflows(self) -> list[github.Workflow]:
        """The workflows of GitHub and of what is like it."""
        return github.workflows(self.tree, self.resolver)

    @cached_property
    def gitlab(self) -> tuple[Table, list[gitlab.Job]]:
        """The pipeline of GitLab."""
        return gitlab.read(self.tree, self.resolver)

    @cached_property
    def sequences(self) -> list[Sequence]:
        """What the jobs of CI run."""
        found = [_steps(workflow, job) for workflow in self.workflows for job in workflow.jobs]
        for each in self.gitlab[1]:
            runs = list(each.runs)
            found.append(Sequence(gitlab.PATH, True, runs, [()] * len(runs)))
        return found

    @property
    def home(self) -> Place:
        """Where to say what is missing from CI."""
        paths = [
            *github.paths(self.tree),
            *(each for each in (gitlab.PATH,) if each in self.tree.entries),
        ]
        return Place(paths[0] if paths else SPEC)

    def make(self, target: str) -> list[Run]:
        """What `make` of a target comes down to."""
        if self.resolver.makefile is None:
            return []
        try:
            return self.resolver.script(f"make {target}", self.resolver.makefile.path)
        except Unreadable:
            return []


def _steps(workflow: github.Workflow, job: github.Job) -> Sequence:
    found = Sequence(workflow.path, workflow.on_pull_requests)
    other: tuple[str, ...] = ()
    for each in job.steps:
        if each.uses.partition("@")[0] == CHECKOUT:
            other = tuple(_elsewhere(each.table.table("with")))
        found.runs += each.runs
        found.trees += [other] * len(each.runs)
    return found


def _elsewhere(options: Table) -> Iterator[str]:
    """Why a checkout yields another tree than the change."""
    ref = options.text("ref")
    if ref and not _OWN.fullmatch(ref.strip()):
        yield f"checkout of {ref.strip()}"
    repository = options.text("repository")
    if repository and "github.repository" not in repository and "head.repo" not in repository:
        yield f"checkout of {repository}"
    for key in ("path", "sparse-checkout"):
        if options.text(key) not in ("", "."):
            yield f"checkout with {key}"
