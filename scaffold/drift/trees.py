"""The files of a state of a project: a directory, a commit, or a spec alone.

A tree is input from outside: links are not followed, what is no regular file is not opened, and
no more is read than a bound.
"""

from __future__ import annotations

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

from scaffold.repository import Repository, RepositoryError, git
from scaffold.tree.paths import SPEC

MAX_FILES: Final = 20_000
MAX_READ: Final = 8 * 1024 * 1024
"""Bytes of one file. A larger one is reported by its size and not read."""

Sort = Literal["file", "executable", "link", "directory", "submodule", "other"]

SKIPPED: Final = frozenset(
    {".git", ".venv", ".venv-scaffold", "node_modules", "__pycache__", ".dev"}
    | {".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox"}
)
"""Directories that are not walked unless git has files of them."""


class TreeError(ValueError):
    """A tree cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What lies at a path: of which sort, and how many bytes; -1 where that is not known."""

    sort: Sort
    size: int = -1

    @property
    def regular(self) -> bool:
        """Is it a file whose bytes can be read?"""
        return self.sort in ("file", "executable")


class Tree(ABC):
    """The files of a project in one state. Paths are relative to it, with `/`."""

    name: str
    """What messages call it."""

    @cached_property
    @abstractmethod
    def entries(self) -> Mapping[str, Entry]:
        """What lies where, sorted by path; directories themselves are left out.

        Raises:
            TreeError: it cannot be listed, or holds more than MAX_FILES.
        """

    @abstractmethod
    def read(self, path: str) -> bytes | None:
        """The bytes of a regular file of at most MAX_READ; None where there is none."""

    def text(self, path: str) -> str | None:
        """A file as UTF-8; None where there is none or it is no text."""
        content = self.read(path)
        try:
            return None if content is None else content.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def under(self, *prefixes: str, suffix: str = "") -> Iterator[str]:
        """The paths of regular files below some directories, sorted; "" is the whole tree."""
        for path, entry in self.entries.items():
            inside = any(not each or path.startswith(f"{each}/") for each in prefixes)
            if inside and entry.regular and path.endswith(suffix):
                yield path

    @property
    def directory(self) -> Path | None:
        """Where it lies on disk, if it does."""
        return None


class Files(Tree):
    """Some files in memory: a spec by itself, and the examples of the rules."""

    def __init__(self, files: Mapping[str, bytes], name: str) -> None:
        self.name = name
        self._files = dict(sorted(files.items()))

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """The files."""
        return {path: Entry("file", len(each)) for path, each in self._files.items()}

    def read(self, path: str) -> bytes | None:
        """The bytes of a file."""
        return self._files.get(path)


