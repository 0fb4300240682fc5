"""`scaffold generate`: the tree follows the spec, and what is the developer's is never touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from .support import PACKAGE, REPLACE, edit, scaffold, tree, without_product

PRODUCT = f"{PACKAGE}/resources/product"


def test_nothing_to_do_touches_nothing(project: Path) -> None:
    times = {path: path.stat().st_mtime_ns for path in project.rglob("*") if path.is_file()}
    result = scaffold("generate", project)
    assert result.exit_code == 0
    assert "Nothing to do" in result.stdout
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_a_changed_spec_changes_only_what_it_is_about(project: Path) -> None:
    before = tree(project)
    edit(project / "scaffold.yaml", "name: {type: string, min: 1, max: 80}", "name: {type: date}")
    result = scaffold("generate", project, REPLACE)
    assert result.exit_code == 0
    after = tree(project)
    changed = {path for path in after if before.get(path) != after[path]} - {"scaffold.yaml"}
    listed = {line.split()[1] for line in result.stdout.splitlines() if line.startswith("changed")}
    assert changed == listed
    assert f"{PRODUCT}/models.py" in changed
    assert f"{PACKAGE}/resources/order/models.py" not in changed
    assert scaffold("check", project).exit_code == 0


def test_what_is_no_longer_emitted_is_removed(project: Path) -> None:
    (project / PRODUCT / "__pycache__").mkdir()
    (project / PRODUCT / "__pycache__" / "models.cpython-311.pyc").write_bytes(b"")
    without_product(project / "scaffold.yaml")
    result = scaffold("generate", project, REPLACE)
    assert f"removed  {PRODUCT}/models.py" in result.stdout
    assert not (project / PRODUCT).exists()
    assert scaffold("check", project).exit_code == 0


def test_a_dry_run_lists_the_same_and_writes_nothing(project: Path) -> None:
    without_product(project / "scaffold.yaml")
    (project / PACKAGE / "app.py").unlink()
    before = tree(project)
    dry = scaffold("generate", project, REPLACE, "--dry-run")
    assert dry.exit_code == 0
    assert tree(project) == before
    assert f"created  {PACKAGE}/app.py" in dry.stdout
    assert f"changed  {PACKAGE}/operations.py" in dry.stdout
    assert f"removed  {PRODUCT}/models.py" in dry.stdout
    real = scaffold("generate", project, REPLACE)
    assert real.stdout.splitlines()[:-1] == dry.stdout.splitlines()[:-1]


def test_an_edit_of_a_generated_file_is_undone(project: Path) -> None:
    before = tree(project)
    (project / PACKAGE / "app.py").write_text("import os\n")
    (project / ".scaffold" / "spec.schema.json").unlink()
    assert scaffold("generate", project).exit_code == 0
    assert tree(project) == before


def test_files_of_the_developer_are_never_touched(project: Path) -> None:
    own = {
        path: f"mine: {path}\n"
        for path in ("hooks/order.py", "tests/test_own.py", "Makefile", "README.md", ".env")
    }
    for path, text in own.items():
        (project / path).write_text(text)
    strange = project / PACKAGE / "strange.py"
    strange.write_text("mine too")
    without_product(project / "scaffold.yaml")
    assert scaffold("generate", project, REPLACE).exit_code == 0
    assert all((project / path).read_text() == text for path, text in own.items())
    assert strange.exists()


def test_a_missing_or_unreadable_lock_is_written_anew(project: Path) -> None:
    lock = project / "scaffold.lock"
    before = lock.read_bytes()
    lock.unlink()
    for content in (None, b"<<<<<<< ours\n{", b"[" * 100_000):
        if content is not None:
            lock.write_bytes(content)
        assert scaffold("generate", project).exit_code == 0
        assert lock.read_bytes() == before


def test_a_tree_that_cannot_be_written_is_left_as_it_was(project: Path) -> None:
    app = project / PACKAGE / "app.py"
    app.unlink()
    app.mkdir()
    without_product(project / "scaffold.yaml")
    before = tree(project)
    result = scaffold("generate", project, REPLACE)
    assert result.exit_code == 2
    assert "app.py" in result.stderr
    assert tree(project) == before


@pytest.mark.parametrize("place", [PACKAGE, f"{PACKAGE}/gate", "tests", ".scaffold"])
def test_nothing_is_written_through_a_link(project: Path, tmp_path: Path, place: str) -> None:
    outside = tmp_path / "outside"
    (project / place).rename(outside)
    (project / place).symlink_to(outside)
    before = tree(outside)
    edit(project / "scaffold.yaml", "max: 80}}", "max: 81}}")
    (outside / "spec.schema.json").unlink(missing_ok=True)
    after = tree(outside)
    result = scaffold("generate", project)
    assert result.exit_code == 2
    assert "symbolic link" in result.stderr
    assert tree(outside) == after
    assert before.keys() >= after.keys()


def test_a_link_in_place_of_a_file_is_replaced_and_not_followed(
    project: Path, tmp_path: Path
) -> None:
    app, secret = project / PACKAGE / "app.py", tmp_path / "secret"
    before = app.read_bytes()
    secret.write_text("mine")
    app.unlink()
    app.symlink_to(secret)
    assert "changed" in scaffold("check", project).stdout
    assert scaffold("generate", project).exit_code == 0
    assert (app.read_bytes(), app.is_symlink(), secret.read_text()) == (before, False, "mine")
