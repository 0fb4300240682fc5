"""The merge of three texts: what both sides mean, or a conflict, and never a loss."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.project.merge import Merge, lines_of, merge

BASE = "a\nb\nc\nd\ne\nf\n"
TEXT = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "d"]), max_size=12).map("".join)


def test_changes_apart_are_merged() -> None:
    assert merge(BASE, "A\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\ne\nf\ng\n") == Merge(
        "A\nb\nc\nd\ne\nf\ng\n", ()
    )


def test_the_same_change_on_both_sides_is_one() -> None:
    both = merge(BASE, "a\nX\nc\nd\ne\nf\n", "a\nX\nc\nd\ne\nF\n")
    assert both == Merge("a\nX\nc\nd\ne\nF\n", ())


@pytest.mark.parametrize(
    ("ours", "theirs", "where"),
    [
        ("a\nX\nc\nd\ne\nf\n", "a\nY\nc\nd\ne\nf\n", ["2"]),
        ("a\nX\nc\nd\ne\nf\n", "a\nb\nY\nd\ne\nf\n", ["2-3"]),  # they touch
        ("a\nX\nc\nd\ne\nf\n", "a\nc\nd\ne\nf\n", ["2"]),
        ("a\nc\nd\ne\nf\n", "a\nX\nc\nd\ne\nf\n", ["before 2"]),
        ("a\nb\nc\nX\nd\ne\nf\n", "a\nb\nc\nY\nd\ne\nf\n", ["4"]),
        ("X\nb\nc\nd\ne\nX\n", "Y\nb\nc\nd\ne\nY\n", ["1", "6"]),
        ("a\nb\nc\nd\ne\nf", "a\nb\nc\nd\ne\nF\n", ["6"]),
    ],
)
def test_changes_of_the_same_lines_are_a_conflict(ours: str, theirs: str, where: list[str]) -> None:
    merged = merge(BASE, ours, theirs)
    assert [str(each) for each in merged.conflicts] == where
    assert merged.text == ours


@given(TEXT, TEXT)
def test_a_side_that_changed_nothing_gives_way(base: str, other: str) -> None:
    assert merge(base, base, other) == Merge(other, ())
    assert merge(base, other, base) == Merge(other, ())
    assert merge(base, other, other) == Merge(other, ())


@given(TEXT, TEXT, TEXT)
def test_the_sides_are_equal(base: str, ours: str, theirs: str) -> None:
    there, back = merge(base, ours, theirs), merge(base, theirs, ours)
    assert len(there.conflicts) == len(back.conflicts)
    if not there.conflicts:
        assert there.text == back.text


@given(TEXT, TEXT, TEXT)
def test_what_is_merged_invents_no_line(base: str, ours: str, theirs: str) -> None:
    assert set(lines_of(merge(base, ours, theirs).text)) <= {*lines_of(ours), *lines_of(theirs)}


@given(st.text(st.sampled_from("ab\n\r\u2028\x0b")))
def test_lines_are_all_of_a_text(text: str) -> None:
    lines = lines_of(text)
    assert "".join(lines) == text
    assert len(lines) == text.count("\n") + (not text.endswith("\n") and text != "")
