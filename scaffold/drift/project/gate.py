"""The gate itself: does CI run `scaffold check` on each pull request, and does its verdict count?

Everything is told of the best run that there is, wherever it stands: moving the check to another
job or file changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scaffold.drift.facts import Fact, Place
from scaffold.drift.project.context import Project, Sequence
from scaffold.drift.project.documents import Table, Unreadable
from scaffold.drift.project.pytest_options import deselecting
from scaffold.drift.project.runs import PRE_COMMIT, Run
from scaffold.drift.project.shell import expanded
from scaffold.drift.project.told import GUARD, REASONS, rule, shown
from scaffold.drift.verdict import Exact

OTHERS: Final = re.compile(
    r"Jenkinsfile[^/]*|azure-pipelines[^/]*\.ya?ml|\.circleci/[^/]+\.ya?ml|bitbucket-pipelines\.yml|"
    r"\.buildkite/[^/]+\.ya?ml|\.woodpecker(\.ya?ml|/[^/]+\.ya?ml)|\.drone\.ya?ml|\.travis\.yml|"
    r"\.teamcity/[^/]+|cloudbuild\.ya?ml|buildspec\.ya?ml|\.tekton/[^/]+\.ya?ml"
)
"""Files of other CI systems, which are read as lines of text."""

_FLAGS: Final = frozenset({"--detailed-exitcode", "--static", "--emit-witness", "--quiet", "-q"})
_VALUED: Final = frozenset(
    {"--base", "--format", "--output", "--database-url", "-o", "-f", "--emit-witness"}
)
_ITSELF = re.compile(
    r"(?:HEAD|@)(?:[~^]0)?|.*(?:head_ref|HEAD_REF|github\.sha|GITHUB_SHA|CI_COMMIT_SHA|head\.sha|"
    r"CI_COMMIT_REF_NAME|CI_COMMIT_BRANCH|CI_MERGE_REQUEST_SOURCE).*",
    re.DOTALL,
)
_BRANCH = re.compile(
    r".*(?:base_ref|BASE_REF|base\.sha|base\.ref|event\.before|merge-base|"
    r"CI_MERGE_REQUEST_DIFF_BASE_SHA|CI_MERGE_REQUEST_TARGET_BRANCH|CI_DEFAULT_BRANCH).*|"
    r"(?:origin/)?(?:main|master|develop|trunk)",
    re.DOTALL,
)
_HERE: Final = frozenset(
    {"", ".", "./", "$PWD", "$(pwd)", "${{ github.workspace }}", "$GITHUB_WORKSPACE"}
    | {"$CI_PROJECT_DIR", "${CI_PROJECT_DIR}", "${GITHUB_WORKSPACE}"}
)
_TAMPER: Final = frozenset(
    {"PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "BASH_ENV", "ENV"}
    | {"LD_PRELOAD", "LD_LIBRARY_PATH", "MAKEFLAGS", "GNUMAKEFLAGS", "MFLAGS", "SCAFFOLD"}
    | {"SCAFFOLD_VENV", "XDG_CACHE_HOME", "GIT_DIR", "GIT_CONFIG_GLOBAL", "PYTEST_ADDOPTS"}
    | {"PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "CI", "PYTHONOPTIMIZE"}
)
_GIT_CHANGES: Final = frozenset(
    {"checkout", "switch", "reset", "restore", "stash", "apply", "am", "revert", "rm", "clean"}
    | {"cherry-pick", "merge", "rebase", "update-index", "worktree", "pull", "replace"}
)

_CI = ".github/workflows/ci.yml"
_HEAD = "on:\n  pull_request:\npermissions: {contents: read}\njobs:\n  test:\n    steps:\n"
_CHECK = "      - run: scaffold check --base origin/main\n"
_TEST = "      - run: python -m pytest\n"
_WORKFLOW = _HEAD + _CHECK
_MAKE = "check:\n\tscaffold check\n.PHONY: check\n"

MISSING = rule(
    "601",
    "check-missing",
    "critical",
    "GEN-3",
    what="No workflow that a pull request starts runs `scaffold check`.",
    why="Whatever a change widens is merged without a word.",
    remedy="Let CI run scaffold check --base with the branch that the change goes to.",
    files={_CI: _WORKFLOW},
    change={_CI: _HEAD + _TEST},
    dual={_CI: None, ".github/workflows/drift.yml": _WORKFLOW.replace("test:", "drift:")},
)
CONDITIONAL = rule(
    "602",
    "check-conditional",
    "critical",
    "GEN-3",
    what="`scaffold check` runs in CI on a condition: `if`, a filter of the trigger, a job that is "
    "skipped where another one fails, a branch of a script.",
    why="Whoever meets the condition, or fails a job before on purpose, is not checked; a skipped "
    "job counts as passed.",
    remedy="Give the check a job of its own, without needs, if and filters.",
    files={_CI: _WORKFLOW},
    change={_CI: _HEAD + _CHECK + "        if: github.actor != 'robot'\n"},
    dual={_CI: _HEAD + _CHECK + "        name: Look for drift\n        if: ${{ always() }}\n"},
    order=REASONS,
)
IGNORED = rule(
    "603",
    "check-ignored",
    "critical",
    "GEN-3",
    what="`scaffold check` runs in CI, and its failure does not fail the job.",
    why="The finding is printed, and the change is merged.",
    remedy="Let the exit code of the check be that of its step.",
    files={_CI: _WORKFLOW},
    change={_CI: _HEAD + _CHECK.rstrip() + " || true\n"},
    dual={_CI: _HEAD + _CHECK.rstrip() + " || exit 1\n"},
    order=REASONS,
)
NARROWED = rule(
    "604",
    "check-narrowed",
    "high",
    "GEN-3",
    what="`scaffold check` in CI looks at less: --static alone, no --base or the change itself as "
    "base, another directory, another program or a tree that a step changed before.",
    why="What is not compared with the branch that it goes to is approved by whoever wrote it.",
    remedy="Run the check as scaffold check --base with the branch that the change goes to.",
    files={_CI: _WORKFLOW},
    change={_CI: _HEAD + "      - run: scaffold check --base HEAD\n"},
    dual={_CI: _HEAD + "      - run: scaffold check --format json --base=origin/main .\n"},
    order=REASONS,
)
ELSEWHERE = rule(
    "605",
    "check-elsewhere",
    "high",
    "GEN-3",
    what="The lines of another CI system that run `scaffold check` are other ones, or gone. They "
    "are compared as text.",
    why="The check may be gone, optional or narrowed.",
    remedy="Have the change approved by whoever may change CI.",
    files={"Jenkinsfile": "sh 'scaffold check --base origin/main'\n"},
    change={"Jenkinsfile": "sh 'scaffold check --base origin/main || true'\n"},
    dual={"Jenkinsfile": "// The drift.\nsh   'scaffold check --base origin/main'\n"},
    order=Exact(absent="everything"),
)
LATE = rule(
    "606",
    "check-after-code",
    "high",
    "GEN-3",
    what="In CI, code of the change runs before every `scaffold check` that counts.",
    why="Code of the change can replace the generator, or files that it compares.",
    remedy="Run scaffold check --static first: before packages of the change are installed.",
    files={_CI: _WORKFLOW},
    change={_CI: _HEAD + "      - run: python scripts/prepare.py\n" + _CHECK},
    dual={_CI: _HEAD + "      - run: echo hello\n" + _CHECK + "      - run: python x.py\n"},
)
INSTALLED = rule(
    "607",
    "generator-installation",
    "high",
    "GEN-3",
    "OPS-2",
    what="The generator that checks in CI is installed otherwise than from "
    "requirements-scaffold.txt with the digests of requirements-scaffold-packages.txt.",
    why="Another generator, or another package beside it, calls anything sound.",
    remedy="Install it as `make generator` of a new project does.",
    files={
        _CI: _HEAD + "      - run: make generator\n" + _CHECK,
        "Makefile": "generator:\n\tpip install --require-hashes -r requirements-scaffold-packages"
        ".txt\n\tpip install --no-deps -r requirements-scaffold.txt\n.PHONY: generator\n",
    },
    change={
        "Makefile": "generator:\n\tpip install --require-hashes -r requirements-scaffold-packages"
        ".txt\n\tpip install -r requirements-scaffold.txt\n.PHONY: generator\n",
    },
    dual={
        "Makefile": "# The generator.\n.PHONY: generator\ngenerator:\n\t@pip install --quiet -r "
        "requirements-scaffold-packages.txt --require-hashes\n"
        "\t@pip install --no-deps --no-build-isolation -r requirements-scaffold.txt\n",
    },
    order=REASONS,
)
LOCAL = rule(
    "608",
    "local-check",
    "medium",
    "GEN-3",
    what="`make check` or pre-commit does not run `scaffold check` any more, or not for certain.",
    why="Developers, and assistants that are told to run make check, learn of an edited guard in "
    "CI at the earliest.",
    remedy="Keep the check in make check and in the hook.",
    files={"Makefile": _MAKE},
    change={"Makefile": _MAKE.replace("\tscaffold", "\t-scaffold")},
    dual={"Makefile": "check: style\n\t@scaffold check\nstyle: ; ruff check .\n.PHONY: check\n"},
    order=GUARD,
)
ENVIRONMENT = rule(
    "609",
    "check-environment",
    "high",
    "GEN-3",
    what="CI sets a variable, or writes a file, that decides which programs run or how: PATH, "
    "PYTHONPATH, MAKEFLAGS, SCAFFOLD, PYTEST_ADDOPTS, $GITHUB_PATH and the like.",
    why="The check or the tests may be another program, or run with other options.",
    remedy="Leave these variables alone in jobs that check and test.",
    files={_CI: _WORKFLOW},
    change={_CI: _WORKFLOW + "        env: {PYTHONPATH: tools}\n"},
    dual={_CI: _WORKFLOW + "        env: {LANG: C.UTF-8}\n"},
    order=Exact(),
)
TESTS = rule(
    "610",
    "tests-missing",
    "high",
    "API-3",
    "TEST-1",
    what="CI does not run the tests any more.",
    why="The generated contract tests prove isolation, permissions and limits; without them a hook "
    "that breaks one is merged.",
    remedy="Let CI run make test.",
    files={_CI: _WORKFLOW + _TEST},
    change={_CI: _WORKFLOW},
    dual={_CI: _WORKFLOW, ".github/workflows/tests.yml": _HEAD + _TEST},
    order=GUARD,
)
WEAK_TESTS = rule(
    "611",
    "tests-weakened",
    "high",
    "API-3",
    "TEST-1",
    what="The tests run in CI on a condition, without all of them, or their failure does not fail "
    "the job.",
    why="A broken guard whose test did not run, or does not count, is merged.",
    remedy="Run all tests on each pull request, and let their exit code count.",
    files={_CI: _WORKFLOW + _TEST},
    change={_CI: _WORKFLOW + _TEST.rstrip() + " -k 'not isolation'\n"},
    dual={_CI: _WORKFLOW + _TEST.rstrip() + " -x -n 4 --durations 10\n"},
    order=REASONS,
)
ANALYSIS = rule(
    "612",
    "analysis-missing",
    "medium",
    "GEN-3",
    what="CI does not run mypy or ruff any more, or a failure of it does not count.",
    why="The types hold guards together, and the rules S of ruff find what is insecure in hooks.",
    remedy="Let CI run make check.",
    files={_CI: _WORKFLOW + "      - run: ruff check .\n"},
    change={_CI: _WORKFLOW + "      - run: ruff check . || true\n"},
    dual={_CI: _WORKFLOW + "      - run: ruff check --output-format github .\n"},
    order=GUARD,
)
RULES = (
    MISSING,
    CONDITIONAL,
    IGNORED,
    NARROWED,
    ELSEWHERE,
    LATE,
    INSTALLED,
    LOCAL,
    ENVIRONMENT,
    TESTS,
    WEAK_TESTS,
    ANALYSIS,
)
_KEY: Final = "ci"


@dataclass(frozen=True, slots=True)
class _Judged:
    """A run with all that is weak of it."""

    run: Run
    narrow: frozenset[str]
    late: str

    @property
    def counts(self) -> bool:
        """Does it run on each pull request, and does its failure count?"""
        return not (self.run.conditions or self.run.ignored)

    @property
    def rank(self) -> tuple[bool, bool, int, Place]:
        """The best one first."""
        run = self.run
        reasons = {*run.conditions, *run.ignored, *self.narrow}
        return (not self.counts, bool(self.narrow), len(reasons), run.place)


def facts(project: Project) -> Iterator[Fact]:
    """What is true of the gate."""
    checks = sorted(
        (each for one in project.sequences for each in _judged(one, "check")),
        key=lambda each: each.rank,
    )
    elsewhere = list(_elsewhere(project))
    yield from elsewhere
    if checks:
        yield from _check(checks)
    elif not elsewhere:
        yield Fact(MISSING, _KEY, "nothing in CI runs scaffold check", project.home)
    yield from _installed(project)
    yield from _local(project)
    yield from _environment(project)
    yield from _tests(project)


def _judged(sequence: Sequence, kind: str) -> Iterator[_Judged]:
    late = ""
    changed: list[str] = []
    for run, trees in zip(sequence.runs, sequence.trees, strict=True):
        if run.kind == kind:
            narrow = {*trees, *run.notes, *changed}
            narrow |= {*(_narrowed(run) if kind == "check" else deselecting(run.arguments))}
            if kind == "tests" and run.directory not in _HERE:
                narrow.add(f"in the directory {run.directory}")
            yield _Judged(run, frozenset(narrow), late)
        late = late or _runs_code(run)
        if _changes_tree(run):
            changed.append(f"after `{run.shown}`")


def _runs_code(run: Run) -> str:
    """The command, if it runs code of the change."""
    if run.kind in ("tests", "code"):
        return run.shown
    if run.kind == "install":
        files, names, _ = installed(run)
        if names or any("requirements-scaffold" not in each for each in files):
            return run.shown
    return ""


def _changes_tree(run: Run) -> bool:
    name = run.words[0].rpartition("/")[2] if run.words else ""
    if name == "git":
        return any(each in _GIT_CHANGES for each in run.words[1:4])
    if name == "sed":
        return any(each.startswith("-i") or each == "--in-place" for each in run.words)
    if name not in ("rm", "mv", "ln", "patch"):
        return False
    outside = ("-", "/tmp", "$RUNNER_TEMP")  # noqa: S108 - words of a script
    return not all(each.startswith(outside) for each in run.words[1:])


def _narrowed(run: Run) -> Iterator[str]:
    """Why a check looks at less than all."""
    base = ""
    words = iter(run.arguments)
    for each in words:
        name, equals, value = each.partition("=")
        if name in _VALUED:
            value = value if equals else next(words, "")
            base = value if name == "--base" else base
        elif each.startswith("-"):
            if each not in _FLAGS:
                yield each
        elif each not in _HERE:
            yield f"of the directory {each}"
    if "--static" in run.arguments:
        yield "--static alone"
    base = expanded(base, run.variables)
    if not base:
        yield "without --base"
    elif _ITSELF.fullmatch(base) and not _BRANCH.fullmatch(base):
        yield f"compared with the change itself, {base}"
    elif not _BRANCH.fullmatch(base) and not base.startswith("origin/"):
        yield f"compared with {base}"
    if run.directory not in _HERE:
        yield f"in the directory {run.directory}"


def _check(checks: list[_Judged]) -> Iterator[Fact]:
    best = checks[0]
    run = best.run
    for told, reasons in (
        (CONDITIONAL, {*run.conditions}),
        (IGNORED, {*run.ignored}),
        (NARROWED, {*best.narrow}),
    ):
        if reasons:
            yield Fact(told, _KEY, shown(reasons), run.place, frozenset(reasons))
    counting = [each for each in checks if each.counts and not each.run.notes] or checks[:1]
    if all(each.late for each in counting):
        first = counting[0]
        yield Fact(LATE, _KEY, f"after `{first.late}`", first.run.place, "late")


def _elsewhere(project: Project) -> Iterator[Fact]:
    for path in project.top:
        if not OTHERS.fullmatch(path):
            continue
        lines = [
            (number, " ".join(each.split()))
            for number, each in enumerate((project.text(path) or "").split("\n"), 1)
            if "scaffold" in each and "check" in each and not each.strip().startswith(("#", "//"))
        ]
        if lines:
            said = "; ".join(each for _, each in lines)
            yield Fact(ELSEWHERE, path, said, Place(path, lines[0][0]))


# Installation


def installed(run: Run) -> tuple[list[str], list[str], list[str]]:
    """What an installation takes: files of requirements, names, and options."""
    files, names, options = [], [], []
    words = iter(run.arguments)
    for each in words:
        name, equals, value = each.partition("=")
        if name in ("-r", "--requirement"):
            files.append(value if equals else next(words, ""))
        elif each.startswith("-r") and len(each) > 2 and not each.startswith("--"):
            files.append(each[2:])
        elif name in _PIP_VALUED:
            options.append(f"{name} {value if equals else next(words, '')}")
        elif each.startswith("-"):
            options.append(each)
        else:
            names.append(each)
    return files, names, options


_PIP_VALUED: Final = frozenset(
    {"-c", "--constraint", "-e", "--editable", "-t", "--target", "-i", "--index-url", "-f"}
    | {"--extra-index-url", "--find-links", "--trusted-host", "--prefix", "--root", "--python"}
    | {"--cache-dir", "--log", "--platform", "--no-binary", "--only-binary", "--progress-bar"}
)


def _installed(project: Project) -> Iterator[Fact]:
    """How the generator of a job that checks comes there."""
    best: tuple[set[str], Place] | None = None
    for sequence in project.sequences:
        ends = [number for number, run in enumerate(sequence.runs) if run.kind == "check"]
        if not ends:
            continue
        runs = sequence.runs[: ends[0]]
        reasons: set[str] = set()
        place = sequence.runs[ends[0]].place
        for run in runs:
            found = {*_weak_installation(run)}
            if found and not reasons:
                place = run.place
            reasons |= found
        if best is None or (len(reasons), place) < (len(best[0]), best[1]):
            best = (reasons, place)
    if best and best[0]:
        yield Fact(INSTALLED, "generator", shown(best[0]), best[1], frozenset(best[0]))


def _weak_installation(run: Run) -> Iterator[str]:
    if run.kind == "install":
        files, names, options = installed(run)
        for each in files:
            if each.endswith("requirements-scaffold-packages.txt"):
                if "--require-hashes" not in options:
                    yield "its packages without --require-hashes"
            elif each.endswith("requirements-scaffold.txt") and not (
                {"--no-deps", "--require-hashes"} & {*options}
            ):
                yield "the generator with packages that nothing pins"
        if any("scaffold" in each for each in names):
            yield f"`{run.shown}`"
        if names and any("scaffold" in each for each in run.words[0].split("/")):
            yield f"`{run.shown}`"
        return
    if run.kind != "other":
        return
    name = run.words[0].rpartition("/")[2]
    writes = any(".venv-scaffold/" in each for each in run.targets)
    moves = name in ("cp", "mv", "ln", "install", "tee", "sed", "printf", "chmod", "curl", "wget")
    if writes or (moves and any(".venv-scaffold" in each for each in run.words[1:])):
        yield f"`{run.shown}`"


# Beside CI


def _local(project: Project) -> Iterator[Fact]:
    for run in project.make("check"):
        if run.kind == "check" and not (run.conditions or run.ignored or run.notes):
            yield Fact(LOCAL, "make check", "runs scaffold check", run.place)
            break
    for hook in project.resolver.hooks:
        if any(project.resolver.hook_conditions(hook)):
            continue
        for run in _hook(project, hook):
            if run.kind == "check" and not (run.ignored or run.conditions or run.notes):
                yield Fact(LOCAL, "pre-commit", "runs scaffold check", run.place)
                return


def _hook(project: Project, hook: Table) -> list[Run]:
    try:
        line = hook.line_of("entry")
        return project.resolver.script(hook.text("entry"), PRE_COMMIT, line)
    except Unreadable:
        return []


def _environment(project: Project) -> Iterator[Fact]:
    """Variables and files that decide what runs."""
    seen: set[str] = set()
    for sequence in project.sequences:
        if not any(run.kind in ("check", "tests") for run in sequence.runs):
            continue
        for run in sequence.runs:
            if run.kind in ("check", "tests"):
                for name in sorted(_TAMPER & run.variables.keys()):
                    if name not in seen and (name, run.variables[name]) != ("CI", "true"):
                        seen.add(name)
                        yield Fact(ENVIRONMENT, name, run.variables[name][:200], run.place)
            for target in run.targets:
                bare = target.strip("${}\"'")
                if bare in ("GITHUB_PATH", "GITHUB_ENV") and bare not in seen:
                    seen.add(bare)
                    yield Fact(ENVIRONMENT, f"${bare}", f"`{run.shown}`", run.place)


def _tests(project: Project) -> Iterator[Fact]:
    tests = sorted(
        (each for one in project.sequences for each in _judged(one, "tests")),
        key=lambda each: each.rank,
    )
    if tests:
        best = tests[0]
        yield Fact(TESTS, _KEY, "CI runs pytest", best.run.place)
        reasons = {*best.run.conditions, *best.run.ignored, *best.narrow}
        if reasons:
            place = best.run.place
            yield Fact(WEAK_TESTS, _KEY, shown(reasons), place, frozenset(reasons))
    for kind, name in (("types", "mypy"), ("lint", "ruff")):
        for sequence in project.sequences:
            found = [each for each in _judged(sequence, kind) if each.counts]
            if found and sequence.pull_requests:
                yield Fact(ANALYSIS, name, "its failure fails CI", found[0].run.place)
                break
