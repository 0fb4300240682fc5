"""`scaffold upgrade`: the spec in the newest version of the language, with all else as it was."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from scaffold.project import upgrade as upgrades
from scaffold.tree.transaction import JOURNAL, TRANSACTION

from .support import SPEC, edit, scaffold, tree

REMINDER = (
    "The spec is in version 1 of the language. There is version 2: scaffold upgrade writes the "
    "spec in it.\n"
)
WRITTEN = (
    "scaffold.yaml is in version 2 of the language now; it was in version 1. "
    "Next: scaffold generate\n"
)


@pytest.fixture
def older(project: Path) -> Path:
    """The project with its spec in version 1, and generated from it."""
    spec = project / "scaffold.yaml"
    edit(spec, "scaffold: 2", "scaffold: 1")
    edit(spec, "{issuer: ", "{url: ")
    assert scaffold("generate", project).exit_code == 0
    return project


def test_a_project_of_version_1_differs_in_the_version_alone(older: Path, made: Path) -> None:
    assert scaffold("check", older).exit_code == 0
    now, before = tree(older), tree(made)
    assert {path for path in now | before if now.get(path) != before.get(path)} == {
        "scaffold.yaml",
        "scaffold.lock",
    }
    first, second = json.loads(now["scaffold.lock"]), json.loads(before["scaffold.lock"])
    assert (first.pop("language"), second.pop("language")) == (1, 2)
    assert first.pop("spec") != second.pop("spec")
    assert first == second


def test_it_writes_the_spec_and_nothing_else(older: Path, made: Path) -> None:
    (older / "scaffold.yaml").chmod(0o640)
    before = tree(older)
    result = scaffold("upgrade", older)
    assert (result.exit_code, result.stdout, result.stderr) == (0, WRITTEN, "")
    upgraded = (made / "scaffold.yaml").read_bytes()
    assert b"# A comment that has to stay." in upgraded
    assert tree(older) == before | {"scaffold.yaml": upgraded}
    assert stat.S_IMODE((older / "scaffold.yaml").stat().st_mode) == 0o640
    assert not (older / TRANSACTION).exists()


def test_generate_comes_next(older: Path, made: Path) -> None:
    scaffold("upgrade", older)
    assert scaffold("check", older).stdout.startswith("stale       scaffold.lock was written for")
    assert scaffold("generate", older).stdout == (
        "changed  scaffold.lock\n0 created, 1 changed, 0 removed\n"
    )
    assert tree(older) == tree(made)


def test_a_dry_run_prints_the_difference(older: Path) -> None:
    before = tree(older)
    result = scaffold("upgrade", older, "--dry-run")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[:2] == ["--- a/scaffold.yaml", "+++ b/scaffold.yaml"]
    assert lines[-1] == "Nothing was written (--dry-run)."
    changed = [line for line in lines[2:-1] if line[0] in "+-"]
    assert [line.partition(" https")[0] for line in changed] == [
        "-scaffold: 1",
        "+scaffold: 2",
        "-    - {url:",
        "+    - {issuer:",
    ]
    assert tree(older) == before


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "mark"])
def test_line_ends_and_the_mark_of_an_editor_stay(older: Path, mark: bytes, made: Path) -> None:
    first, second = (
        mark + (each / "scaffold.yaml").read_bytes().replace(b"\n", b"\r\n")
        for each in (older, made)
    )
    (older / "scaffold.yaml").write_bytes(first)
    shown = scaffold("upgrade", older, "--dry-run").stdout
    assert "\n-scaffold: 1\n+scaffold: 2\n" in shown
    assert scaffold("upgrade", older).exit_code == 0
    assert (older / "scaffold.yaml").read_bytes() == second


@pytest.mark.parametrize("option", [[], ["--dry-run"]])
def test_there_is_nothing_to_do_in_the_newest_version(project: Path, option: list[str]) -> None:
    before = tree(project)
    result = scaffold("upgrade", project, *option)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "Nothing to do: scaffold.yaml is in version 2 of the language, the newest.\n"
    )
    assert tree(project) == before


def test_generate_says_that_there_is_a_newer_version(older: Path) -> None:
    nothing = "Nothing to do: the tree is what the spec yields.\n"
    assert scaffold("generate", older).stdout == nothing + REMINDER
    assert scaffold("generate", older, "--dry-run").stdout == nothing + REMINDER
    assert scaffold("check", older).stdout == "sound: the tree is what the spec yields.\n"
    scaffold("upgrade", older)
    assert REMINDER not in scaffold("generate", older).stdout


def test_a_refused_spec_is_left(older: Path) -> None:
    edit(older / "scaffold.yaml", "{url: ", "{issuer: ")
    before = tree(older)
    result = scaffold("upgrade", older)
    assert result.exit_code == 2
    assert "In version 1 of the language this key is url." in result.stderr
    assert tree(older) == before


def test_a_version_that_is_not_known_is_refused(older: Path) -> None:
    edit(older / "scaffold.yaml", "scaffold: 1", "scaffold: 3")
    before = tree(older)
    for command in ("upgrade", "generate", "check"):
        result = scaffold(command, older)
        assert result.exit_code == 2
        assert "(1 problem)" in result.stderr
        assert "scaffold.yaml:3:11: 3 is not a version of the language." in result.stderr
        assert "use a newer scaffold" in result.stderr
    assert tree(older) == before


def test_a_key_that_cannot_be_replaced_is_told(older: Path) -> None:
    edit(
        older / "scaffold.yaml",
        "- {url: https://login.example.com/, audience: shop, algorithms: [ES256]}",
        "- ? >-\n        url\n      : https://login.example.com/\n"
        "      audience: shop\n      algorithms: [ES256]",
    )
    before = tree(older)
    assert scaffold("check", older).exit_code == 1
    result = scaffold("upgrade", older)
    assert result.exit_code == 2
    assert "Write url: at the beginning of its line, then upgrade." in result.stderr
    assert tree(older) == before


@pytest.mark.parametrize(
    "content", [SPEC.replace("max: 80", "max: 81"), SPEC.replace("issuer:", "url:"), "nonsense"]
)
def test_a_spec_that_would_mean_something_else_is_left(
    older: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr(upgrades, "rewrite", lambda *_: content.encode())
    before = tree(older)
    for option in ([], ["--dry-run"]):
        result = scaffold("upgrade", older, *option)
        assert result.exit_code == 2
        assert "would not mean the same in the newest version of the language" in result.stderr
    assert tree(older) == before


def test_a_spec_that_is_a_link_is_left(older: Path, tmp_path: Path) -> None:
    (older / "scaffold.yaml").rename(tmp_path / "elsewhere.yaml")
    (older / "scaffold.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    before = (tmp_path / "elsewhere.yaml").read_bytes()
    result = scaffold("upgrade", older)
    assert result.exit_code == 2
    assert "is a symbolic link" in result.stderr
    assert (older / "scaffold.yaml").is_symlink()
    assert (tmp_path / "elsewhere.yaml").read_bytes() == before


@pytest.mark.parametrize("place", [".scaffold", TRANSACTION])
def test_nothing_is_written_behind_a_link(older: Path, tmp_path: Path, place: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    if (older / place).exists():
        (older / place).rename(tmp_path / "moved")
    (older / place).symlink_to(outside)
    before = (older / "scaffold.yaml").read_bytes()
    result = scaffold("upgrade", older)
    assert result.exit_code == 2
    assert "symbolic link" in result.stderr
    assert list(outside.iterdir()) == []
    assert (older / "scaffold.yaml").read_bytes() == before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_it_is_written_or_not_at_all(
    older: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    before = tree(older)

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        assert scaffold("upgrade", older).exit_code in (2, 130)
    assert tree(older) == before
    assert not (older / TRANSACTION).exists()
    assert scaffold("upgrade", older).stdout == WRITTEN


def test_what_a_killed_upgrade_left_is_cleared(older: Path) -> None:
    left = older / TRANSACTION / "new" / "scaffold.yaml"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    assert scaffold("upgrade", older).stdout == WRITTEN
    assert not (older / TRANSACTION).exists()


def test_an_interrupted_change_is_not_undone_by_an_upgrade(older: Path) -> None:
    (older / JOURNAL).parent.mkdir()
    (older / JOURNAL).write_text(json.dumps({"created": ["scaffold.yaml"], "kept": []}))
    before = tree(older)
    result = scaffold("upgrade", older)
    assert result.exit_code == 2
    assert "scaffold generate" in result.stderr
    assert tree(older) == before


def test_an_edit_meanwhile_is_not_lost(older: Path) -> None:
    found = upgrades.upgrade(older)
    edit(older / "scaffold.yaml", "name: shop,", "name: shop, ")
    before = tree(older)
    with pytest.raises(upgrades.UpgradeError, match="was changed meanwhile"):
        upgrades.write(older, found)
    assert tree(older) == before
