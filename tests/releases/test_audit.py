"""The audit reads the lock alone, and says what it cannot judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scaffold.cli.audit import tell
from scaffold.releases.audit import Audit, audit, report

from .support import RELEASES, REPLAYS


def judged(home: Path, generator: object, surface: object = REPLAYS, **more: Any) -> Audit:
    """The audit of a project that has nothing but a lock."""
    content = {"generator": generator, "surface": surface, **more}
    (home / "scaffold.lock").write_text(json.dumps(content), encoding="utf-8")
    return audit(home, RELEASES)


def ids(found: Audit) -> list[str]:
    """The ids of what was found."""
    return [each.weakness.id for each in found.findings]


def test_a_version_without_a_known_weakness(tmp_path: Path) -> None:
    found = judged(tmp_path, "0.10.0")
    assert (found.verdict, found.reason, ids(found), found.needed) == ("none", None, [], None)


def test_a_weakness_with_the_release_that_mends_it(tmp_path: Path) -> None:
    found = judged(tmp_path, "0.9.0")
    assert (found.verdict, ids(found), str(found.needed)) == ("found", ["SCF-2026-002"], "0.10.0")


def test_what_a_project_does_not_use_does_not_concern_it(tmp_path: Path) -> None:
    assert judged(tmp_path, "0.9.0", {}).verdict == "none"
    assert judged(tmp_path, "0.9.0", {"operations": None}).verdict == "none"


def test_a_lock_of_another_form_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    assert ids(judged(tmp_path, "0.1.0", more=[1])) == ["SCF-2026-001"]


@pytest.mark.parametrize(
    ("generator", "said"),
    [
        ("0.11.0", "up to 0.10.0. Run the audit with scaffold 0.11.0 or later"),
        ("0.3.0", "no such release is known"),
        ("0.1", "not a version"),
        ("\x1b[31m", "not a version"),
        (7, "does not say which scaffold wrote it"),
    ],
)
def test_what_cannot_be_judged(tmp_path: Path, generator: object, said: str) -> None:
    found = judged(tmp_path, generator)
    assert found.verdict == "unknown"
    assert found.reason is not None and said in found.reason
    assert "\x1b" not in found.reason


@pytest.mark.parametrize(
    "content", [None, b"", b"[]", b"null", b"{}", b"[" * 100_000, b"\xff", b'{"generator": ']
)
def test_no_lock_or_none_that_can_be_read(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "scaffold.lock").write_bytes(content)
    found = audit(tmp_path, RELEASES)
    assert (found.verdict, found.generator) == ("unknown", None)
    assert "version control" in str(found.reason)


def test_nothing_but_the_lock_is_read(tmp_path: Path) -> None:
    (tmp_path / "scaffold.yaml").write_bytes(b"\xff")
    assert judged(tmp_path, "0.10.0").verdict == "none"


def test_people_are_told_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell(judged(tmp_path, "0.9.0"))
    said = capsys.readouterr().out
    assert said.startswith("1 known weakness in what scaffold 0.9.0 generated:\n")
    for part in ("SCF-2026-002 (critical, AZ-2, PAY-2)", "Rotate what was shown.", "0.10.0"):
        assert part in said
    assert "Raise the pin in requirements-scaffold.txt to 0.10.0 or later" in said


def test_programs_are_told_the_same(tmp_path: Path) -> None:
    (only,) = report(judged(tmp_path, "0.9.0"))["findings"]  # type: ignore[misc]
    assert only["id"] == "SCF-2026-002"
    assert only["mended_in"] == "0.10.0"
    assert only["controls"] == ["AZ-2", "PAY-2"]
