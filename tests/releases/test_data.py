"""The data of the releases: its form, and that the real one fits this version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scaffold import __version__
from scaffold.releases.data import ReleasesError, Weakness, Where, parse, releases

from .support import RELEASES, REPLAYS, TEXT

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def test_the_version_that_runs_is_the_newest_release() -> None:
    assert str(releases()[-1].version) == __version__


def test_weaknesses_name_controls_that_are_documented() -> None:
    known = (REPOSITORY / "docs" / "controls.md").read_text("utf-8")
    for release in (*releases(), *RELEASES):
        for entry in release.entries:
            if isinstance(entry, Weakness):
                assert all(re.search(rf"\b{each}\b", known) for each in entry.controls)


def test_releases_are_in_order_and_texts_in_one_line() -> None:
    assert [str(each.version) for each in RELEASES] == ["0.1.0", "0.2.0", "0.9.0", "0.10.0"]
    assert RELEASES[-1].entries[0].text == "A replayed answer was not filtered."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('version = "0.9.0"', 'version = "0.9"'),
        ('version = "0.9.0"', 'version = "0.2.0"'),
        ('kind = "fixed"', 'kind = "mended"'),
        ('kind = "fixed"', 'kind = "fixed"\nid = "SCF-2026-003"'),
        ('"Cursors sort."', '" "'),
        ('id = "SCF-2026-002"', 'id = "SCF-2026-001"'),
        ('id = "SCF-2026-002"', 'id = "CVE-2026-0002"'),
        ('severity = "low"', 'severity = "small"'),
        ('affected = "<0.2.0"', 'affected = "<=0.2.0"'),
        ('affected = "<0.2.0"', 'affected = "all"'),
        ('controls = ["API-1"]', "controls = []"),
        ('controls = ["API-1"]', 'controls = ["api"]'),
        ('remedy = "Nothing more."', ""),
        ('word = "idempotency_key"', 'words = "idempotency_key"'),
        ("[[release]]", "[[releases]]"),
        ('kind = "changed"', "kind = changed"),
    ],
)
def test_data_of_another_form_is_refused(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(ReleasesError):
        parse(TEXT.replace(old, new))


def test_where_looks_for_a_whole_word_of_a_fact() -> None:
    where = Where("operations", "idempotency_key")
    assert where.holds(REPLAYS)
    assert not where.holds({"operations": {"order:create idempotency_key_2": "required"}})
    assert not where.holds({"fields": {"order idempotency_key": "x"}})
    assert not where.holds({"operations": ["idempotency_key"]})
    assert Where("limits", None).holds({"limits": {"user": "1/s"}})
    assert not Where("limits", None).holds({"limits": {}})
