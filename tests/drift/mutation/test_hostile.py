"""Repositories that are made to break the check: it ends, with findings or a clear refusal."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.cli.support import scaffold
from tests.drift.mutation.services import copied, lay, service
from tests.repositories import git

SECONDS: Final = 60


def check(project: Path, *options: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """A static check in a process of its own, which has to end."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "scaffold", "check", str(project), "--static", *options],
        check=False,
        capture_output=True,
        timeout=SECONDS,
        env={**os.environ, **environment},
    )


def fifo(project: Path) -> None:
    os.mkfifo(project / "hooks" / "pipe.py")
    (project / "scaffold.lock").unlink()
    os.mkfifo(project / "scaffold.lock")


def links(project: Path) -> None:
    os.symlink("loop", project / "hooks" / "loop")
    os.symlink("/", project / "everything")
    shutil.rmtree(project / ".github")
    os.symlink("/etc", project / ".github")


def huge(project: Path) -> None:
    for path in ("hooks/huge.py", "Dockerfile", "requirements.txt"):
        (project / path).unlink(missing_ok=True)
        with (project / path).open("wb") as file:
            file.truncate(20 << 20)


def no_text(project: Path) -> None:
    for path in (b"hooks/\xff\xfe.py", b"docs\xff", b"hooks/a\nb.py"):
        (Path(os.fsdecode(os.fsencode(project) + b"/" + path))).write_bytes(b"\xff\x00\xfe")
    for path in (".github/workflows/ci.yml", "pyproject.toml", "hooks/other.py", "asgi.py"):
        lay(project, {path: b"\xff\xfe\x00\x80"})


def names(project: Path) -> None:
    lay(
        project,
        {"Hooks/x.py": "", "hooks/caf\u00e9.py": "", "hooks/cafe\u0301.py": "", "ASGI.py": ""},
    )


def submodule(project: Path) -> None:
    entry = f"160000,{'1' * 40},hooks/module"
    assert git(project, "update-index", "--add", "--cacheinfo", entry).returncode == 0
    lay(project, {".gitmodules": '[submodule "x"]\n\tpath = hooks/module\n\turl = ext::sh -c id\n'})


def deep(project: Path) -> None:
    nested = "[" * 5000 + "]" * 5000
    lay(
        project,
        {
            "hooks/deep.py": "x = " + "(" * 3000 + ")" * 3000,
            ".github/workflows/deep.yml": "on: " + nested,
            "d/" * 60 + "x.py": "x = 1\n",
        },
    )


def elsewhere(project: Path) -> None:
    shutil.rmtree(project / ".git")
    (project / ".git").write_text("gitdir: /nonexistent/elsewhere\n", "utf-8")


HOSTILE: Final[tuple[Callable[[Path], None], ...]] = (
    *(fifo, links, huge, no_text, names, submodule, deep, elsewhere),
)


@pytest.mark.parametrize("make", HOSTILE, ids=lambda each: each.__name__)
def test_it_ends_with_findings_or_a_refusal(make: Callable[[Path], None]) -> None:
    with copied(service("recruiting")) as project:
        make(project)
        done = check(project)
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        assert done.returncode in (1, 2), said[-2000:]
        assert "Traceback" not in said, said[-2000:]
        assert said.strip()


@pytest.mark.parametrize("base", ["-x", "--output=x", "nowhere", "HEAD~99", "HEAD:asgi.py", "a\nb"])
def test_a_base_that_is_none_is_refused(base: str) -> None:
    found = scaffold("check", service("recruiting").project, "--static", f"--base={base}")
    assert found.exit_code == 2
    assert found.stderr.strip() and "Traceback" not in found.stderr


def test_what_is_said_does_not_depend_on_hashes_or_the_locale() -> None:
    with copied(service("recruiting")) as project:
        lay(
            project,
            {"asgi.py": "app = None\n", "hooks/x.py": "import asyncpg\nasyncpg.connect()\n"},
        )
        names(project)
        said = {
            check(project, "--format", "json", PYTHONHASHSEED=seed, LC_ALL=locale).stdout
            for seed, locale in (("1", "C"), ("2", "C.UTF-8"), ("3", "C.UTF-8"))
        }
        assert len(said) == 1
        assert b"SCF301" in said.pop()
