"""What git is told: files that it leaves out, differences that a review does not show, and trees of
other repositories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from scaffold.drift.facts import Fact, Place
from scaffold.drift.project import hidden
from scaffold.drift.project.context import Project
from scaffold.drift.project.patterns import ignored, listed, matches
from scaffold.drift.project.told import GUARD, REASONS, rule, shown

IGNORED = rule(
    "634",
    "ignored-by-git",
    "high",
    "GEN-3",
    what="A .gitignore leaves out a file that decides about authority, or one that would lie "
    "beside such files: the spec, the lock, hooks, tests, generated files, workflows. So does a "
    "pattern that can match a module or SQL below the directories of hooks, tests and generated "
    "files, such as hooks/local_*.py, and one that matches a module which is imported.",
    why="What git does not know is in no review; on a machine where it lies it runs all the same.",
    remedy="Ignore by a narrower pattern.",
    files={".gitignore": ".venv/\n.env\n*.pyc\n"},
    change={".gitignore": ".venv/\n.env\n*.pyc\nhooks/\n"},
    dual={".gitignore": "# Tools.\n*.pyc\n.env\n.venv/\n.idea/\nreports/\n"},
)
ENV = rule(
    "635",
    "env-not-ignored",
    "high",
    "ID-4",
    what="Git does not leave out .env any more.",
    why="The next `git add .` publishes passwords.",
    remedy="Keep .env in .gitignore.",
    files={".gitignore": ".venv/\n.env\n"},
    change={".gitignore": ".venv/\n.env\n!.env\n"},
    dual={".gitignore": ".env*\n!.env.example\n.venv/\n"},
    order=GUARD,
)
HIDDEN = rule(
    "636",
    "hidden-in-review",
    "high",
    "GEN-3",
    what="A .gitattributes hides the changes of a file that decides about authority in a review, "
    "changes its bytes on the way, or lets a merge take one side of it.",
    why="A widened right is merged, and nobody has seen the line.",
    remedy="Show the changes of the spec, the lock, hooks, tests and workflows.",
    files={".gitattributes": "* text=auto eol=lf\n/scaffold.lock merge=scaffold\n"},
    change={
        ".gitattributes": "* text=auto eol=lf\n/scaffold.lock merge=scaffold linguist-generated\n"
    },
    dual={
        ".gitattributes": "# Line ends.\n*.png binary\n* text=auto eol=lf\n*.md linguist-prose\n"
        "/scaffold.lock merge=scaffold diff=json\n"
    },
    order=REASONS,
)
CONTEXT = rule(
    "637",
    "image-context",
    "medium",
    "ID-4",
    "OPS-1",
    what="The image is built with files that were left out: .env, the history, the tests, what is "
    "for development alone.",
    why="Passwords and the development issuer get into the image.",
    remedy="Keep the list of what is sent to the builder.",
    files={".dockerignore": "*\n!requirements.txt\n!hooks\n"},
    change={".dockerignore": "*.md\n.git\n"},
    dual={".dockerignore": "# All but this.\n**\n!hooks\n!requirements.txt\n!static\n"},
    order=GUARD,
)
SUBMODULE = rule(
    "646",
    "submodule",
    "high",
    "GEN-3",
    "OPS-2",
    what="Another repository is part of the tree: its files are not in it.",
    why="What it holds is in no review of this one, and no layer reads it.",
    remedy="Make it a dependency with a digest, or copy it.",
    files={"README.md": "A service.\n"},
    change={".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = https://example.com/x\n'},
    dual={"docs/modules.md": "None.\n"},
)
TOOLS = rule(
    "647",
    "tools-in-tree",
    "critical",
    "GEN-3",
    what="A virtual environment is under version control: that of the generator, of the service, "
    "or a file that says that they are ready.",
    why="CI runs the programs of the change in place of the pinned ones.",
    remedy="Take it out, and have .gitignore leave it out.",
    files={"README.md": "A service.\n"},
    change={".venv-scaffold/bin/scaffold": "#!/bin/sh\nexit 0\n"},
    dual={"scripts/scaffold.md": "How we use it.\n"},
)
RULES = (IGNORED, ENV, HIDDEN, CONTEXT, SUBMODULE, TOOLS)

_MAX_FILES: Final = 30
_ENVIRONMENTS: Final = (".venv-scaffold", ".venv", "venv")


def probes(package: str) -> tuple[str, ...]:
    """Paths that decide about authority, or would lie beside those that do."""
    return (
        "scaffold.yaml",
        "scaffold.lock",
        ".scaffold/approvals.yaml",
        ".scaffold/ceiling.yaml",
        ".scaffold/own.json",
        ".github/workflows/ci.yml",
        ".github/CODEOWNERS",
        ".gitlab-ci.yml",
        "Makefile",
        "Dockerfile",
        "compose.yaml",
        "asgi.py",
        "pyproject.toml",
        "requirements.txt",
        "requirements-scaffold.txt",
        "requirements-scaffold-packages.txt",
        "hooks/probe.py",
        "tests/conftest.py",
        "tests/test_probe.py",
        "tests/contract/test_probe.py",
        f"{package}/probe.py",
        f"{package}/gate/probe.py",
        f"{package}/store/migrations/9999_probe.sql",
    )


def facts(project: Project) -> Iterator[Fact]:
    """What git and the builder of the image are told."""
    yield from _ignored(project)
    yield from _attributes(project)
    yield from _context(project)
    for path, entry in project.tree.entries.items():
        if entry.sort == "submodule":
            yield Fact(SUBMODULE, path, "another repository", Place(path))
    if ".gitmodules" in project.tree.entries:
        yield Fact(SUBMODULE, ".gitmodules", "names other repositories", Place(".gitmodules"))
    for name in _ENVIRONMENTS:
        found = next((p for p in project.tree.entries if p.startswith(f"{name}/")), None)
        if found:
            yield Fact(TOOLS, name, "is in the tree", Place(found))


def _files(project: Project, name: str) -> list[tuple[str, str]]:
    """The files of a name, from the top down, each with the directory that it speaks of."""
    found = [
        (path.rpartition("/")[0], path)
        for path in project.top
        if path == name or path.endswith(f"/{name}")
    ]
    return sorted(found, key=lambda each: (each[0].count("/") + bool(each[0]), each[0]))[
        :_MAX_FILES
    ]


def is_ignored(project: Project, path: str) -> str:
    """The file that leaves a path out, or nothing."""
    for directory, source in _files(project, ".gitignore"):
        inside = path.startswith(f"{directory}/") if directory else True
        inner = path[len(directory) + 1 :] if directory else path
        if inside and ignored(listed(project.text(source) or ""), inner):
            return source
    return ""


def _ignored(project: Project) -> Iterator[Fact]:
    if not _files(project, ".gitignore"):
        return
    for path in probes(project.package):
        if source := is_ignored(project, path):
            yield Fact(IGNORED, path, f"left out by {source}", Place(source), "ignored")
    for directory, source in _files(project, ".gitignore"):
        lines = (project.text(source) or "").split("\n")[:3000]
        for number, line in enumerate(lines, 1):
            for pattern in listed(line.removesuffix("\r")):
                yield from _could_hide(project, pattern, directory, Place(source, number))
    told: set[str] = set()
    for name, by, line_ in hidden.imported(project.tree, project.package):
        above = {name, *(name[: each.start()] for each in re.finditer("/", name))}
        sources = [is_ignored(project, f"{name}{each}") for each in (".py", "/__init__.py")]
        if any(sources) and not above & told:
            told.add(name)
            said = f"is imported by {by}, and left out by {sources[0] or sources[1]}"
            yield Fact(IGNORED, f"module {name}", said, Place(by, line_), "ignored")
    if is_ignored(project, ".env"):
        yield Fact(ENV, ".env", "is left out", Place(is_ignored(project, ".env")), "ignored")


def _could_hide(project: Project, pattern: str, directory: str, place: Place) -> Iterator[Fact]:
    """A pattern that can match a module or SQL beside those that decide about authority."""
    if pattern.startswith("!"):
        return
    for path in hidden.examples(pattern, directory, project.package):
        if is_ignored(project, path):
            said = f"leaves out files such as {path}"
            yield Fact(IGNORED, f"{place.path}: {pattern}", said, place, "ignored")
            return


def _attributes(project: Project) -> Iterator[Fact]:
    files = _files(project, ".gitattributes")
    lines: list[tuple[str, str, int, list[str]]] = []
    macros: dict[str, list[str]] = {"binary": ["-diff", "-merge", "-text"]}
    for directory, source in files:
        for number, each in enumerate((project.text(source) or "").split("\n")[:3000], 1):
            words = each.split()
            if len(words) < 2 or words[0].startswith("#"):
                continue
            if words[0].startswith("[attr]"):
                macros[words[0].removeprefix("[attr]")] = words[1:]
            else:
                lines.append((directory, source, number, words))
    for path in probes(project.package):
        found: dict[str, str] = {}
        place = Place(files[0][1]) if files else Place(".gitattributes")
        for directory, source, number, words in lines:
            if directory and not path.startswith(f"{directory}/"):
                continue
            inner = path[len(directory) + 1 :] if directory else path
            if matches(words[0].strip('"'), inner, below=False):
                told = dict(_said(words[1:], macros, 0))
                if {*_hides(told)}:
                    place = Place(source, number)
                found.update(told)
        reasons = {*_hides(found)}
        if reasons:
            yield Fact(HIDDEN, path, shown(reasons), place, frozenset(reasons))


def _said(words: list[str], macros: dict[str, list[str]], depth: int) -> Iterator[tuple[str, str]]:
    """Attributes with their values: set, unset, or a text."""
    for each in words:
        name, equals, value = each.lstrip("-!").partition("=")
        state = value if equals else {"-": "unset", "!": "unspecified"}.get(each[:1], "set")
        if name in macros and state == "set" and depth < 4:
            yield from _said(macros[name], macros, depth + 1)
        yield name, state


def _hides(found: dict[str, str]) -> Iterator[str]:
    if found.get("linguist-generated") in ("set", "true"):
        yield "linguist-generated"
    if found.get("linguist-vendored") in ("set", "true"):
        yield "linguist-vendored"
    if found.get("gitlab-generated") in ("set", "true"):
        yield "gitlab-generated"
    if found.get("diff") == "unset":
        yield "-diff"
    if found.get("merge") in ("ours", "theirs", "union", "unset"):
        yield f"merge={found['merge']}"
    for name in ("filter", "working-tree-encoding"):
        if found.get(name, "unset") not in ("unset", "unspecified"):
            yield f"{name}={found[name]}"
    for name in ("ident", "export-ignore", "export-subst"):
        if found.get(name) == "set":
            yield name


def _context(project: Project) -> Iterator[Fact]:
    text = project.text(".dockerignore")
    if text is None:
        return
    lines = listed(text)
    kept_out = (".env", ".git/config", ".dev/owner", "tests/conftest.py")
    for path in (*kept_out, f"{project.package}/development/serve.py"):
        if ignored(lines, path, docker=True):
            yield Fact(CONTEXT, path, "is left out", Place(".dockerignore"))
