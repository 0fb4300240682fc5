"""What could not be read, where it matters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from scaffold.drift.facts import Fact, Place
from scaffold.drift.project import github, gitlab, makefile, owners
from scaffold.drift.project.context import Project
from scaffold.drift.project.runs import PRE_COMMIT
from scaffold.drift.project.told import Unjudged, rule

_CI = ".github/workflows/ci.yml"
_FINE = (
    "on: pull_request\npermissions: {contents: read}\njobs:\n  a:\n    steps:\n"
    "      - run: scaffold check --base origin/main\n"
)

JUDGED = rule(
    "649",
    "project-not-judged",
    "high",
    "GEN-3",
    what="A file of the configuration cannot be read as what its name says, or a script in the way "
    "of the check or of the tests cannot be.",
    why="It may switch off anything, and nobody would say so.",
    remedy="Write it so that it can be read: valid YAML, TOML or shell, a regular file, UTF-8.",
    files={_CI: _FINE},
    change={_CI: _FINE, ".github/workflows/more.yml": "on: push\non: pull_request\n"},
    dual={_CI: _FINE, ".github/workflows/more.yml": "on: push\njobs: {}\n"},
    order=Unjudged(),
)
RULES = (JUDGED,)

_WORDS = re.compile(r"scaffold|pytest|\bmake\b")
_NAMED: Final = frozenset(
    {".gitignore", ".gitattributes", ".dockerignore", "Dockerfile", "compose.yaml"}
    | {"pyproject.toml", "pytest.ini", "mypy.ini", "ruff.toml", "setup.cfg", "tox.ini"}
    | {"requirements.txt", "requirements-dev.txt", "requirements-scaffold.txt"}
    | {"requirements-scaffold-packages.txt", gitlab.PATH, PRE_COMMIT, *makefile.NAMES}
    | {*owners.PLACES}
)


def facts(project: Project) -> Iterator[Fact]:
    """What the other modules could not read. It comes last."""
    told: dict[str, str] = dict(project.resolver.unreadable)
    for path, entry in project.tree.entries.items():
        named = path in _NAMED or path.startswith(tuple(f"{each}/" for each in github.HOMES))
        if not named:
            continue
        if not entry.regular:
            told.setdefault(path, f"it is a {entry.sort}")
        elif project.text(path) is None:
            told.setdefault(path, "it is no text, or too large")
    for above in (".github", ".github/workflows", "requirements"):
        found = project.tree.entries.get(above)
        if found is not None:
            told.setdefault(above, f"it is a {found.sort}")
    seen: dict[str, Place] = {}
    for sequence in project.sequences:
        for run in sequence.runs:
            if run.kind == "unreadable" and _WORDS.search(" ".join(run.notes[1:])):
                told.setdefault(run.place.path, f"a script: {run.notes[0]}")
                seen.setdefault(run.place.path, run.place)
    for path in sorted(told):
        yield Fact(JUDGED, path, told[path], seen.get(path, Place(path)))
