"""`scaffold check`: every difference between the tree, the lock and the spec is named."""

from __future__ import annotations

import functools
import json
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scaffold.emission import Emission, emit
from scaffold.tree.check import check
from scaffold.tree.digest import digest

from .support import PACKAGE, SPECS, edit, scaffold, scaffold_process, tree, without_product

APP = f"{PACKAGE}/app.py"
GATE = f"{PACKAGE}/gate"


@functools.lru_cache(maxsize=4)
def yields(spec: bytes) -> Emission:
    """What a spec yields; most tests ask it of the same one."""
    return emit(spec, "scaffold.yaml")


def findings(project: Path) -> dict[str, set[str]]:
    """The kinds of finding for each path."""
    found: dict[str, set[str]] = {}
    for each in check(project, yields((project / "scaffold.yaml").read_bytes())):
        found.setdefault(each.path, set()).add(each.kind)
    return found


def change_lock(project: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Edit the lock as somebody does who knows how it is written."""
    place = project / "scaffold.lock"
    content = json.loads(place.read_text())
    change(content)
    place.write_text(json.dumps(content, indent=2) + "\n")


def test_a_sound_project(project: Path) -> None:
    before = tree(project)
    result = scaffold("check", project)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "sound" in result.stdout
    assert tree(project) == before


def test_findings_are_printed_for_people_and_for_programs(project: Path) -> None:
    (project / APP).unlink()
    (project / GATE / "extra.py").write_text("")
    text = scaffold("check", project)
    assert f"missing     {APP} " in text.stdout
    assert f"extra       {GATE}/extra.py " in text.stdout
    listed = scaffold("check", project, "--format", "json")
    assert text.exit_code == listed.exit_code == 1
    report = json.loads(listed.stdout)
    assert report["ok"] is False
    assert [(each["kind"], each["path"]) for each in report["findings"]] == [
        ("missing", APP),
        ("extra", f"{GATE}/extra.py"),
    ]


def test_an_edited_file(project: Path) -> None:
    edit(project / APP, "import asyncio\n", "import asyncio  # harmless\n")
    assert findings(project) == {APP: {"changed"}}


@pytest.mark.parametrize("path", [APP, ".scaffold/spec.schema.json"])
def test_a_missing_file(project: Path, path: str) -> None:
    (project / path).unlink()
    assert findings(project) == {path: {"missing"}}


@pytest.mark.parametrize(
    "path",
    [
        f"{GATE}/extra.py",
        f"{PACKAGE}/app/__init__.py",
        f"{PACKAGE}/store/migrations/0002_open.sql",
        f"{PACKAGE}/app.pyc",
        f"{PACKAGE}/__pycache__/sitecustomize.py",
        f"{PACKAGE}/.env",
        "tests/contract/conftest_extra.py",
    ],
)
def test_an_added_file(project: Path, path: str) -> None:
    (project / path).parent.mkdir(parents=True, exist_ok=True)
    (project / path).write_text("")
    assert findings(project) == {path: {"extra"}}


def test_a_link_to_a_directory_is_an_added_file(project: Path, tmp_path: Path) -> None:
    (project / GATE / "beside").symlink_to(tmp_path)
    assert findings(project) == {f"{GATE}/beside": {"extra"}}


def test_a_linked_file_is_not_the_file(project: Path, tmp_path: Path) -> None:
    copy = tmp_path / "app.py"
    (project / APP).rename(copy)
    (project / APP).symlink_to(copy)
    assert findings(project) == {APP: {"changed"}}


def test_what_python_tools_leave_behind_is_fine(project: Path) -> None:
    for path in ("__pycache__/app.cpython-311.pyc", ".mypy_cache/x.json", "gate/.ruff_cache/0"):
        place = project / PACKAGE / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"")
    assert findings(project) == {}


def test_what_is_the_developers_is_not_looked_at(project: Path) -> None:
    (project / "hooks" / "order.py").write_text("nonsense(")
    (project / "tests" / "test_own.py").write_text("")
    (project / "Makefile").unlink()
    assert findings(project) == {}


def test_a_changed_spec_makes_the_tree_stale(project: Path) -> None:
    edit(
        project / "scaffold.yaml",
        "    fields:\n      name: {type: string,",
        "    fields:\n      name: {type: text,",
    )
    found = findings(project)
    assert found["scaffold.lock"] == {"stale"}
    assert found[f"{PACKAGE}/resources/product/models.py"] == {"stale"}
    assert APP not in found
    assert "scaffold generate" in scaffold("check", project).stdout


def test_a_comment_makes_only_the_lock_stale(project: Path) -> None:
    with (project / "scaffold.yaml").open("a") as spec:
        spec.write("# Nothing.\n")
    assert findings(project) == {"scaffold.lock": {"stale"}}


def test_a_removed_resource_leaves_stale_files(project: Path) -> None:
    without_product(project / "scaffold.yaml")
    found = findings(project)
    assert found[f"{PACKAGE}/resources/product/models.py"] == {"stale"}


def test_an_edit_does_not_hide_behind_a_changed_spec(project: Path) -> None:
    with (project / "scaffold.yaml").open("a") as spec:
        spec.write("# Nothing.\n")
    edit(project / APP, "import asyncio\n", "import asyncio  # harmless\n")
    assert findings(project) == {APP: {"changed"}, "scaffold.lock": {"stale"}}


def test_a_lock_of_another_generator_is_stale(project: Path) -> None:
    change_lock(project, lambda lock: lock.update(generator="0.0.1"))
    assert findings(project) == {"scaffold.lock": {"stale"}}
    assert "0.0.1" in scaffold("check", project).stdout


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lock: lock["files"].pop(APP), f"does not list {APP}"),
        (lambda lock: lock["files"].update({APP: "sha256:0"}), f"wrong digest of {APP}"),
        (lambda lock: lock["files"].update({"hooks/order.py": "sha256:0"}), "lists hooks/order.py"),
        (lambda lock: lock["surface"].clear(), "does not record who may do what"),
    ],
)
def test_a_wrong_lock(project: Path, change: Callable[[dict[str, Any]], object], said: str) -> None:
    change_lock(project, change)
    emission = yields((project / "scaffold.yaml").read_bytes())
    (only,) = check(project, emission)
    assert only.kind == "lock"
    assert said in only.message


def test_every_fact_of_the_surface_is_compared(project: Path) -> None:
    emission = yields((project / "scaffold.yaml").read_bytes())
    place = project / "scaffold.lock"
    content = place.read_bytes()
    for key in emission.lock.surface:
        change_lock(project, lambda lock, key=key: lock["surface"].pop(key))  # type: ignore[misc]
        assert [each.kind for each in check(project, emission)] == ["lock"]
        place.write_bytes(content)


def test_a_lock_that_excuses_an_edit(project: Path) -> None:
    edit(project / APP, "import asyncio\n", "import asyncio  # harmless\n")
    excuse = digest((project / APP).read_bytes())
    change_lock(project, lambda lock: lock["files"].update({APP: excuse}))
    assert findings(project) == {APP: {"changed"}, "scaffold.lock": {"lock"}}
    change_lock(project, lambda lock: lock.update(spec="sha256:0"))
    assert findings(project) == {APP: {"stale"}, "scaffold.lock": {"stale"}}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"<<<<<<< ours",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"language": 1, "generator": 1, "spec": "", "files": {}, "surface": {}}',
        b'{"language": 1, "generator": "", "spec": "", "files": {"a": 1}, "surface": {}}',
        b'{"language": 1, "generator": "", "spec": "", "files": [], "surface": {}}',
        b'{"language": 1, "generator": "", "spec": "", "files": {}, "surface": []}',
        b'{"language": 1, "generator": "", "spec": "", "files": {}, "surface": {}, "more": 1}',
    ],
)
def test_a_lock_that_is_none(project: Path, content: bytes) -> None:
    (project / "scaffold.lock").write_bytes(content)
    assert findings(project) == {"scaffold.lock": {"lock"}}


def test_a_lock_that_is_written_otherwise(project: Path) -> None:
    place = project / "scaffold.lock"
    text = place.read_text()
    twice = text.replace('  "language": 2,', '  "language": 1,\n  "language": 2,')
    for other in (text.rstrip("\n"), json.dumps(json.loads(text))):
        place.write_text(other)
        assert findings(project) == {"scaffold.lock": {"stale"}}
    place.write_text(twice)
    assert findings(project) == {"scaffold.lock": {"lock"}}


def test_a_missing_lock(project: Path) -> None:
    (project / "scaffold.lock").unlink()
    assert findings(project) == {"scaffold.lock": {"missing"}}


def test_names_from_outside_do_not_steer_the_terminal(project: Path) -> None:
    (project / PACKAGE / "\x1b[2Jred\nsound.py").write_text("")
    change_lock(project, lambda lock: lock["files"].update({"\x1b[31m": "sha256:0"}))
    result = scaffold("check", project)
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout
    assert "\nsound.py" not in result.stdout


def test_an_unchanged_project_is_checked_at_once(tmp_path: Path) -> None:
    target = tmp_path / "invoicing"
    scaffold("new", "invoicing", "--spec", SPECS / "invoicing.yaml", "--into", target)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert scaffold_process("check", target).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5