class Directory(Tree):
    """A directory as it lies on disk."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.name = str(place)

    @property
    def directory(self) -> Path:
        """The directory itself."""
        return self.place

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Everything but what tools put there."""
        found = {**dict(self._walk("", self.place)), **dict(self._kept())}
        if len(found) > MAX_FILES:
            raise TreeError(f"{self.name} has more than {MAX_FILES} files. Check a project alone.")
        return dict(sorted(found.items()))

    def _kept(self) -> Iterator[tuple[str, Entry]]:
        """What git has of the directories that are not walked."""
        wanted = [f":(glob)**/{each}/**" for each in sorted(SKIPPED - {".git"})]
        said = git(self.place, "ls-files", "-z", "--", *wanted) or b""
        for each in said.split(b"\0")[: MAX_FILES + 1]:
            path = os.fsdecode(each)
            try:
                if path:
                    yield path, _entry((self.place / path).lstat())
            except (OSError, ValueError):
                continue

    def _walk(self, prefix: str, place: Path) -> Iterator[tuple[str, Entry]]:
        left = [(prefix, place)]
        count = 0
        while left:
            above, directory = left.pop()
            try:
                listed = sorted(os.scandir(directory), key=lambda each: each.name)
            except OSError as error:
                raise TreeError(f"{directory} cannot be listed: {error.strerror}.") from None
            for each in listed:
                path = above + each.name
                if each.is_dir(follow_symlinks=False):
                    if each.name not in SKIPPED:
                        left.append((f"{path}/", Path(each.path)))
                    continue
                count += 1
                if count > MAX_FILES:
                    raise TreeError(f"{self.name} has more than {MAX_FILES} files.")
                yield path, _entry(each.stat(follow_symlinks=False))

    def read(self, path: str) -> bytes | None:
        """The bytes of a regular file; a link on the way is not followed."""
        place = self.place
        parts = path.split("/")
        if {"", ".", ".."} & {*parts} or "\0" in path:
            return None
        for each in parts[:-1]:
            place = place / each
            if place.is_symlink():
                return None
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            with open(os.open(place / parts[-1], flags), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    return None
                content = file.read(MAX_READ + 1)
        except (OSError, ValueError):
            return None
        return content if len(content) <= MAX_READ else None


class Commit(Tree):
    """A commit of the repository that a project is part of."""

    def __init__(self, repository: Repository, revision: str) -> None:
        """Finds the commit of a revision.

        Raises:
            RepositoryError: there is none.
        """
        self.commit = repository.commit(revision)
        self.name = revision
        self._repository = repository
        self._known: dict[str, bytes | None] = {}

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """The files of the project in the commit."""
        asked = ("ls-tree", "-r", "-l", "-z", "--end-of-options", self.commit, "--", ".")
        said = git(self._repository.project, *asked)
        if said is None:
            raise TreeError(f"git cannot list the files of {self.name}.")
        found: dict[str, Entry] = {}
        for each in said.split(b"\0"):
            about, _, path = each.partition(b"\t")
            words = about.split()
            if len(words) != 4:
                continue
            size = int(words[3]) if words[3].isdigit() else -1
            name = path.decode("utf-8", "surrogateescape")
            found[name] = Entry(_MODES.get(words[0].decode(), "other"), size)
        if len(found) > MAX_FILES:
            raise TreeError(f"{self.name} has more than {MAX_FILES} files.")
        return dict(sorted(found.items()))

    def read(self, path: str) -> bytes | None:
        """The bytes of a file."""
        entry = self.entries.get(path)
        if entry is None or not entry.regular or entry.size > MAX_READ:
            return None
        if path not in self._known:
            self._load()
        return self._known.get(path)

    def _load(self) -> None:
        """Reads all files of a sensible size with one call of git."""
        wanted = [p for p, e in self.entries.items() if e.regular and 0 <= e.size <= MAX_READ]
        wanted = [each for each in wanted if "\n" not in each]
        total = sum(self.entries[each].size for each in wanted)
        if total > _MAX_LOADED:
            raise TreeError(f"{self.name} is larger than {_MAX_LOADED} bytes in all.")
        asked = "".join(f"{self.commit}:./{each}\n" for each in wanted)
        given = asked.encode("utf-8", "surrogateescape")
        said = git(self._repository.project, "cat-file", "--batch", given=given)
        if said is None:
            raise TreeError(f"git cannot read the files of {self.name}.")
        at = 0
        for path in wanted:
            end = said.index(b"\n", at)
            head = said[at:end].split()
            if len(head) != 3 or head[1] != b"blob":
                at = end + 1
                continue
            size = int(head[2])
            self._known[path] = said[end + 1 : end + 1 + size]
            at = end + 1 + size + 1


_MAX_LOADED: Final = 256 * 1024 * 1024
_MODES: Final[Mapping[str, Sort]] = {
    "100644": "file",
    "100664": "file",
    "100755": "executable",
    "120000": "link",
    "160000": "submodule",
}


def _entry(found: os.stat_result) -> Entry:
    mode = found.st_mode
    if stat.S_ISLNK(mode):
        return Entry("link", found.st_size)
    if not stat.S_ISREG(mode):
        return Entry("other")
    return Entry("executable" if mode & stat.S_IXUSR else "file", found.st_size)


def tree(what: str, project: Path) -> Tree:
    """What an argument names: a directory, a spec, or else a revision of the project.

    Raises:
        TreeError: it names none of them.
    """
    place = Path(what)
    try:
        if place.is_dir():
            return Directory(place)
        if place.is_file():
            content = place.read_bytes() if place.stat().st_size <= MAX_READ else b""
            return Files({SPEC: content}, what)
    except (OSError, ValueError):
        pass
    try:
        return Commit(Repository.of(project), what)
    except RepositoryError as error:
        raise TreeError(
            f"{what!r:.80} is neither a directory, nor a file, nor a revision. {error}"
        ) from None
