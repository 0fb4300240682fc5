"""Workflows of GitHub, Gitea and Forgejo: which jobs there are, when they run and what they run.

Seen are local composite actions and local reusable workflows. Not seen: what actions of others do,
and values that an expression works out when it runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from scaffold.drift.facts import Place
from scaffold.drift.project import documents
from scaffold.drift.project.documents import Table, Unreadable, line_of, listed
from scaffold.drift.project.runs import Resolver, Run
from scaffold.drift.project.shell import Shell, expanded, shell_of
from scaffold.drift.trees import Tree

HOMES: Final = (".github/workflows", ".gitea/workflows", ".forgejo/workflows")
MAX_CALLS: Final = 4
_NEW: Final = frozenset({"opened", "synchronize", "reopened"})
_TRUE = re.compile(
    r"always\(\)|success\(\)|!\s*cancelled\(\)|!\s*failure\(\)|true|"
    r"github\.event_name\s*==\s*'pull_request'|github\.event_name\s*!=\s*'(?!pull_request')[a-z_]+'"
)
_ALWAYS = re.compile(r"always\(\)|!\s*cancelled\(\)")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a job: what it runs, or the action that it uses."""

    table: Table
    uses: str
    runs: tuple[Run, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Job:
    """A job that somebody's pull request may start."""

    path: str
    name: str
    table: Table
    steps: tuple[Step, ...]
    place: Place

    @property
    def runs(self) -> Iterator[Run]:
        """Everything that it runs, in order."""
        for each in self.steps:
            yield from each.runs


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow; `conditions` say when it does not run on a pull request."""

    path: str
    content: Table
    events: Mapping[str, Any]
    conditions: tuple[str, ...]
    jobs: tuple[Job, ...] = field(default_factory=tuple)

    @property
    def on_pull_requests(self) -> bool:
        """Does somebody's pull request start it?"""
        return bool({"pull_request", "pull_request_target"} & self.events.keys())


def paths(tree: Tree) -> list[str]:
    """Where workflows lie."""
    return [each for each in tree.under(*HOMES) if each.endswith((".yml", ".yaml"))]


def workflows(tree: Tree, resolver: Resolver) -> list[Workflow]:
    """The workflows of a tree; those that cannot be read are told to the resolver."""
    found = []
    for path in paths(tree):
        try:
            content = _content(tree, path)
            found.append(_workflow(path, content, resolver))
        except Unreadable as error:
            resolver.unreadable[path] = str(error)
    return found


def _content(tree: Tree, path: str) -> Table:
    text = tree.text(path)
    if text is None:
        raise Unreadable("it is no text")
    read = documents.read(text)
    if len(read) != 1 or not isinstance(read[0], Table):
        raise Unreadable("it is no mapping")
    return read[0]


def _workflow(path: str, content: Table, resolver: Resolver) -> Workflow:
    on = content.get("on")
    events: dict[str, Any] = dict(on) if isinstance(on, Table) else dict.fromkeys(listed(on), "")
    reader = _Reader(path, content, resolver, 0)
    found = Workflow(path, content, events, tuple(_unless_pull_request(events)))
    return replace(found, jobs=tuple(reader.jobs(found.conditions)))


def _unless_pull_request(events: Mapping[str, Any]) -> Iterator[str]:
    """When a workflow does not run on a pull request."""
    if "pull_request" not in events:
        yield f"not on pull requests, only on {', '.join(sorted(events)) or 'nothing'}"
        return
    filters = events["pull_request"]
    if not isinstance(filters, Table):
        return
    for key in ("branches", "branches-ignore", "paths", "paths-ignore"):
        values = listed(filters.get(key))
        every = key in ("branches", "paths") and "**" in values
        if values and not (every and not any(each.startswith("!") for each in values)):
            yield f"{key} of the trigger: {', '.join(sorted(values))}"
    kinds = listed(filters.get("types"))
    if kinds and not {*kinds} >= _NEW:
        yield f"only when a pull request is {', '.join(sorted(kinds))}"


def unless(expression: str) -> str:
    """What an `if` says, where it may leave a pull request out; nothing where it cannot."""
    said = expression.strip().removeprefix("${{").removesuffix("}}").strip()
    if not said or _holds(said):
        return ""
    return f"if: {said}"


def _holds(said: str) -> bool:
    if "||" in said:
        return any(_holds(each) for each in said.split("||"))
    parts = [each.strip() for each in said.split("&&")]
    return all(_TRUE.fullmatch(each) is not None for each in parts)


def texts(table: Table) -> dict[str, str]:
    """The entries of `env`."""
    return {name: each for name, each in table.items() if isinstance(each, str)}


@dataclass(slots=True)
class _Reader:
    path: str
    content: Table
    resolver: Resolver
    depth: int

    def jobs(self, conditions: Sequence[str]) -> Iterator[Job]:
        found = self.content.table("jobs")
        for name, table in found.items():
            if isinstance(table, Table):
                yield self.job(name, table, found, conditions)

    def job(self, name: str, table: Table, others: Table, above: Sequence[str]) -> Job:
        conditions = [*above, *self.conditions(table, others)]
        ignored = ["continue-on-error of the job"] if _continues(table) else []
        place = Place(self.path, table.line)
        env = {**texts(self.content.table("env")), **texts(table.table("env"))}
        if called := table.text("uses"):
            steps = self.called(called, table, place)
        else:
            steps = [self.step(each, table, env) for each in table.tables("steps")]
        inner = [
            replace(
                each,
                runs=tuple(
                    replace(
                        run,
                        conditions=(*conditions, *run.conditions),
                        ignored=(*ignored, *run.ignored),
                    )
                    for run in each.runs
                ),
            )
            for each in steps
        ]
        return Job(self.path, name, table, tuple(inner), place)

    def conditions(self, table: Table, others: Table) -> Iterator[str]:
        said = table.text("if")
        if found := unless(said):
            yield found
        if not _ALWAYS.search(said):
            for each in listed(table.get("needs")):
                yield f"skipped where the job {each} fails or is skipped"
        matrix = table.table("strategy").get("matrix")
        if isinstance(matrix, str) and matrix:
            yield "as often as an expression says"

    def called(self, called: str, table: Table, place: Place) -> list[Step]:
        """The steps of a reusable workflow of the tree, or one step that nobody sees into."""
        path = called.removeprefix("./")
        if not called.startswith("./") or self.depth >= MAX_CALLS:
            return [Step(table, called, (), place)]
        content = _content(self.resolver.tree, path)
        reader = _Reader(path, content, self.resolver, self.depth + 1)
        return [step for job in reader.jobs(()) for step in job.steps]

    def step(self, step: Table, job: Table, env: Mapping[str, str]) -> Step:
        variables = {**env, **texts(step.table("env"))}
        place = Place(self.path, step.line)
        uses = step.text("uses")
        runs: list[Run] = []
        if uses.startswith("./"):
            runs = self.composite(uses, variables)
        elif script := step.get("run"):
            runs = self.script(script, step, job, variables)
        conditions = [found] if (found := unless(step.text("if"))) else []
        ignored = ["continue-on-error of the step"] if _continues(step) else []
        told = tuple(
            replace(
                each,
                conditions=(*conditions, *each.conditions),
                ignored=(*ignored, *each.ignored),
            )
            for each in runs
        )
        return Step(step, uses, told, place)

    def script(
        self, script: Any, step: Table, job: Table, variables: Mapping[str, str]
    ) -> list[Run]:
        defaults = {
            **texts(self.content.table("defaults").table("run")),
            **texts(job.table("defaults").table("run")),
        }
        named = step.text("shell") or defaults.get("shell", "")
        shell = _shell(named)
        text = script if isinstance(script, str) else ""
        if shell is None:
            place = Place(self.path, line_of(script))
            return [Run("unreadable", (), (), place, notes=(f"shell: {named}", text))]
        found = self.resolver.script(text, self.path, line_of(script), shell, variables)
        where = step.text("working-directory") or defaults.get("working-directory", "")
        where = "" if expanded(where, variables) in (".", "./") else where
        return [replace(each, directory=each.directory or where) for each in found]

    def composite(self, uses: str, variables: Mapping[str, str]) -> list[Run]:
        """The runs of an action of the tree."""
        if self.depth >= MAX_CALLS:
            return []
        home = uses.removeprefix("./").rstrip("/")
        tree = self.resolver.tree
        for name in ("action.yml", "action.yaml"):
            path = f"{home}/{name}" if home else name
            if path not in tree.entries:
                continue
            content = _content(tree, path)
            reader = _Reader(path, content, self.resolver, self.depth + 1)
            steps = content.table("runs").tables("steps")
            if not steps:
                return [Run("code", (uses,), (), Place(path, 1))]
            return [run for each in steps for run in reader.step(each, Table(), variables).runs]
        return [Run("code", (uses,), (), Place(self.path, 1))]


def _continues(table: Table) -> bool:
    return table.text("continue-on-error") not in ("", "false")


def _shell(named: str) -> Shell | None:
    """How the shell of a step begins; None where it is none that is read here."""
    if named in ("", "sh"):
        return Shell(True, False)
    if named == "bash":
        return Shell(True, True)
    words = named.split()
    if re.search(r"[|&;<>]", named):
        return None
    if words[0].rpartition("/")[2] in ("bash", "sh", "dash"):
        return shell_of(words)
    return None
