"""Pipelines of GitLab: which jobs there are, when they run and what they run.

Seen are `extends`, `default` and `before_script`. Not seen: files of other projects that `include`
names, `!reference`, and what `rules` work out beyond the source of the pipeline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from scaffold.drift.facts import Place
from scaffold.drift.project import documents
from scaffold.drift.project.documents import Rows, Table, Unreadable, line_of, listed
from scaffold.drift.project.github import texts
from scaffold.drift.project.runs import Resolver, Run
from scaffold.drift.project.shell import Shell
from scaffold.drift.trees import Tree

PATH: Final = ".gitlab-ci.yml"
SHELL: Final = Shell(errexit=True, pipefail=True)
_RESERVED: Final = frozenset(
    {"default", "include", "stages", "variables", "workflow", "image", "services", "cache"}
    | {"before_script", "after_script", "pages:deploy", "spec"}
)
_MERGE = re.compile(
    r"\$CI_PIPELINE_SOURCE\s*==\s*[\"']merge_request_event[\"']|\$CI_MERGE_REQUEST_I?ID"
)
_MAX_EXTENDS: Final = 8


@dataclass(frozen=True, slots=True)
class Job:
    """A job and what it runs, in order."""

    name: str
    table: Table
    runs: tuple[Run, ...]
    place: Place


def read(tree: Tree, resolver: Resolver) -> tuple[Table, list[Job]]:
    """The pipeline of a tree: all that it says, and its jobs."""
    if PATH not in tree.entries:
        return Table(), []
    try:
        text = tree.text(PATH)
        found = documents.read(text) if text is not None else []
        content = next((each for each in reversed(found) if isinstance(each, Table)), None)
        if content is None:
            raise Unreadable("it is no mapping")
        return content, list(_jobs(content, resolver))
    except Unreadable as error:
        resolver.unreadable[PATH] = str(error)
        return Table(), []


def _jobs(content: Table, resolver: Resolver) -> Iterator[Job]:
    above = tuple(_unless(content.table("workflow"), "workflow: "))
    for name, each in content.items():
        if name in _RESERVED or name.startswith(".") or not isinstance(each, Table):
            continue
        yield _job(name, _extended(each, content, 0), content, above, resolver)


def _extended(job: Table, content: Table, depth: int) -> Table:
    """A job with what it extends."""
    found = Table()
    found.line = job.line
    if depth < _MAX_EXTENDS:
        for name in listed(job.get("extends")):
            base = content.get(name)
            if isinstance(base, Table):
                found.update(_extended(base, content, depth + 1))
    found.update(job)
    return found


def _job(name: str, job: Table, content: Table, above: tuple[str, ...], resolver: Resolver) -> Job:
    default = content.table("default")
    place = Place(PATH, job.line)
    variables = {**texts(content.table("variables")), **texts(job.table("variables"))}
    conditions = (*above, *_unless(job, ""))
    ignored = tuple(_ignored(job))
    lines: list[tuple[int, str]] = []
    for key in ("before_script", "script"):
        value = job.get(key)
        if value is None and key == "before_script":
            value = default.get(key, content.get(key))
        lines += _lines(value)
    script, first = "\n".join(text for _, text in lines), lines[0][0] if lines else job.line
    runs = resolver.script(script, PATH, first, SHELL, variables)
    told = tuple(
        replace(
            each,
            conditions=(*conditions, *each.conditions),
            ignored=(*ignored, *each.ignored),
        )
        for each in runs
    )
    return Job(name, job, told, place)


def _lines(value: object) -> Iterator[tuple[int, str]]:
    """The lines of a script, which may be a list of lists."""
    if isinstance(value, str):
        yield line_of(value), value
    elif isinstance(value, Rows):
        for each in value:
            yield from _lines(each)


def _ignored(job: Table) -> Iterator[str]:
    allowed = job.get("allow_failure")
    if allowed is not None and allowed != "false":
        yield "allow_failure of the job"
    for each in job.tables("rules"):
        if each.text("allow_failure") == "true":
            yield "allow_failure of a rule"


def _unless(table: Table, named: str) -> Iterator[str]:
    """When a job does not run on a merge request."""
    when = table.text("when")
    if when in ("manual", "never", "delayed", "on_failure"):
        yield f"{named}when: {when}"
    for key in ("only", "except"):
        found = table.get(key)
        refs = listed(found) or listed(found.get("refs") if isinstance(found, Table) else None)
        partial = isinstance(found, Table) and ({*found} - {"refs"})
        if key == "only" and found is not None and (partial or "merge_requests" not in refs):
            yield f"{named}only: {', '.join(sorted(refs)) or 'on a condition'}"
        if key == "except" and found is not None:
            yield f"{named}except: {', '.join(sorted(refs)) or 'on a condition'}"
    rules = table.tables("rules")
    if rules and not _takes(rules):
        yield f"{named}rules that may leave a merge request out"


def _takes(rules: list[Table]) -> bool:
    """Does the first rule that may match a merge request take it for certain?"""
    for each in rules:
        said = each.text("if")
        wide = not said or _MERGE.fullmatch(said.strip()) is not None
        narrow = any(key in each for key in ("changes", "exists"))
        on = each.text("when") in ("", "on_success", "always")
        if wide and on and not narrow:
            return True
        other = re.fullmatch(r"\$CI_(COMMIT_BRANCH|COMMIT_TAG|PIPELINE_SOURCE)\b.*", said.strip())
        if on or (other and "merge_request" not in said and "||" not in said):
            continue
        return False
    return False
