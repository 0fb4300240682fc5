"""What expensive tests share: one emitted project and one PostgreSQL a process."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import emitted


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
