"""Paths of a project, and which of them are generated.

The lock and the journal of an interrupted write name paths, and both are files that somebody may
have edited: their paths are input from outside and pass `confine` before anything is done to them.
This guards against what lies in a checkout, not against a process that changes the tree meanwhile.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

SPEC = "scaffold.yaml"
LOCK = "scaffold.lock"
HOME = ".scaffold"
SCHEMA = f"{HOME}/spec.schema.json"
CONTRACT_TESTS = "tests/contract"

MAX_PATH = 255

_PATH = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")


class UnsafePath(ValueError):
    """A path leads, or may lead, out of the project."""


@dataclass(frozen=True, slots=True)
class Roots:
    """Where generated files lie: all that is in these directories, and single files elsewhere."""

    directories: tuple[str, ...]
    files: tuple[str, ...]

    def hold(self, path: str) -> bool:
        """Is this a path of a generated file?"""
        inside = any(path.startswith(f"{each}/") for each in self.directories)
        return (inside or path in self.files) and is_plain(path)


def roots(package: str) -> Roots:
    """The generated roots of a project whose service is called `package`."""
    return Roots(directories=(package, CONTRACT_TESTS), files=(SCHEMA,))


def is_plain(path: str) -> bool:
    """Is the path relative, free of `.` and `..`, and spelled as emitted paths are?"""
    return (
        len(path) <= MAX_PATH
        and _PATH.fullmatch(path) is not None
        and not {".", ".."} & set(path.split("/"))
    )


def confine(project: Path, path: str) -> Path:
    """The place of a path in a project.

    Raises:
        UnsafePath: it is not plain, or a directory on the way is a symbolic link.
    """
    if not is_plain(path):
        raise UnsafePath(f"{path!r:.100} is not a path inside the project")
    place = os.fspath(project)
    for each in path.split("/")[:-1]:
        place = os.path.join(place, each)
        if os.path.islink(place):
            raise UnsafePath(
                f"{place} is a symbolic link. Replace it by a directory: generated files cannot be "
                "behind a link"
            )
    return project / path
