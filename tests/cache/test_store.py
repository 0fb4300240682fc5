"""The cache is this user's alone; one that is not, or is damaged, is as good as none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.cache import store as module
from scaffold.cache.store import store

ENTRY = {"what": "was worked out"}


@pytest.fixture
def written(project: Path, cache: Path) -> Path:
    """The file of an entry."""
    store(project).write("a", ENTRY)
    assert store(project).read("a") == ENTRY
    (found,) = cache.iterdir()
    return found


def test_an_entry_is_for_nobody_else(written: Path) -> None:
    assert written.stat().st_mode & 0o777 == 0o600
    assert written.parent.stat().st_mode & 0o777 == 0o700


def test_an_entry_of_another_name_or_project_is_another(
    written: Path, project: Path, tmp_path: Path
) -> None:
    assert store(project).read("b") == {}
    assert store(tmp_path).read("a") == {}


def test_a_project_is_known_by_all_its_paths(
    written: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(project)
    monkeypatch.chdir(project)
    assert store(Path()).read("a") == store(tmp_path / "link").read("a") == ENTRY


def _behind_a_link(place: Path) -> None:
    place.rename(place.with_name("x"))
    place.symlink_to(place.with_name("x"))


def _directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


DAMAGES: list[Callable[[Path], object]] = [
    lambda file: file.write_bytes(b""),
    lambda file: file.write_bytes(file.read_bytes()[:-1]),
    lambda file: file.write_bytes(file.read_bytes().replace(b"worked", b"walked")),
    lambda file: file.write_bytes(b"0" * 64 + b"{}"),
    lambda file: file.chmod(0o620),
    lambda file: file.chmod(0o602),
    _behind_a_link,
    _directory,
    _pipe,
    lambda file: file.parent.chmod(0o750),
    lambda file: file.parent.chmod(0o707),
    lambda file: file.parent.parent.chmod(0o770),
    lambda file: file.parent.parent.chmod(0o777),
    lambda file: _behind_a_link(file.parent),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_or_open_to_others_is_not_read(
    written: Path, project: Path, damage: Callable[[Path], object]
) -> None:
    damage(written)
    assert store(project).read("a") == {}


@pytest.mark.parametrize("damage", [DAMAGES[0], DAMAGES[2], DAMAGES[4], DAMAGES[6], DAMAGES[8]])
def test_it_is_repaired_by_the_next_entry(
    written: Path, project: Path, damage: Callable[[Path], object]
) -> None:
    damage(written)
    store(project).write("a", ENTRY)
    assert store(project).read("a") == ENTRY
    assert written.is_file() and not written.is_symlink()


def test_that_of_another_user_is_not_read(
    written: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert store(project).directory is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CI", "true"),
        ("SCAFFOLD_CACHE", "off"),
        ("XDG_CACHE_HOME", "/dev/null"),
        ("XDG_CACHE_HOME", "/proc/nowhere"),
    ],
)
def test_there_need_not_be_a_cache(
    written: Path, project: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    found = store(project)
    found.write("a", ENTRY)
    assert (found.directory, found.read("a")) == (None, {})


@pytest.mark.parametrize("base", ["", "cache", "cache/deeper"])
def test_a_cache_in_the_project_is_none(
    cache: Path, project: Path, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    """Somebody may have committed it."""
    (project / base).mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(project / base))
    assert store(project).directory is None


def test_a_relative_place_is_none(
    cache: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setenv("HOME", os.fspath(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert store(project).directory == tmp_path / "home" / ".cache" / "scaffold"
    monkeypatch.setenv("HOME", "home")
    assert store(project).directory is None
    assert not (project / "cache").exists() and not (project / "home").exists()


def test_a_full_disk_is_no_error(
    written: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    store(project).write("a", {})
    assert store(project).read("a") == ENTRY
    assert list(written.parent.iterdir()) == [written]


def test_the_oldest_entries_go(
    written: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = written.stat().st_size
    monkeypatch.setattr(module, "MAX_BYTES", 3 * size)
    for number, name in enumerate("bcd", 1):
        store(project).write(name, ENTRY)
        place = written.with_suffix(f".{name}")
        os.utime(place, (2_000_000_000 + number, 2_000_000_000 + number))
    assert {each.suffix for each in written.parent.iterdir()} == {".b", ".c", ".d"}


def test_what_is_too_large_is_not_kept(
    written: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_ENTRY", 100)
    store(project).write("b", {"what": "x" * 100})
    assert store(project).read("b") == {}
