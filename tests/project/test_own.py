"""The base: it is read back as it was written, and refused where it is anything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.project import own
from scaffold.project.own import BASE, OWNED, Base, BaseError
from scaffold.project.provenance import Pin
from scaffold.releases.news import NewerGenerator

NOW = "0.10.0"
SOUND = Base("0.9.0", "my-shop", Pin(("scaffold==0.9.0",), ("Note.",)), {"Makefile": "a:\n\tb\n"})


def read(home: Path, content: bytes) -> Base | None:
    """The base that these bytes are."""
    (home / BASE).parent.mkdir(exist_ok=True)
    (home / BASE).write_bytes(content)
    return own.read(home, NOW)


@given(st.dictionaries(st.sampled_from(sorted(OWNED)), st.text(), max_size=3))
def test_it_is_read_back(tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]) -> None:
    base = Base(SOUND.generator, SOUND.project, SOUND.pin, files)
    content = own.write(base)
    assert content.isascii()
    assert read(tmp_path_factory.getbasetemp(), content) == base


def test_there_is_none(tmp_path: Path) -> None:
    assert own.read(tmp_path, NOW) is None
    (tmp_path / ".scaffold").write_text("a file")
    assert own.read(tmp_path, NOW) is None


@pytest.mark.parametrize(
    "change",
    [
        {"form": 2},
        {"project": "../up"},
        {"project": "x\ny"},
        {"project": 7},
        {"generator": "new"},
        {"generator": None},
        {"pin": None},
        {"pin": {"lines": ["a\n--index-url x"], "notes": []}},
        {"pin": {"lines": ["x" * 2001], "notes": []}},
        {"pin": {"lines": [], "notes": ["x"] * 51}},
        {"pin": {"lines": [], "notes": "x"}},
        {"files": []},
        {"files": {"../outside": [""]}},
        {"files": {"/etc/passwd": [""]}},
        {"files": {"scaffold.yaml": [""]}},
        {"files": {"hooks/order.py": [""]}},
        {"files": {"shop/app.py": [""]}},
        {"files": {"scaffold.lock": [""]}},
        {"files": {"Makefile": "text"}},
        {"files": {"Makefile": []}},
        {"files": {"Makefile": ["a\nb"]}},
        {"files": {"Makefile": [1]}},
        {"files": {"Makefile": ["x"] * 20_001}},
    ],
    ids=lambda change: str(change)[:60],
)
def test_another_content_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    content = json.loads(own.write(SOUND)) | change
    with pytest.raises(BaseError, match="not as scaffold writes it"):
        read(tmp_path, json.dumps(content).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"7", b"\xff", b"[" * 100_000, b"<<<<"])
def test_what_is_no_base_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BaseError, match="version control"):
        read(tmp_path, content)


def test_one_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BaseError, match="too large"):
        read(tmp_path, b" " * (own.MAX_BYTES + 1))


def test_one_of_a_newer_scaffold_is_refused_whatever_its_form(tmp_path: Path) -> None:
    with pytest.raises(NewerGenerator, match=r"0\.11\.0"):
        read(tmp_path, json.dumps({"form": 2, "generator": "0.11.0"}).encode())


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "own.json").write_bytes(own.write(SOUND))
    project = tmp_path / "project"
    (project / ".scaffold").mkdir(parents=True)
    (project / BASE).symlink_to(outside / "own.json")
    with pytest.raises(BaseError, match="not a regular file"):
        own.read(project, NOW)
    (project / BASE).unlink()
    (project / ".scaffold").rmdir()
    (project / ".scaffold").symlink_to(outside)
    with pytest.raises(BaseError, match="symbolic link"):
        own.read(project, NOW)
