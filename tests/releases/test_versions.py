"""Versions compare as numbers, and both grammars are closed."""

from __future__ import annotations

import pytest

from scaffold.releases.version import version, version_range


def test_versions_compare_as_numbers() -> None:
    texts = ["0.10.0", "0.9.0", "1.0.0", "0.9.10", "0.9.9"]
    ordered = sorted(texts, key=version)
    assert ordered == ["0.9.0", "0.9.9", "0.9.10", "0.10.0", "1.0.0"]
    assert [str(version(each)) for each in texts] == texts


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.3 ", "1.2.3\n", "01.2.3", "1.-2.3", "1.2.3rc1"),
        *("1.2.\u0663", f"1.2.{'9' * 5000}"),
    ],
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        version(text)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("<0.10.0", ["0.9.0", "0.1.0"], ["0.10.0", "0.11.0"]),
        (">=0.9.0, <=0.10.0", ["0.9.0", "0.10.0"], ["0.8.9", "0.10.1"]),
        (">0.9.0", ["0.9.1"], ["0.9.0"]),
        ("==0.9.0", ["0.9.0"], ["0.9.1", "0.8.0"]),
    ],
)
def test_a_range(text: str, inside: list[str], outside: list[str]) -> None:
    found = version_range(text)
    assert all(version(each) in found for each in inside)
    assert not any(version(each) in found for each in outside)
    assert version_range(str(found)) == found


@pytest.mark.parametrize("text", ["", "0.1.0", "~=0.1.0", "<0.1", "<0.1.0,", "!=0.1.0"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        version_range(text)
