"""`scaffold eject`: what it writes, removes and leaves, and that it is all or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scaffold.project import eject
from scaffold.project.own import BASE
from scaffold.tree.paths import HOME, LOCK, SPEC
from scaffold.tree.transaction import JOURNAL

from .support import PACKAGE, edit, scaffold, tree


def test_nothing_of_scaffold_is_left(project: Path) -> None:
    before = tree(project)
    tried = scaffold("eject", project)
    assert tried.exit_code == 0
    assert "removed  scaffold.yaml" in tried.stdout
    assert "nothing was written (--write does it)" in tried.stdout
    assert tree(project) == before
    done = scaffold("eject", project, "--write")
    assert done.exit_code == 0, done.output
    texts = [path for path in project.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert not [path for path in texts if b"scaffold" in path.read_bytes().lower()]
    assert not [path for path in texts if "scaffold" in path.relative_to(project).as_posix()]
    assert not (project / HOME).exists()
    again = scaffold("eject", project, "--write")
    assert again.exit_code == 2
    assert "There is no scaffold.yaml" in again.stderr


@pytest.mark.parametrize(
    "command", [["ruff", "check"], ["ruff", "format", "--check"], ["black", "--check"], ["mypy"]]
)
def test_it_passes_its_checks(project: Path, command: list[str]) -> None:
    assert scaffold("eject", project, "--write").exit_code == 0
    done = subprocess.run(  # noqa: S603 - the tools of this environment
        [sys.executable, "-m", *command, *([] if command == ["mypy"] else ["."])],
        cwd=project,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_makefile_and_workflow_need_no_generator(project: Path) -> None:
    assert scaffold("eject", project, "--write").exit_code == 0
    listed = subprocess.run(
        ["make", "-n", "check", "test", "clean"],  # noqa: S607
        cwd=project,
        check=False,
        capture_output=True,
        text=True,
    )
    assert listed.returncode == 0, listed.stderr
    workflow = (project / ".github" / "workflows" / "ci.yml").read_text()
    assert [line.strip() for line in workflow.splitlines() if "run:" in line] == [
        "- run: make setup",
        "- run: make check",
        "- run: make test",
    ]


def test_edits_are_kept_and_what_is_in_the_way_is_left(project: Path) -> None:
    with (project / "README.md").open("a") as file:
        file.write("\nMade with scaffold, with love.\n")
    edit(project / "Makefile", "check: present setup ##", "check: present setup lint ##")
    done = scaffold("eject", project, "--write")
    assert done.exit_code == 1
    assert "left     Makefile (your edits are in the way: line " in done.stdout
    makefile = (project / "Makefile").read_text()
    assert "check: present setup lint ##" in makefile and "$(SCAFFOLD) check" in makefile
    assert "SCAFFOLD_VENV" not in makefile and "generate:" not in makefile
    readme = (project / "README.md").read_text()
    assert readme.endswith("\nMade with scaffold, with love.\n") and SPEC not in readme
    line = len(readme.splitlines())
    assert f"yours    README.md:{line} speaks of scaffold" in done.stdout


def edited(project: Path) -> None:
    """A generated file is edited."""
    (project / PACKAGE / "app.py").write_text("")


def stale(project: Path) -> None:
    """The spec changed."""
    edit(project / SPEC, "max: 80}\n      status", "max: 90}\n      status")


def without_base(project: Path) -> None:
    """Nobody knows what scaffold wrote."""
    (project / BASE).unlink()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edited, "Run scaffold check"),
        (stale, "Run scaffold check"),
        (without_base, "scaffold update --adopt"),
    ],
)
def test_it_refuses_what_it_cannot_judge(project: Path, change: object, said: str) -> None:
    assert callable(change)
    change(project)
    before = tree(project)
    done = scaffold("eject", project, "--write")
    assert (done.exit_code, said in done.stderr) == (2, True), done.output
    assert tree(project) == before


@pytest.mark.parametrize("kill", range(12))
def test_one_that_is_killed_is_undone(
    project: Path, kill: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(project)
    count = 0

    class Killed(BaseException):
        """As if the process were gone: nothing is put back."""

    def dying(path: Path, missing_ok: bool = False) -> None:
        nonlocal count
        count += 1
        if count > kill:
            raise Killed
        os.unlink(path)

    found = eject.prepare(project)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", dying)
        patch.setattr("scaffold.tree.transaction._recover", lambda *_: None)
        try:
            eject.eject(project, found)
        except Killed:
            assert (project / JOURNAL).exists()
        else:
            assert not (project / SPEC).exists()
            return
    assert eject.undo(project)
    assert tree(project) == before
    assert (project / LOCK).exists()
