"""Who has to review what: the last line of CODEOWNERS that matches a path counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scaffold.drift.facts import Fact, Place
from scaffold.drift.project.context import Project
from scaffold.drift.project.patterns import matches
from scaffold.drift.project.told import rule
from scaffold.drift.verdict import Names

PLACES: Final = (
    ".github/CODEOWNERS",
    "CODEOWNERS",
    "docs/CODEOWNERS",
    ".gitlab/CODEOWNERS",
)
"""Where forges look; the first one counts."""
PLACEHOLDER: Final = "@your-organization/"
"""Owners that a new project has until its developers say who they are."""

_OWNERS = "/scaffold.yaml @acme/security\n/.github/ @acme/security\n"
OWNERS = rule(
    "633",
    "owner-removed",
    "high",
    "GEN-3",
    "ROLL-4",
    what="CODEOWNERS asks nobody any more, or more or other people, for a file that decides about "
    "authority: the spec, the lock, the approvals, CI, the pins.",
    why="Whoever is asked instead, or nobody, lets a widened right through.",
    remedy="Have the change approved by the former owners.",
    files={".github/CODEOWNERS": _OWNERS},
    change={".github/CODEOWNERS": "/.github/ @acme/security\n"},
    dual={".github/CODEOWNERS": f"# Who reviews what.\n* @acme/everybody\n{_OWNERS}"},
    order=Names(absent="everything"),
)
RULES = (OWNERS,)

GUARDED: Final = (
    "scaffold.yaml",
    "scaffold.lock",
    ".scaffold/approvals.yaml",
    ".scaffold/ceiling.yaml",
    ".scaffold/own.json",
    ".github/workflows/ci.yml",
    ".github/CODEOWNERS",
    ".gitlab-ci.yml",
    ".pre-commit-config.yaml",
    ".gitattributes",
    "Makefile",
    "pyproject.toml",
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-scaffold.txt",
    "requirements-scaffold-packages.txt",
    "Dockerfile",
    "compose.yaml",
    "asgi.py",
    "hooks/any.py",
    "tests/conftest.py",
    "tests/contract/test_access.py",
)
MAX_LINES: Final = 3000
_SECTION = re.compile(r"(\^?)\[([^\]]+)\](?:\[[0-9]+\])?\s*(.*)")


@dataclass(frozen=True, slots=True)
class _Line:
    pattern: str
    owners: tuple[str, ...]
    section: str
    number: int


def facts(project: Project) -> Iterator[Fact]:
    """Who owns the guarded files."""
    path = next((each for each in PLACES if each in project.tree.entries), None)
    if path is None:
        return
    lines = list(_lines(project.text(path) or ""))
    for each in (*GUARDED, f"{project.package}/app.py"):
        found: dict[str, _Line] = {}
        for line in lines:
            if matches(line.pattern, each):
                found[line.section] = line
        for section, line in sorted(found.items()):
            if line.owners:
                key = f"{each} ({section})" if section else each
                yield Fact(OWNERS, key, ", ".join(line.owners), Place(path, line.number))


def _lines(text: str) -> Iterator[_Line]:
    section, optional = "", False
    default: tuple[str, ...] = ()
    for number, each in enumerate(text.split("\n")[:MAX_LINES], 1):
        said = each.split(" #", 1)[0].strip()
        if not said or said.startswith("#"):
            continue
        if header := _SECTION.fullmatch(said):
            section, default = header[2], _owners(header[3].split())
            optional = bool(header[1])
            continue
        words = said.replace("\\ ", "\0").split()
        pattern = words[0].replace("\0", " ")
        owners = _owners(words[1:]) or default
        if len(pattern) <= 255 and not pattern.startswith("!"):
            yield _Line(pattern, () if optional else owners, section, number)


def _owners(words: list[str]) -> tuple[str, ...]:
    """The owners that there are: a placeholder is nobody."""
    found = {each.lower() for each in words if ("@" in each) and not each.startswith(PLACEHOLDER)}
    return tuple(sorted(found))
