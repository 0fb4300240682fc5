"""What git knows of a project: revisions, and the sides of a merge.

A repository is input from outside. Its configuration may name programs; none of those that git
starts by itself is started here, and a revision is only ever a value.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

GIT_SECONDS: Final = 20
MAX_BYTES: Final = 64 * 1024 * 1024

LOCATES_REPOSITORY: Final = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"}
"""Variables that git sets for its hooks; they lead to the repository that is committed to."""

Side = Literal["base", "ours", "theirs"]
SIDES: Final[Mapping[Side, int]] = {"base": 1, "ours": 2, "theirs": 3}

_HEX = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class RepositoryError(ValueError):
    """Git does not know what was asked for; the message says what to do."""


def git(directory: Path, *arguments: str, given: bytes = b"") -> bytes | None:
    """What git says of a directory, or None where it does not know.

    It starts no file system monitor, which the configuration of a repository may name, and no
    hooks. `given` is what it reads.
    """
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false"]
    command += ["-c", f"core.hooksPath={os.devnull}", "-C", str(directory)]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, and no argument is an option
            [*command, *arguments],
            env={key: each for key, each in os.environ.items() if key not in LOCATES_REPOSITORY},
            input=given,
            capture_output=True,
            check=False,
            timeout=GIT_SECONDS,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class Repository:
    """The git repository that a project is part of. Paths are those of the project."""

    project: Path

    @classmethod
    def of(cls, project: Path) -> Repository:
        """The repository of a project.

        Raises:
            RepositoryError: there is none.
        """
        if git(project, "rev-parse", "--show-prefix") is None:
            raise RepositoryError(f"{project.resolve()} is not in a git repository.")
        return cls(project)

    def commit(self, revision: str) -> str:
        """The commit of a revision.

        Raises:
            RepositoryError: there is none.
        """
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        found = git(self.project, *asked) if revision.isprintable() else None
        name = (found or b"").decode("ascii", "replace").strip()
        if not _HEX.fullmatch(name):
            raise RepositoryError(
                f"{revision!r:.80} is no commit here. Give a branch, a tag or the name of a "
                "commit; in CI, fetch it first."
            )
        return name

    def ancestor(self, one: str, other: str) -> str | None:
        """The commit that two commits both come from, if it is one."""
        found = (git(self.project, "merge-base", "--all", one, other) or b"").decode().split()
        return found[0] if len(found) == 1 and _HEX.fullmatch(found[0]) else None

    def at(self, commit: str, path: str) -> bytes | None:
        """The content of a file in a commit; None where it has none."""
        return self._blob(f"{commit}:./{path}")

    def side(self, side: Side, path: str) -> bytes | None:
        """The content of a file on one side of the merge that is under way."""
        return self._blob(f":{SIDES[side]}:./{path}")

    def _blob(self, name: str) -> bytes | None:
        size = git(self.project, "cat-file", "-s", name)
        if size is None or int(size) > MAX_BYTES:
            return None
        return git(self.project, "cat-file", "blob", name)

    def unmerged(self) -> list[str]:
        """The files of the project that both sides have changed, and nobody has resolved."""
        said = git(self.project, "ls-files", "--unmerged", "-z") or b""
        paths = (each.partition("\t")[2] for each in said.decode("utf-8", "replace").split("\0"))
        return sorted({each for each in paths if each})

    def stage(self, paths: Iterable[str]) -> None:
        """Puts files, as they lie there or do not, into the next commit.

        Raises:
            RepositoryError: git refuses, such as while another process uses the index.
        """
        listed = "".join(f"{each}\0" for each in paths).encode()
        asked = ("update-index", "--add", "--remove", "-z", "--stdin")
        if git(self.project, *asked, given=listed) is None:
            raise RepositoryError(
                "The files are written, and git did not take them. Run git add, and see what it "
                "says."
            )
