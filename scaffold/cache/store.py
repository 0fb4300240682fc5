"""The cache of one user: `$XDG_CACHE_HOME/scaffold`, or `~/.cache/scaffold`.

An entry says what a run of this generator has worked out, and a false one would be an insecure file
that `check` calls sound. So none is ever read from a place that somebody else can write: not from a
project, not from a directory or a file of another user or open to others, and not where `CI` is
set. Who can write what is read here can change the installed scaffold as well.

A cache that is not there, not to be trusted, damaged, full or read-only is as good as an empty one:
nothing here raises an error. `SCAFFOLD_CACHE=off` is the switch.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SWITCH = "SCAFFOLD_CACHE"
MAX_ENTRY = 64 * 1024 * 1024
"""Bytes that no entry exceeds."""
MAX_BYTES = 256 * 1024 * 1024
"""Bytes that all entries together do not exceed for long: the oldest go."""

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_DIGEST = hashlib.sha256().digest_size * 2


@dataclass(frozen=True, slots=True)
class Store:
    """The entries of one project; without a `directory` there are none, and none are kept."""

    directory: Path | None
    project: str

    def read(self, name: str) -> dict[str, Any]:
        """The entry of a name; an empty one where there is none that can be used."""
        if self.directory is None:
            return {}
        try:
            content = _content(self.directory / f"{self.project}.{name}")
        except OSError:
            return {}
        told, text = content[:_DIGEST], content[_DIGEST:]
        if told != hashlib.sha256(text).hexdigest().encode():
            return {}
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, name: str, entry: dict[str, Any]) -> None:
        """Keeps an entry, instead of the one of that name."""
        if self.directory is None:
            return
        text = json.dumps(entry).encode()
        if len(text) + _DIGEST <= MAX_ENTRY:
            content = hashlib.sha256(text).hexdigest().encode() + text
            with contextlib.suppress(OSError):
                _replace(self.directory / f"{self.project}.{name}", content)
                _trim(self.directory)


def store(project: Path) -> Store:
    """The entries of the project in this directory."""
    place = os.path.realpath(project)
    name = hashlib.sha256(os.fsencode(place)).hexdigest()[:32]
    try:
        return Store(_directory(place), name)
    except OSError:
        return Store(None, name)


def _directory(project: str) -> Path | None:
    """The directory of the cache, made if need be; None where there is none to be trusted."""
    if os.environ.get(SWITCH) == "off" or os.environ.get("CI"):
        return None
    said = os.environ.get("XDG_CACHE_HOME", "")
    # The specification has relative paths ignored: they would lead into the project.
    base = said if os.path.isabs(said) else os.path.expanduser("~/.cache")
    if not os.path.isabs(base):
        return None
    place = os.path.join(os.path.realpath(base), "scaffold")
    if os.path.commonpath([place, project]) == project:
        return None
    os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
    if not _is_own(os.path.dirname(place), _OTHERS_WRITE):
        return None
    with contextlib.suppress(FileExistsError):
        os.mkdir(place, mode=0o700)
    return Path(place) if _is_own(place, _OTHERS) else None


def _is_own(directory: str, forbidden: int) -> bool:
    """Is it a directory of this user, with none of these permissions?"""
    found = os.lstat(directory)
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.geteuid()
        and not found.st_mode & forbidden
    )


def _content(place: Path) -> bytes:
    descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        own = found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_WRITE
        if not (stat.S_ISREG(found.st_mode) and own):
            return b""
        return file.read(MAX_ENTRY)


def _replace(place: Path, content: bytes) -> None:
    """Writes a file as a whole, beside other processes that write it."""
    draft = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(draft, place)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def _trim(directory: Path) -> None:
    """Removes the oldest files, as many as are too much: what was left half written, too."""
    found = []
    for each in os.scandir(directory):
        with contextlib.suppress(FileNotFoundError):  # another process trims as well
            known = each.stat(follow_symlinks=False)
            found.append((known.st_mtime_ns, known.st_size, each.path))
    total = 0
    for _, size, path in sorted(found, reverse=True):
        total += size
        if total > MAX_BYTES:
            with contextlib.suppress(OSError):
                os.unlink(path)
