"""The facts of the developer's code in a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from scaffold.drift.code import (
    application,
    capabilities,
    database,
    execution,
    guards,
    identity,
    internals,
    names,
    outbound,
    patches,
    secrets,
    state,
    suites,
)
from scaffold.drift.code.rule import Family, Reading
from scaffold.drift.code.source import Module, Project, Unjudged, parse
from scaffold.drift.facts import Fact, Place
from scaffold.drift.rule import Rule
from scaffold.drift.trees import MAX_READ, Tree
from scaffold.tree.paths import HOME, LOCK, roots

FAMILIES: Final[tuple[Family, ...]] = (
    database.find,
    internals.find,
    identity.find,
    patches.find,
    application.find,
    outbound.find,
    execution.find,
    guards.find,
    state.find,
    suites.find,
    capabilities.find,
)
RULES: Final[tuple[Rule, ...]] = (
    *database.RULES,
    *internals.RULES,
    *identity.RULES,
    *patches.RULES,
    *application.RULES,
    *outbound.RULES,
    *execution.RULES,
    *guards.RULES,
    *state.RULES,
    *suites.RULES,
    *secrets.RULES,
    *names.RULES,
    *capabilities.RULES,
)

_SCRIPT: Final = re.compile(rb"^#![^\n]*\bpython[0-9.]*\b")
_NO_TEXT: Final = re.compile(
    r"\.(?:png|jpe?g|gif|ico|webp|pdf|woff2?|ttf|otf|mp[34]|mov|gz|xz|bz2|tar|7z|zip|whl|pyc|so|sqlite3?"
    r"|parquet|bin|exe|dylib|dll)$",
    re.IGNORECASE,
)


def read(tree: Tree, package: str) -> Iterator[Fact]:
    """The facts of all code of the developer in a tree, whose service is called `package`.

    Sorted; each is told once. Generated files are left out, as their digests are compared, but not
    what only lies beside them: byte code, links and names.

    Raises:
        TreeError: the tree cannot be listed.
    """
    found: dict[tuple[str, str], Fact] = {}
    for each in _all(tree, package):
        known = found.get((each.rule.id, each.key))
        if known is None or each.place < known.place:
            found[each.rule.id, each.key] = each
    for key in sorted(found):
        yield found[key]


def _all(tree: Tree, package: str) -> Iterator[Fact]:
    yield from names.find(tree, package)
    modules: dict[str, Module] = {}
    generated = roots(package)
    ignored = _ignored(tree)
    for path, entry in tree.entries.items():
        inside = any(path.startswith(f"{each}/") for each in generated.directories)
        if not entry.regular or inside or path == LOCK or path.startswith(f"{HOME}/"):
            continue
        if entry.size > MAX_READ:
            if path.endswith((".py", ".sql")):
                yield _unjudged(path, f"is larger than {MAX_READ >> 20} MiB")
            continue
        if _NO_TEXT.search(path):
            continue
        content = tree.read(path)
        if content is None:
            if path.endswith(".py"):
                yield _unjudged(path, "cannot be read")
            continue
        python = path.endswith((".py", ".pyw", ".pyi")) or bool(_SCRIPT.match(content[:200]))
        if python:
            try:
                module = parse(path, content)
                modules.setdefault(module.dotted, module)
            except Unjudged as error:
                yield _unjudged(path, str(error))
            except RecursionError:
                yield _unjudged(path, "is nested too deeply")
        if b"\0" in content[:8192] and not python:
            continue
        text = content.decode("utf-8", "replace")
        if python:
            yield from names.in_code(path, text)
        elif path.endswith((".sql", ".psql", ".pgsql")):
            yield from database.sql_file(path, text)
        if not ignored(path):
            yield from secrets.by_name(path, text)
            yield from secrets.in_text(path, text)
    Project(package, modules)
    for each in sorted(
        modules.values(), key=lambda module: (module.path != "asgi.py", module.path)
    ):
        yield from _module(each)


def _module(module: Module) -> Iterator[Fact]:
    try:
        reading = Reading(module)
        for family in FAMILIES:
            yield from family(reading)
    except RecursionError:
        yield _unjudged(module.path, "is nested too deeply")


def _unjudged(path: str, why: str) -> Fact:
    return Fact(names.UNJUDGED, path, f"cannot be judged: it {why}", Place(path))


class _Ignored:
    """What .gitignore keeps out of the repository, where the tree is a directory: such files are of
    this machine alone. Those of a commit are there, whatever it says."""

    def __init__(self, patterns: list[str]) -> None:
        self.patterns = patterns

    def __call__(self, path: str) -> bool:
        ignored = False
        words = path.split("/")
        parts = ["/".join(words[: count + 1]) for count in range(len(words))]
        for pattern in self.patterns:
            bare = pattern.lstrip("!").rstrip("/")
            anchored = "/" in bare
            bare = bare.lstrip("/")
            if anchored:
                hit = any(fnmatchcase(each, bare) for each in parts)
            else:
                hit = any(fnmatchcase(each, bare) for each in words)
            if hit:
                ignored = not pattern.startswith("!")
        return ignored


def _ignored(tree: Tree) -> _Ignored:
    if tree.directory is None:
        return _Ignored([])
    lines = (tree.text(".gitignore") or "").splitlines()
    return _Ignored([each.strip() for each in lines if each.strip() and each[:1] != "#"])
