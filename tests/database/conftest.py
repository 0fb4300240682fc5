"""A database that the first release serves already: made once, and copied for each test."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.emitted import PACKAGE

from .reach import World, build
from .releases import Change, Databases, Release, Urls, on, release


@pytest.fixture(scope="session")
def first(emitted_project: Path) -> Release:
    """The release that is deployed already."""
    return Release(emitted_project)


@pytest.fixture(scope="session")
def databases(deployment_server: str, emitted_project: Path) -> Databases:
    """Databases of the shared server."""
    return Databases(deployment_server, emitted_project / PACKAGE / "store" / "roles.sql")


@pytest.fixture(scope="session")
def deployed(databases: Databases, first: Release) -> tuple[Urls, World]:
    """A database of the first release with data. It is shared: copy it before you change it."""
    found = databases.new()
    done = first.migrate(found)
    assert done.returncode == 0, done.stderr
    return found, on(found.admin, build)


@pytest.fixture
def database(databases: Databases, deployed: tuple[Urls, World]) -> Urls:
    """A copy of it to do things to."""
    return databases.new(deployed[0])


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Release]:
    """Releases of the spec with changes, each made once."""
    made: dict[tuple[Change, ...], Release] = {}

    def of(changes: Iterable[Change]) -> Release:
        key = tuple(changes)
        if key not in made:
            made[key] = release(tmp_path_factory.mktemp("release") / PACKAGE, key)
        return made[key]

    return of
