"""A project that is known to be sound is compared with what is known; nothing else is believed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.cache import code, sound
from scaffold.cache.store import store
from scaffold.tree.transaction import TRANSACTION
from tests.cli.support import PACKAGE, edit, scaffold

GUARD = f"{PACKAGE}/gate/identity.py"
NOTHING = "Nothing to do: the tree is what the spec yields.\n"


class Worked(Exception):
    """The command has worked out what the spec yields."""


@pytest.fixture
def known(project: Path, cache: Path) -> Path:
    """A project that an earlier check has found to be sound."""
    assert scaffold("check", project).exit_code == 0
    assert list(cache.glob("*.sound"))
    return project


@pytest.fixture
def idle(known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has commands fail that work out what the spec yields, now that the project is known."""

    def refuse(*arguments: object, **options: object) -> None:
        raise Worked

    monkeypatch.setattr("scaffold.emission.emit_project", refuse)


def works(*arguments: str | Path) -> bool:
    """Does the command work out what the spec yields?"""
    return isinstance(scaffold(*arguments).exception, Worked)


@pytest.mark.usefixtures("idle")
def test_nothing_is_worked_out_of_a_project_that_has_not_changed(known: Path) -> None:
    assert scaffold("generate", known).stdout == NOTHING
    assert scaffold("check", known).stdout == "sound: the tree is what the spec yields.\n"
    found = json.loads(scaffold("check", known, "--format", "json").stdout)
    assert (found["ok"], found["findings"], found["changes"]) == (True, [], [])


def test_generate_tells_of_a_newer_version_all_the_same(
    known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(known / "scaffold.yaml", "scaffold: 2", "scaffold: 1")
    edit(known / "scaffold.yaml", "{issuer: ", "{url: ")
    assert scaffold("generate", known).exit_code == 0
    monkeypatch.setattr("scaffold.emission.emit_project", None)
    assert scaffold("generate", known).stdout.startswith(f"{NOTHING}The spec is in version 1 of")
    assert scaffold("check", known).stdout == "sound: the tree is what the spec yields.\n"


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize("option", [["--new", "order.title"], ["--replace-initial-migration"]])
def test_what_is_asked_for_beyond_that_is_worked_out(known: Path, option: list[str]) -> None:
    assert works("generate", known, *option)


def _edit_spec(project: Path) -> None:
    with (project / "scaffold.yaml").open("a") as file:
        file.write("# more\n")


def _edit_guard(project: Path) -> None:
    with (project / GUARD).open("a") as file:
        file.write("CLOCK_SKEW = 10**9\n")


def _link(project: Path) -> None:
    shutil.move(project / GUARD, project / "elsewhere.py")
    (project / GUARD).symlink_to(project / "elsewhere.py")


def _link_directory(project: Path) -> None:
    shutil.move(project / PACKAGE / "gate", project / "elsewhere")
    (project / PACKAGE / "gate").symlink_to(project / "elsewhere")


def _edit_lock(project: Path) -> None:
    edit(project / "scaffold.lock", '"language": 2', '"language":  2')


def _edit_snapshot(project: Path) -> None:
    place = project / PACKAGE / "store" / "migrations" / "snapshot.json"
    place.write_text(place.read_text() + "\n")


CHANGES: list[Callable[[Path], object]] = [
    _edit_spec,
    _edit_guard,
    _link,
    _link_directory,
    _edit_lock,
    _edit_snapshot,
    lambda project: (project / GUARD).unlink(),
    lambda project: (project / "scaffold.yaml").unlink(),
    lambda project: (project / "scaffold.lock").unlink(),
    lambda project: (project / PACKAGE / "more.py").touch(),
    lambda project: (project / PACKAGE / "store" / "migrations" / "0002_more.sql").touch(),
    lambda project: (project / "tests" / "contract" / "more.py").touch(),
    lambda project: (project / "hooks" / "order.py").unlink(),
    lambda project: (project / TRANSACTION).mkdir(parents=True),
]


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_has_it_worked_out(known: Path, change: Callable[[Path], object]) -> None:
    change(known)
    assert works("check", known)
    assert works("generate", known)


@pytest.mark.usefixtures("idle")
def test_another_package_has_it_worked_out(
    known: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jinja2-99.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    _forget(monkeypatch)
    assert works("check", known)


@pytest.mark.parametrize("room", ["_HOME", "_TEMPLATES"])
def test_other_code_is_another_generator(
    room: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = Path(shutil.copytree(getattr(code, room), tmp_path / "copied"))
    monkeypatch.setattr(code, room, copied)
    digests = {code.code.__wrapped__()}
    (copied / "more.py").touch()
    digests.add(code.code.__wrapped__())
    (copied / "more.py").write_text("1")
    digests.add(code.code.__wrapped__())
    assert len(digests) == 3
    (copied / "__pycache__" / "x.pyc").parent.mkdir(exist_ok=True)
    (copied / "__pycache__" / "x.pyc").touch()
    assert code.code.__wrapped__() in digests


def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the digest of the code taken again, as a new process does."""
    monkeypatch.setattr(sound, "code", code.code.__wrapped__)
    code.code.cache_clear()


def test_a_generate_that_writes_no_migration_is_remembered(
    known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(known / "scaffold.yaml", "Ships the order.", "Sends the order.")
    assert "changed" in scaffold("generate", known).stdout
    monkeypatch.setattr("scaffold.emission.emit_project", None)
    assert scaffold("generate", known).stdout == NOTHING
    assert scaffold("check", known).exit_code == 0


def test_a_generate_that_writes_a_migration_is_worked_out_once_more(known: Path) -> None:
    edit(known / "scaffold.yaml", "max: 80}\n      status", "max: 90}\n      status")
    before = _entries(known)
    assert "created" in scaffold("generate", known).stdout
    assert _entries(known) == before
    assert scaffold("generate", known).stdout == NOTHING
    assert _entries(known) != before


def _entries(project: Path) -> object:
    return store(project).read(sound.NAME)["key"]


def test_a_dry_run_is_not_remembered(known: Path) -> None:
    edit(known / "scaffold.yaml", "Ships the order.", "Sends the order.")
    before = _entries(known)
    scaffold("generate", known, "--dry-run")
    assert _entries(known) == before


def test_what_is_not_sound_is_not_remembered(project: Path, cache: Path) -> None:
    _edit_guard(project)
    assert scaffold("check", project).exit_code == 1
    assert not list(cache.glob("*.sound"))


def test_another_project_with_the_same_spec_is_another(known: Path, tmp_path: Path) -> None:
    twin = Path(shutil.copytree(known, tmp_path / "twin"))
    _edit_guard(twin)
    assert scaffold("check", twin).exit_code == 1
    assert scaffold("check", known).exit_code == 0
