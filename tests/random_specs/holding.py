"""What a project of any spec has to hold: its checks, and its own tests on a PostgreSQL."""

import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scaffold.emission import emit_project
from scaffold.tree.check import check
from tests.emitted import made

CHECKS: Final = (
    ("ruff", "check", "--no-cache", "."),
    ("ruff", "format", "--no-cache", "--check", "."),
    ("black", "--quiet", "--check", "."),
    ("mypy",),
)
TESTS: Final = ("pytest", "-q", "-x", "-n", "0", "-rfE", "--tb=short", "-p", "no:cacheprovider")
SECONDS: Final = 900
"""For one command in a project."""
SAME: Final = ("keys", "leases", "shared_limits", "workers")
"""Emitted tests of what is the same in every service; they take long, and the examples run them."""
IGNORED: Final = tuple(f"--ignore=tests/contract/test_{each}.py" for each in SAME)


def faults(text: str, target: Path, package: str, *tests: str) -> Iterator[str]:
    """What is wrong with the project of a spec, which is made at `target`; nothing if it is green.

    Its tests migrate and start the service; those that are named run, or all. Their server is
    the one of DEVELOPMENT_POSTGRES_URL.
    """
    try:
        made(package, target, text.encode())
    except Exception:
        target.mkdir(parents=True, exist_ok=True)
        yield traceback.format_exc()
        return
    if check(target, emit_project(target)):
        yield "scaffold check finds a difference"
    for command in (*CHECKS, (*TESTS, *tests)):
        done = _run(target, *command)
        if done.returncode != 0:
            yield f"{' '.join(command)}\n{done.stdout[-6000:]}"


def _run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the tools of this environment
        [sys.executable, "-m", *command],
        cwd=project,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=SECONDS,
    )
