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

LONG = ("random_specs", "examples", "history", "docs", "security", "endurance")
"""What takes long and partly waits: begun first, so that no process is left alone with it."""


CODE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Every process of a run shares what the others have compiled, and writes none of it beside
    the sources: pytest alone compiles hundreds of modules of its plugins."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        config.stash[CODE] = tempfile.mkdtemp(prefix="scaffold-code-")
        os.environ["PYTHONPYCACHEPREFIX"] = config.stash[CODE]
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Removes it."""
    if found := config.stash.get(CODE, ""):
        shutil.rmtree(found, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with what takes long."""
    here = Path(__file__).parent
    long = {here / each for each in LONG}
    items.sort(key=lambda each: long.isdisjoint(each.path.parents))


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
