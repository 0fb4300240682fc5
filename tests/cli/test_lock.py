"""The lock: it reads well in a diff, and does not reach further than the generated files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scaffold.tree.digest import digest
from scaffold.tree.paths import UnsafePath, confine, is_plain, roots

from .support import PACKAGE, edit, scaffold, tree

OUTSIDE = [
    "hooks/order.py",
    "scaffold.yaml",
    "tests/test_service.py",
    ".env",
    ".git/config",
    f"{PACKAGE}/../hooks/order.py",
    f"{PACKAGE}/gate/../../hooks/order.py",
    f"{PACKAGE}//app.py",
    f"{PACKAGE}/./app.py",
    f"./{PACKAGE}/app.py",
    f"{PACKAGE}",
    f"{PACKAGE}/",
    f"{PACKAGE}/link/secret",
    "../secret",
    "/etc/hostname",
    f"{PACKAGE}\\..\\hooks\\order.py",
    f"{PACKAGE}/\0",
    f"{PACKAGE}/a\nb",
    "",
    ".",
    "..",
    "~/secret",
    "C:secret",
    "a" * 300,
]


def test_it_is_read_line_by_line(made: Path) -> None:
    text = (made / "scaffold.lock").read_text(encoding="ascii")
    lock = json.loads(text)
    assert list(lock) == ["language", "generator", "spec", "files", "surface"]
    assert list(lock["files"]) == sorted(lock["files"])
    assert lock["spec"] == digest((made / "scaffold.yaml").read_bytes())
    for path, each in lock["files"].items():
        assert f'    "{path}": "{each}"' in text
        assert each == digest((made / path).read_bytes())


def test_a_grant_shows_in_its_diff(project: Path) -> None:
    before = (project / "scaffold.lock").read_text().splitlines()
    edit(
        project / "scaffold.yaml", "[ship, tally], on: order}", "[ship, tally, delete], on: order}"
    )
    scaffold("generate", project)
    added = set((project / "scaffold.lock").read_text().splitlines()) - set(before)
    assert any("delete" in line for line in added)


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_path_in_the_lock_removes_nothing_outside(
    project: Path, tmp_path: Path, path: str
) -> None:
    (tmp_path / "secret").write_text("mine")
    (project / ".git").mkdir()
    (project / ".git" / "config").write_text("mine")
    (project / ".env").write_text("mine")
    (project / PACKAGE / "link").symlink_to(tmp_path)
    before = tree(tmp_path)
    place = project / "scaffold.lock"
    lock = json.loads(place.read_text())
    lock["files"][path] = digest(b"mine")
    place.write_text(json.dumps(lock))
    assert scaffold("generate", project).exit_code in (0, 2)
    after = tree(tmp_path)
    before.pop("shop/scaffold.lock")
    after.pop("shop/scaffold.lock")
    assert after == before


def test_a_file_of_a_former_name_is_left_and_named(project: Path) -> None:
    edit(project / "scaffold.yaml", "{name: shop,", "{name: store,")
    result = scaffold("generate", project)
    assert result.exit_code == 0
    assert f"left     {PACKAGE}/app.py" in result.stdout
    assert (project / PACKAGE / "app.py").exists()
    assert (project / "store" / "app.py").exists()


@pytest.mark.parametrize("path", [each for each in OUTSIDE if not each.endswith("link/secret")])
def test_a_path_that_is_not_generated_is_in_no_root(path: str) -> None:
    assert not roots(PACKAGE).hold(path)


@pytest.mark.parametrize("path", ["a", "a/b.py", ".scaffold/spec.schema.json", "a/__init__.py"])
def test_a_plain_path_has_a_place(tmp_path: Path, path: str) -> None:
    assert is_plain(path)
    assert confine(tmp_path, path) == tmp_path / path


def test_a_path_behind_a_link_has_none(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/")
    with pytest.raises(UnsafePath):
        confine(tmp_path, "link/etc")
    with pytest.raises(UnsafePath):
        confine(tmp_path, "link/../etc")
