"""What workflows may do: permissions, the actions they use, secrets, and whose code they run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from scaffold.drift.facts import Fact, Place
from scaffold.drift.project import github
from scaffold.drift.project.context import CHECKOUT, Project
from scaffold.drift.project.documents import Rows, Table, line_of, listed
from scaffold.drift.project.runs import Run
from scaffold.drift.project.told import rule
from scaffold.drift.verdict import Both, Chain, Exact

_CI = ".github/workflows/ci.yml"
_ON = "on:\n  pull_request:\n"
_READ = "permissions: {contents: read}\n"
_STEPS = "jobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n"
_SHA = "11bd71901bbe5b1630ceea73d27597364c9af683"
_OUT = f"      - uses: actions/checkout@{_SHA} # v4.2.2\n"
_KEPT = "        with: {persist-credentials: false}\n"
_BASE = _ON + _READ + _STEPS + _OUT + _KEPT

PERMISSIONS = rule(
    "616",
    "workflow-permissions",
    "high",
    "GEN-3",
    "OPS-2",
    what="A job that a pull request starts may write: contents, packages, an identity token and "
    "the like, or everything because nothing is said. A job that runs nothing of the repository "
    "may comment and upload what a scan found.",
    why="Code of the change has the token of the job, and can push, release, or approve itself.",
    remedy="Say permissions: {contents: read}, and give more to a job that runs no code of the "
    "change.",
    files={_CI: _BASE},
    change={_CI: _ON + "permissions: write-all\n" + _STEPS + _OUT + _KEPT},
    dual={
        _CI: _BASE + "  report:\n    permissions: {pull-requests: write, security-events: write}\n"
        "    steps:\n      - run: gh pr comment\n"
    },
)
TARGET = rule(
    "617",
    "pull-request-target",
    "critical",
    "GEN-3",
    what="A workflow runs on pull_request_target, or on workflow_run or a comment with the head "
    "of a pull request checked out.",
    why="It has the secrets and a token that writes; with the head checked out, code of anybody's "
    "fork has them too.",
    remedy="Use pull_request.",
    files={_CI: _BASE},
    change={_CI: _BASE, ".github/workflows/label.yml": "on: pull_request_target\njobs: {}\n"},
    dual={_CI: _BASE, ".github/workflows/night.yml": "on: {schedule: [{cron: '0 1 * * *'}]}\n"},
    order=Chain(("from the base", "with the head")),
)
UNPINNED = rule(
    "618",
    "action-unpinned",
    "high",
    "OPS-2",
    what="An action, a reusable workflow or a container of CI is named by a tag or a branch.",
    why="Whoever moves the tag runs code in CI, with the token of the job.",
    remedy="Pin it by the commit of its release, or by a digest.",
    files={_CI: _BASE},
    change={_CI: _BASE.replace(f"{_SHA} # v4.2.2", "v4")},
    dual={_CI: _BASE.replace(_SHA, "08eba0b27e820071cde6df949e0beb9ba4906955")},
)
PIN = rule(
    "619",
    "action-raised",
    "low",
    "OPS-2",
    what="An action of CI is another commit than before. Nobody can tell from the tree whether it "
    "is one of a release; it blocks nothing.",
    why="A commit of a fork can be named like one of the repository itself.",
    remedy="Compare it with the release that the comment names.",
    files={_CI: _BASE},
    change={_CI: _BASE.replace(_SHA, "08eba0b27e820071cde6df949e0beb9ba4906955")},
    dual={_CI: _BASE.replace(" # v4.2.2", " # 4.2.2, of October 2024")},
    order=Both(Exact()),
    note=True,
)
SELF_HOSTED = rule(
    "620",
    "self-hosted-runner",
    "high",
    "GEN-3",
    "OPS-1",
    what="A workflow that a pull request starts runs on a machine of one's own.",
    why="Code of the change stays on the machine, reaches its network, and meets later runs.",
    remedy="Use runners that are made anew for each job.",
    files={_CI: _BASE},
    change={_CI: _BASE.replace("ubuntu-latest", "[self-hosted, linux]")},
    dual={_CI: _BASE.replace("ubuntu-latest", "ubuntu-24.04")},
)
SECRET = rule(
    "621",
    "secret-in-pull-requests",
    "high",
    "ID-4",
    what="A workflow that a pull request starts uses a secret.",
    why="Code of the change can read it and send it away.",
    remedy="Use secrets in workflows of the main branch alone.",
    files={_CI: _BASE},
    change={_CI: _BASE + "      - run: make\n        env: {KEY: '${{ secrets.DEPLOY_KEY }}'}\n"},
    dual={
        _CI: _BASE + "      - run: make\n        if: github.event_name == 'push'\n"
        "        env: {KEY: '${{ secrets.DEPLOY_KEY }}', TOKEN: '${{ secrets.GITHUB_TOKEN }}'}\n"
    },
)
INJECTION = rule(
    "622",
    "script-injection",
    "high",
    "GEN-3",
    what="A script of a workflow contains what somebody wrote: the title of a pull request, the "
    "name of its branch, a comment.",
    why="A branch called `$(curl ...)` is a command.",
    remedy="Hand it over in env, and write it as a quoted variable.",
    files={_CI: _BASE},
    change={_CI: _BASE + "      - run: echo ${{ github.event.pull_request.title }}\n"},
    dual={
        _CI: _BASE + '      - run: echo "$TITLE"\n'
        "        env: {TITLE: '${{ github.event.pull_request.title }}'}\n"
    },
)
CREDENTIALS = rule(
    "623",
    "credentials-kept",
    "medium",
    "GEN-3",
    what="A checkout keeps its token in the tree, and did not.",
    why="Code that runs afterwards finds the token in .git/config.",
    remedy="Say persist-credentials: false.",
    files={_CI: _BASE},
    change={_CI: _BASE.replace(_KEPT, "")},
    dual={_CI: _BASE.replace("{persist-credentials: false}", "{persist-credentials: 'false'}")},
    order=Both(Chain(("not kept", "kept"))),
)
PIPED = rule(
    "624",
    "download-runs",
    "high",
    "OPS-2",
    what="CI or the image runs what it downloads: `curl ... | sh`.",
    why="Whoever controls the server, or the way to it, runs code; no digest holds it.",
    remedy="Download a release, compare its digest, and run that.",
    files={_CI: _BASE},
    change={_CI: _BASE + "      - run: curl -fsSL https://get.example.com | sh\n"},
    dual={_CI: _BASE + "      - run: curl -fsSL https://example.com/data.json | jq .\n"},
)
RULES = (
    PERMISSIONS,
    TARGET,
    UNPINNED,
    PIN,
    SELF_HOSTED,
    SECRET,
    INJECTION,
    CREDENTIALS,
    PIPED,
)

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
REPORTING: Final = frozenset(
    {"pull-requests", "security-events", "checks", "statuses", "issues", "discussions"}
)
"""What a token may write that only tells people something."""
_SECRET = re.compile(r"\bsecrets\.([A-Za-z_][A-Za-z0-9_]*)|\bsecrets\s*(\[|\))", re.IGNORECASE)
_UNTRUSTED = re.compile(
    r"github\.(head_ref|event\.(?:issue|pull_request|comment|review|review_comment|discussion|"
    r"head_commit|commits|pages|workflow_run)[A-Za-z0-9_.*\[\]-]*"
    r"(?:title|body|message|name|email|label|ref|head_branch|page_name|default_branch))"
)
_NEVER = re.compile(
    r"github\.event_name\s*==\s*'(?!pull_request)[a-z_]+'|github\.ref\s*==\s*'refs/(heads|tags)/.*'|"
    r"startsWith\(github\.ref,\s*'refs/tags.*'\)"
)
_HEAD = re.compile(r"head|pull_request|refs/pull|workflow_run|github\.event\.(number|issue)")
_DOWNLOADS: Final = frozenset({"curl", "wget", "http", "aria2c"})
_INTERPRETERS: Final = re.compile(r"(?:ba|da|z|k)?sh|python[0-9.]*|perl|ruby|node|php")
_INLINE = re.compile(r"(?:\$\(|<\(|`)\s*(?:curl|wget)\b")
_HOST = re.compile(r"[a-z]+://([^/\s'\")]+)")
_MAX_WALK: Final = 20_000


def facts(project: Project) -> Iterator[Fact]:
    """What is true of the workflows."""
    pins: dict[str, tuple[set[str], Place]] = {}
    for each in project.workflows:
        yield from _workflow(each)
        for name, ref, place in _used(each):
            if _COMMIT.fullmatch(ref) or ref.startswith("sha256:"):
                pins.setdefault(name, (set(), place))[0].add(ref)
            else:
                yield Fact(UNPINNED, f"{name} in {each.path}", f"@{ref}", place, "unpinned")
    for name, (commits, place) in sorted(pins.items()):
        yield Fact(PIN, name, ", ".join(sorted(commits)), place)
    seen: set[str] = set()
    for sequence in project.sequences:
        for run in sequence.runs:
            yield from piped(run, seen)


def _workflow(flow: github.Workflow) -> Iterator[Fact]:
    path = flow.path
    yield from _target(flow)
    yield from _injected(flow)
    kept = [
        each.place
        for job in flow.jobs
        for each in job.steps
        if each.uses.partition("@")[0] == CHECKOUT
        and each.table.table("with").text("persist-credentials") != "false"
    ]
    checks_out = any(
        each.uses.partition("@")[0] == CHECKOUT for job in flow.jobs for each in job.steps
    )
    if checks_out:
        place = kept[0] if kept else Place(path)
        yield Fact(CREDENTIALS, path, "kept" if kept else "not kept", place)
    if not flow.on_pull_requests:
        return
    yield from _permitted(flow)
    yield from _secrets(flow)
    for job in flow.jobs:
        on = job.table.get("runs-on")
        labels = listed(on) or (listed(on.get("labels")) if isinstance(on, Table) else [])
        if "self-hosted" in labels or (isinstance(on, Table) and "group" in on):
            yield Fact(SELF_HOSTED, path, ", ".join(labels) or "a group", job.place, "own")
            break


def _permitted(flow: github.Workflow) -> Iterator[Fact]:
    told: dict[str, Place] = {}
    for job in flow.jobs:
        said = job.table.get("permissions", flow.content.get("permissions"))
        runs_code = any(
            each.uses.partition("@")[0] == CHECKOUT or each.uses.startswith("./")
            for each in job.steps
        )
        if said is None:
            told.setdefault("default", job.place)
        elif isinstance(said, str):
            if said == "write-all":
                told.setdefault("everything", Place(flow.path, line_of(said)))
        elif isinstance(said, Table):
            for scope, level in said.items():
                if level == "write" and (runs_code or scope not in REPORTING):
                    told.setdefault(scope, Place(flow.path, line_of(level)))
    for scope, place in sorted(told.items()):
        value = "whatever the repository grants" if scope == "default" else "write"
        yield Fact(PERMISSIONS, f"{flow.path}: {scope}", value, place)


def _target(flow: github.Workflow) -> Iterator[Fact]:
    events = {"pull_request_target", "workflow_run", "issue_comment"} & flow.events.keys()
    if not events:
        return
    place = Place(flow.path)
    for job in flow.jobs:
        for each in job.steps:
            options = each.table.table("with")
            taken = each.uses.partition("@")[0] == CHECKOUT and (
                _HEAD.search(options.text("ref")) or _HEAD.search(options.text("repository"))
            )
            fetched = any(_fetches_head(run) for run in each.runs)
            if taken or fetched:
                yield Fact(TARGET, flow.path, "with the head", each.place)
                return
    if "pull_request_target" in events:
        yield Fact(TARGET, flow.path, "from the base", place)


def _fetches_head(run: Run) -> bool:
    words = run.words
    if words[:3] == ("gh", "pr", "checkout"):
        return True
    return words[:1] == ("git",) and any("pull/" in each or "head" in each for each in words[2:])


def _used(flow: github.Workflow) -> Iterator[tuple[str, str, Place]]:
    """Actions, reusable workflows and containers, with what each is named by."""
    for job in flow.jobs:
        if called := job.table.text("uses"):
            yield from _named(called, Place(flow.path, line_of(job.table.get("uses"))))
        for container in (job.table.get("container"), *job.table.table("services").values()):
            image = container if isinstance(container, str) else ""
            image = container.text("image") if isinstance(container, Table) else image
            if image and "$" not in image:
                place = Place(flow.path, line_of(container))
                yield from _named(f"docker://{image}", place)
        for each in job.table.tables("steps"):
            if uses := each.text("uses"):
                yield from _named(uses, Place(flow.path, line_of(each.get("uses"))))


def _named(uses: str, place: Place) -> Iterator[tuple[str, str, Place]]:
    if uses.startswith(("./", "$")):
        return
    name, _, ref = uses.partition("@")
    if uses.startswith("docker://") and not ref:
        ref = name.rpartition("/")[2].partition(":")[2] or "latest"
        name = name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
    yield name, ref or "nothing", place


def _secrets(flow: github.Workflow) -> Iterator[Fact]:
    told: dict[str, Place] = {}
    for name, each in flow.content.items():
        if name != "jobs":
            secrets_in(each, flow.path, told)
    for job in flow.jobs:
        if _leaves_out(job.table):
            continue
        for key, each in job.table.items():
            if key == "secrets" and each == "inherit":
                told.setdefault("all", Place(flow.path, line_of(each)))
            elif key != "steps":
                secrets_in(each, flow.path, told)
        for step in job.table.tables("steps"):
            if not _leaves_out(step):
                secrets_in(step, flow.path, told)
    for name, place in sorted(told.items()):
        yield Fact(SECRET, f"{flow.path}: {name}", f"secrets.{name}", place)


def _leaves_out(table: Table) -> bool:
    """Does it never run on a pull request?"""
    said = table.text("if").strip().removeprefix("${{").removesuffix("}}").strip()
    if not said or "||" in said:
        return False
    return any(_NEVER.fullmatch(each.strip()) for each in said.split("&&"))


def secrets_in(value: Any, path: str, told: dict[str, Place]) -> None:
    """Tells where each secret is that a part of a workflow names."""
    for text in _texts(value):
        if "secrets" not in text.lower():
            continue
        for expression in _expressions(text):
            for found in _SECRET.finditer(expression):
                name = found[1].upper() if found[1] else "all"
                if name != "GITHUB_TOKEN":
                    told.setdefault(name, Place(path, line_of(text)))


def _expressions(text: str) -> Iterator[str]:
    """What stands in `${{ }}`, as far as people write it."""
    at = text.find("${{")
    while at >= 0:
        end = text.find("}}", at)
        if end < 0:
            return
        yield text[at + 3 : min(end, at + 1000)]
        at = text.find("${{", end)


def _texts(value: Any) -> Iterator[str]:
    """All texts inside of a value."""
    left, count = [value], 0
    while left and count < _MAX_WALK:
        count += 1
        each = left.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, Rows):
            left += reversed(each)
        elif isinstance(each, Table):
            left += reversed(each.values())


def _injected(flow: github.Workflow) -> Iterator[Fact]:
    told: dict[str, Place] = {}
    for job in flow.jobs:
        for step in job.table.tables("steps"):
            scripts = [step.get("run")]
            if "github-script" in step.text("uses"):
                scripts.append(step.table("with").get("script"))
            for script in scripts:
                for expression in _expressions(script) if isinstance(script, str) else ():
                    for found in _UNTRUSTED.finditer(expression):
                        told.setdefault(found[0], Place(flow.path, line_of(script)))
    for context, place in sorted(told.items()):
        yield Fact(INJECTION, f"{flow.path}: {context}", f"${{{{ {context} }}}} in a script", place)


def piped(run: Run, seen: set[str]) -> Iterator[Fact]:
    """That a command runs what another one downloads."""
    if not run.words:
        return
    name = run.words[0].rpartition("/")[2]
    source = ""
    if run.after and run.after[0].rpartition("/")[2] in _DOWNLOADS:
        source = " ".join(run.after) if _INTERPRETERS.fullmatch(name) else ""
    elif _INLINE.match(run.words[0]) or (
        (_INTERPRETERS.fullmatch(name) or name in ("eval", "source", "."))
        and _INLINE.search(" ".join(run.words))
    ):
        source = " ".join(run.words)
    if source:
        host = _HOST.search(source)
        key = f"{run.place.path}: {host[1] if host else 'a download'}"
        if key not in seen:
            seen.add(key)
            yield Fact(PIPED, key, "a download runs", run.place, "runs")
