"""A project, made once and copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .support import SPEC, scaffold


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as `scaffold new` leaves it. Tests copy it and do not change it."""
    home = tmp_path_factory.mktemp("made")
    spec = home / "shop.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    result = scaffold("new", "my-shop", "--spec", spec, "--into", home / "shop")
    assert result.exit_code == 0, result.output
    return home / "shop"


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A project to do things to."""
    return Path(shutil.copytree(made, tmp_path / "shop"))
