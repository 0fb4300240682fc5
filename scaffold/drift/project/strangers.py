"""What a run may do that anybody can start: not by whose code it has, but by its rights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from scaffold.drift.facts import Fact, Place
from scaffold.drift.project import github
from scaffold.drift.project.context import CHECKOUT, Project
from scaffold.drift.project.documents import Table
from scaffold.drift.project.told import REASONS, rule, shown
from scaffold.drift.project.workflows import REPORTING, secrets_in

_READ = "on: {issues: {types: [opened]}}\n"
_JOB = "jobs:\n  label:\n    permissions: {issues: write}\n    runs-on: ubuntu-latest\n    steps:\n"
_LABEL = "      - run: gh issue edit --add-label new\n"
_PATH = ".github/workflows/label.yml"

RIGHTS = rule(
    "651",
    "rights-for-strangers",
    "critical",
    "GEN-3",
    what="A job that anybody can start from outside, by a pull request of a fork, an issue or a "
    "comment, has rights of the repository: a token that may do more than to label and comment, "
    "secrets, or its tree.",
    why="Unlike a run of pull_request, such a run has what the repository has: what it reads of "
    "the stranger's title, text or branch meets the token and the secrets.",
    remedy="Start it by pull_request, or leave it a token that labels and comments, and no tree.",
    files={_PATH: _READ + _JOB + _LABEL},
    change={
        _PATH: _READ + _JOB.replace("{issues: write}", "{issues: write, contents: write}") + _LABEL
    },
    dual={_PATH: _READ + _JOB + _LABEL + "      - run: gh issue comment --body Thanks\n"},
    order=REASONS,
)
RULES = (RIGHTS,)

_OUTSIDE: Final = frozenset(
    {"pull_request_target", "issues", "issue_comment", "discussion", "discussion_comment"}
    | {"workflow_run", "fork", "watch", "gollum"}
)
"""Events that somebody without rights causes, and whose runs have those of the repository."""


def facts(project: Project) -> Iterator[Fact]:
    """The rights of each workflow that somebody outside can start, by the event."""
    for flow in project.workflows:
        reasons = {each for job in flow.jobs for each in _rights(flow, job.table)}
        for event in sorted(_OUTSIDE & flow.events.keys()):
            if reasons:
                place = Place(flow.path, flow.content.line)
                yield Fact(
                    RIGHTS, f"{flow.path}: {event}", shown(reasons), place, frozenset(reasons)
                )


def _rights(flow: github.Workflow, job: Table) -> Iterator[str]:
    """What a job has of the repository."""
    said = job.get("permissions", flow.content.get("permissions"))
    if said is None:
        yield "a token with whatever the repository grants"
    elif said == "write-all":
        yield "a token that may do everything"
    elif isinstance(said, Table):
        for scope, level in said.items():
            if level == "write" and scope not in REPORTING:
                yield f"a token that writes {scope}"
    secrets: dict[str, Place] = {}
    secrets_in(job, flow.path, secrets)
    secrets_in(flow.content.get("env"), flow.path, secrets)
    yield from (f"the secret {name}" for name in secrets)
    if job.get("secrets") == "inherit":
        yield "every secret"
    uses = [job.text("uses"), *(each.text("uses") for each in job.tables("steps"))]
    if any(each.partition("@")[0] == CHECKOUT or each.startswith("./") for each in uses):
        yield "the tree of the repository"
