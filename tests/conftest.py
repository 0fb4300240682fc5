"""What expensive tests share: one emitted project and one PostgreSQL a process."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import emitted

os.environ["SCAFFOLD_CACHE"] = "off"
"""Tests of the cache have one of their own; no other test sees one, nor fills the user's."""

os.environ.pop("CI", None)
"""Commands ask for more in CI; tests of that set it themselves."""

LONG = ("examples", "history", "random_specs", "docs", "endurance", "security")
"""What takes long and partly waits, the longest first."""


MEMORY = Path("/dev/shm")  # noqa: S108 - a run makes directories of its own there
ROOM = 6 * 2**30
"""Bytes that have to be free, with a margin: servers that were seen took up to 0.2 GiB each."""


def _use_memory() -> None:
    """Has temporary files in memory, where that has room and TMPDIR says nothing else.

    PostgreSQL and the projects make many small files, which cost much on a disk.
    """
    if "TMPDIR" in os.environ or not MEMORY.is_dir():
        return
    found = os.statvfs(MEMORY)
    runs_programs = not found.f_flag & os.ST_NOEXEC
    if runs_programs and found.f_bavail * found.f_frsize >= ROOM:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # found out again


_use_memory()

CODE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Every process of a run shares what the others have compiled, and writes none of it beside
    the sources: pytest alone compiles hundreds of modules of its plugins."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        config.stash[CODE] = tempfile.mkdtemp(prefix="scaffold-code-")
        os.environ["PYTHONPYCACHEPREFIX"] = config.stash[CODE]
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # What mypy knows of the packages is the same for every project. Each process has its own.
    name = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    os.environ["MYPY_CACHE_DIR"] = f"{os.environ['PYTHONPYCACHEPREFIX']}/mypy-{name}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Removes it."""
    if found := config.stash.get(CODE, ""):
        shutil.rmtree(found, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Has every process begin with its share of what takes long, so that none is left with it.

    Each gets as many tests as the others, as they stand here one after the other. One that is done
    takes from the end of what is left to another.
    """
    turns = {path: _turn(path) for path in {each.path for each in items}}
    long = [each for each in items if turns[each.path] < len(LONG)]
    long.sort(key=lambda each: turns[each.path])
    short = [each for each in items if turns[each.path] == len(LONG)]
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    left, dealt = len(items), list[pytest.Item]()
    for number in range(processes):
        share = long[number::processes]
        size = max(left // (processes - number) - len(share), 0)
        dealt += share + short[:size]
        del short[:size]
        left -= len(share) + size
    items[:] = dealt + short


def _turn(path: Path) -> int:
    """Which place of LONG a module is in: `tests/docs/test_links.py` is in `docs`."""
    place = path.relative_to(Path(__file__).parent.parent).parts[1]
    return LONG.index(place) if place in LONG else len(LONG)


@pytest.fixture(scope="session")
def emitted_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of the invoicing spec. It is shared: copy it before you change it."""
    return emitted.invoicing(tmp_path_factory.mktemp("emitted") / emitted.PACKAGE)


@pytest.fixture(scope="session")
def postgres_server(emitted_project: Path) -> Iterator[str]:
    """The administrator's URL of a PostgreSQL for this process alone.

    It is in DEVELOPMENT_POSTGRES_URL as well, for the emitted tests. The workers of a run do not
    share one: roles are of the whole server, and some tests change those of a deployment.
    """
    with emitted.postgres(emitted_project) as url, pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "DEVELOPMENT_POSTGRES_URL", url)
        yield url


@pytest.fixture(scope="session")
def deployment_server(emitted_project: Path) -> Iterator[str]:
    """The administrator's URL of a PostgreSQL that has the roles of deployments."""
    with emitted.postgres(emitted_project) as url:
        yield url
