"""`scaffold.lock`: what the spec yielded when the project was last generated.

It is read in diffs: one fact a line, sorted, ASCII only so that nothing hides in it. It is also
input from outside: whoever edits it must not reach further than whoever edits the spec.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from scaffold.tree.paths import LOCK

MAX_BYTES = 64 * 1024 * 1024

Surface = Mapping[str, Any]


class LockError(ValueError):
    """The lock cannot be read."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The facts of a lock; digests are written `sha256:<hex>`."""

    language: int
    generator: str
    spec: str
    files: Mapping[str, str]
    surface: Surface


@dataclass(frozen=True, slots=True)
class Origin:
    """Which version wrote a lock, and the surface in it, as far as any version's lock says it."""

    generator: str
    surface: Surface


def write(lock: Lock) -> bytes:
    """The lock as it is committed."""
    return (json.dumps(_members(lock), indent=2) + "\n").encode("ascii")


def _members(lock: Lock) -> dict[str, Any]:
    # Not asdict, which copies the whole surface.
    return {each.name: getattr(lock, each.name) for each in fields(lock)}


def same(one: Lock, other: Lock) -> bool:
    """Do two locks say the same, in whatever order?"""
    texts = (json.dumps(_members(each), sort_keys=True) for each in (one, other))
    return len({*texts}) == 1


def read(project: Path) -> tuple[Lock, bytes] | None:
    """The lock of a project with its bytes, or None when there is none.

    Raises:
        LockError: it is not a lock.
    """
    content = _content(project)
    return None if content is None else (parse(content, project / LOCK), content)


def language(project: Path) -> int | None:
    """The version of the language that the spec of a project was in, as its lock says.

    Raises:
        LockError: there is a lock that cannot be read.
    """
    known = read(project)
    return known[0].language if known else None


def origin(project: Path) -> Origin | None:
    """Where a project comes from, by a lock that may have the form of another version.

    Raises:
        LockError: there is a lock, and it does not say so.
    """
    content = _content(project)
    if content is None:
        return None
    try:
        found = json.loads(content)
        generator, surface = found["generator"], found.get("surface", {})
        sound = isinstance(generator, str) and isinstance(surface, dict)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise LockError(f"{project / LOCK} does not say which scaffold wrote it")
    return Origin(generator, surface)


def known_origin(project: Path) -> Origin | None:
    """Where a project comes from; None where no lock says so, and one is about to be written."""
    try:
        return origin(project)
    except LockError:
        return None


def _content(project: Path) -> bytes | None:
    place = project / LOCK
    try:
        # A pipe in its place would keep a plain open waiting for ever.
        with open(os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise LockError(f"{place} is no regular file")
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LockError(f"{place} cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise LockError(f"{place} is too large to be a lock")
    return content


def parse(content: bytes, place: Path) -> Lock:
    """The lock of a content; `place` names it in messages.

    Raises:
        LockError: it is not a lock.
    """
    try:
        lock = Lock(**json.loads(content, object_pairs_hook=_once))
    except (ValueError, TypeError, RecursionError):
        raise LockError(f"{place} is not a lock as this scaffold writes it") from None
    texts = isinstance(lock.files, dict) and all(
        isinstance(each, str) for each in (lock.generator, lock.spec, *lock.files.values())
    )
    if not texts or not isinstance(lock.surface, dict):
        raise LockError(f"{place} is not a lock as this scaffold writes it")
    return lock


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping that says each key once: readers differ in which of two they take."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is said twice")
    return found
