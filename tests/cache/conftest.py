"""A cache of the test's own, and a project beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import made, project

__all__ = ["cache", "made", "project"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the entries of this test are; the directory is not there yet."""
    monkeypatch.delenv("SCAFFOLD_CACHE", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path / "cache"))
    return tmp_path / "cache" / "scaffold"
