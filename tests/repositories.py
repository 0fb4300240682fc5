"""Projects in git repositories, whose branches change the spec."""

import os
import subprocess
import sys
from pathlib import Path

AUTHOR = {
    f"GIT_{part}_{key}": "dev@example.com"
    for part in ("AUTHOR", "COMMITTER")
    for key in ("NAME", "EMAIL")
}
"""The variables by which git knows an author."""


def git(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs git in a project, as the same author everywhere."""
    return subprocess.run(  # noqa: S603
        ["git", "-C", str(project), *arguments],  # noqa: S607
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **AUTHOR, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def commit(project: Path, message: str) -> None:
    """Commits all that lies there."""
    git(project, "add", "--all")
    done = git(project, "commit", "-qm", message)
    assert done.returncode == 0, done.stdout + done.stderr


def begin(project: Path) -> Path:
    """Makes a project a repository, whose branch `main` has it as it is."""
    assert git(project, "init", "-q", "-b", "main").returncode == 0
    commit(project, "begin")
    return project
