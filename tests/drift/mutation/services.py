"""Whole services as `scaffold new` makes them, each in a repository, and changed copies of them."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from unittest import mock

from scaffold import __version__
from scaffold.design import reading
from scaffold.drift import judge
from scaffold.drift.change import Change
from scaffold.drift.code import secrets
from scaffold.drift.facts import Fact, Surface
from scaffold.drift.judge import Check
from scaffold.drift.spec import compare
from scaffold.drift.trees import Commit, Tree
from scaffold.emission import Emission, emit_project
from scaffold.repository import Repository
from tests import emitted
from tests.repositories import begin, git

NAMES: Final = ("invoicing", "helpdesk", "recruiting")
TODAY: Final = date(2026, 12, 1)
PIN: Final = f"scaffold=={__version__} --hash=sha256:{'5c' * 32}\n"
TOOLS: Final = ".venv"
"""What is looked at only where git has it."""
TEAM: Final = "@acme/security"
CEILING: Final = """bounds:
  - rule: SCF133
    key: "operations * page_max"
    bound: 1000
"""


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link."""

    target: str


Files = Mapping[str, str | bytes | Link | None]
"""Files of a change by path; None takes one away."""


class NoPlace(Exception):
    """A service has no place for an operator."""


@dataclass(frozen=True)
class Service:
    """A project with all in it that a team fills in: owners, its generator, a ceiling."""

    name: str
    project: Path
    emission: Emission

    @cached_property
    def base(self) -> Commit:
        """Its one commit."""
        return Commit(Repository.of(self.project), "HEAD")

    @cached_property
    def surface(self) -> Surface:
        """What the layers of the developer's files say of the commit."""
        return _STATIC(self.base, self.name)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Its files."""
        return tuple(self.base.entries)

    @cached_property
    def hooks(self) -> tuple[str, ...]:
        """The modules of hooks, those with the most inputs first."""
        found = [each for each in self.paths if re.fullmatch(r"hooks/[a-z]\w*\.py", each)]
        return tuple(sorted(found, key=lambda each: (-self.text(each).count("data: "), each)))

    def text(self, path: str) -> str:
        """A file of it.

        Raises:
            NoPlace: there is none.
        """
        path = self.path(path)
        found = self.base.text(path)
        if found is None:
            raise NoPlace(path)
        return found

    def path(self, path: str) -> str:
        """A path in which `@` stands for the package."""
        return path.replace("@", self.name)

    def put(self, text: str) -> str:
        """A text in which `@@` stands for the package."""
        return text.replace("@@", self.name)

    def edit(self, path: str, old: str, new: str, count: int = 1) -> dict[str, str]:
        """A file in which a regular expression is replaced."""
        text, path = self.text(path), self.path(path)
        made, done = re.subn(old, lambda found: found.expand(self.put(new)), text, count=count)
        if not done or made == text:
            raise NoPlace(f"{path}: {old}")
        return {path: made}

    def first(self, glob: str, old: str, new: str) -> dict[str, str]:
        """The first file of some in which a regular expression is found, with its replacement."""
        wanted = re.compile(self.path(glob))
        for path in self.paths:
            if wanted.fullmatch(path) and re.search(old, self.text(path)):
                return self.edit(path, old, new)
        raise NoPlace(f"{glob}: {old}")

    def hook(self, statements: str, imports: str = "", *, data: bool = False) -> dict[str, str]:
        """A hook that does more. `<row>` stands for its row; with `data` it has an input."""
        for path in self.hooks:
            text = self.text(path)
            for found in _HOOK.finditer(text):
                arguments = found["arguments"]
                row = re.search(r"(\w+): \w+Row\b", arguments)
                if row is None or (data and "data: " not in arguments):
                    continue
                said = statements.replace("<row>", row[1])
                body = "".join(f"    {line}\n" if line else "\n" for line in said.split("\n"))
                made = text[: found.end()] + self.put(body) + text[found.end() :]
                lines = self.put(imports)
                if lines:
                    made = made.replace('"""\n\nfrom ', f'"""\n\n{lines}\nfrom ', 1)
                return {path: made}
        raise NoPlace("a hook with an input")

    def module(self, text: str, imports: str = "") -> dict[str, str]:
        """A module of hooks with more behind it."""
        path = self.hooks[0]
        made = self.text(path)
        if imports:
            made = made.replace('"""\n\nfrom ', f'"""\n\n{self.put(imports)}\nfrom ', 1)
        return {path: made + self.put(text)}


_HOOK: Final = re.compile(
    r'^async def \w+\((?P<arguments>[^)]*)\) -> [^:]+:\n    """(?:.|\n)*?"""\n', re.MULTILINE
)
_STATIC: Final = judge.static


@cache
def _place() -> Path:
    made = Path(tempfile.mkdtemp(prefix="scaffold-mutation-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@cache
def service(name: str) -> Service:
    """A service, made once in a process."""
    project = emitted.project(name, _place() / name)
    pins = project / "requirements-scaffold.txt"
    pins.write_text(pins.read_text("utf-8") + PIN, "utf-8")
    for owners in project.glob(".git*/CODEOWNERS"):
        text = owners.read_text("utf-8")
        owners.write_text(text.replace("@your-organization/security", TEAM), "utf-8")
    (project / ".scaffold" / "ceiling.yaml").write_text(CEILING, "utf-8")
    begin(project)
    assert git(project, "gc", "-q").returncode == 0
    return Service(name, project, emit_project(project))


@contextmanager
def copied(of: Service, files: Files = MappingProxyType({})) -> Iterator[Path]:
    """A copy of a project whose files differ; of hard links, so that it costs little."""
    with tempfile.TemporaryDirectory(dir=_place()) as place:
        project = Path(place) / of.name
        shutil.copytree(of.project, project, copy_function=os.link, symlinks=True)
        lay(project, files)
        yield project


def lay(project: Path, files: Files) -> None:
    """Lays files, none of which writes into a hard link."""
    for path, content in files.items():
        place = project / path
        if place.is_symlink() or place.exists():
            place.unlink()
        if content is None:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            os.symlink(content.target, place)
        else:
            place.write_bytes(content.encode() if isinstance(content, str) else content)


def found(of: Service, files: Files) -> list[Change]:
    """All that a static check says of a change of a service."""
    with copied(of, files) as project, remembered(of):
        if any(TOOLS in path for path in files):
            assert git(project, "add", "--force", "--", *files).returncode == 0
        check = Check(project, of.name, TODAY, of.emission)
        check.__dict__["before"] = of.base
        check.look()
        return list(check.report().report.changes)


@contextmanager
def remembered(of: Service) -> Iterator[None]:
    """What the check reads of the base, two specs, and the search for secrets in a file, are worked
    out once: the same text has the same facts."""

    def static(tree: Tree, package: str) -> Surface:
        return of.surface if tree is of.base else _STATIC(tree, package)

    with (
        mock.patch.object(judge, "static", static),
        mock.patch.object(secrets, "in_text", _secrets),
        mock.patch.object(reading, "read", _read),
        mock.patch.object(compare, "comparison", _comparison),
    ):
        yield


_IN_TEXT: Final[Any] = secrets.in_text


@lru_cache(maxsize=4096)
def _secrets(path: str, text: str) -> tuple[Fact, ...]:
    return tuple(_IN_TEXT(path, text))


_read: Final = lru_cache(maxsize=16)(reading.read)
_comparison: Final = lru_cache(maxsize=16)(compare.comparison)
