"""A cache of the test's own, and a project beside it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.cli.support import SPEC, scaffold


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with its files and hooks. Tests copy it and do not change it."""
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


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the entries of this test are; the directory is not there yet."""
    monkeypatch.delenv("SCAFFOLD_CACHE", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path / "cache"))
    return tmp_path / "cache" / "scaffold"
