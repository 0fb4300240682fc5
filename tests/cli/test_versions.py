"""A project of an older or newer scaffold: `generate`, `check` and `audit`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scaffold import __version__

from .support import edit, scaffold, tree


def written_by(project: Path, generator: str, more: str = "") -> None:
    """Makes a project one of another version; `more` gives its lock another form."""
    edit(
        project / "scaffold.lock",
        f'"generator": "{__version__}"',
        f'{more}"generator": "{generator}"',
    )


def test_generate_tells_what_changed_since_an_older_one(project: Path) -> None:
    written_by(project, "0.0.9")
    for arguments in (["--dry-run"], []):
        *_, count, news, first = scaffold("generate", project, *arguments).stdout.splitlines()
        assert count.startswith("0 created, 1 changed")
        assert news == f"From scaffold 0.0.9 to {__version__}:"
        assert first.strip().startswith("added")
    assert "From scaffold" not in scaffold("generate", project).stdout


@pytest.mark.parametrize("more", ["", '"more": [], '])
def test_a_project_of_a_newer_one_is_refused(project: Path, more: str) -> None:
    written_by(project, "999.10.0", more)
    (project / "shop" / "app.py").unlink()
    before = tree(project)
    for arguments in ([], ["--dry-run"]):
        result = scaffold("generate", project, *arguments)
        assert result.exit_code == 2
        assert "needs scaffold 999.10.0 or later" in result.stderr
        assert tree(project) == before
    assert scaffold("generate", project, "--allow-older-generator").exit_code == 0
    assert scaffold("check", project).exit_code == 0


@pytest.mark.parametrize("more", ["", '"more": [], '])
def test_check_names_a_newer_one(project: Path, more: str) -> None:
    written_by(project, "999.10.0", more)
    result = scaffold("check", project)
    assert result.exit_code == 1
    assert "newer       scaffold.lock was written by scaffold 999.10.0" in result.stdout
    assert "Run scaffold generate" not in result.stdout
    (only,) = json.loads(scaffold("check", project, "--format", "json").stdout)["findings"]
    assert (only["kind"], only["path"]) == ("newer", "scaffold.lock")


def test_the_audit_of_a_project(project: Path) -> None:
    before = tree(project)
    assert scaffold("audit", project).exit_code == 0
    written_by(project, "999.10.0")
    assert scaffold("audit", project).exit_code == 2
    listed = scaffold("audit", project, "--format", "json")
    assert (listed.exit_code, json.loads(listed.stdout)["verdict"]) == (2, "unknown")
    (project / "scaffold.lock").unlink()
    missing = scaffold("audit", project)
    assert missing.exit_code == 2
    assert "There is no scaffold.lock" in missing.stderr
    assert tree(project).keys() == before.keys() - {"scaffold.lock"}
