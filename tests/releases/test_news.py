"""What a project is told between two versions."""

from __future__ import annotations

import pytest

from scaffold.releases.data import parse
from scaffold.releases.news import NewerGenerator, between, is_newer, lines, require_not_newer

from .support import RELEASES, REPLAYS, TEXT


def told(former: str, now: str, surface: dict[str, dict[str, str]] = REPLAYS) -> list[str]:
    """The texts that a project is told."""
    return [each.entry.text for each in between(former, now, surface, RELEASES)]


def test_security_comes_first_and_the_rest_by_kind() -> None:
    assert told("0.1.0", "0.10.0") == [
        "A header was missing.",
        "Errors have a type.",
        "Cursors sort.",
        "A log line.",
    ]


def test_the_worst_weakness_comes_first() -> None:
    both = parse(TEXT.replace(">=0.9.0,<0.10.0", "<0.10.0"))
    first, second, *_ = between("0.1.0", "0.10.0", REPLAYS, both)
    assert first.entry.text == "A replayed answer was not filtered."
    assert second.entry.text == "A header was missing."


def test_only_what_lies_between_and_concerns_the_project() -> None:
    assert told("0.9.0", "0.10.0") == ["A replayed answer was not filtered.", "A log line."]
    assert told("0.9.0", "0.10.0", {}) == ["A log line."]
    assert told("0.2.0", "0.9.0") == ["Cursors sort."]


@pytest.mark.parametrize("former", ["0.10.0", "0.11.0", "nonsense", ""])
def test_nothing_is_told_where_the_former_is_not_older(former: str) -> None:
    assert told(former, "0.10.0") == []
    assert list(lines((), former, "0.10.0")) == []


def test_the_lines_say_what_why_and_what_to_do() -> None:
    first, second, third, *_ = lines(
        between("0.9.0", "0.10.0", REPLAYS, RELEASES), "0.9.0", "0.10.0"
    )
    assert first == "From scaffold 0.9.0 to 0.10.0:"
    assert second.startswith("  security SCF-2026-002 (critical, AZ-2, PAY-2): A replayed")
    assert ">=0.9.0,<0.10.0. Rotate what was shown." in third


def test_a_newer_generator_is_refused_by_number() -> None:
    assert is_newer("0.10.0", "0.9.0")
    assert not is_newer("0.9.0", "0.10.0")
    assert not is_newer("0.9.0", "0.9.0")
    assert not is_newer("\x1b[31m", "0.9.0")
    require_not_newer("0.9.0", "0.10.0")
    with pytest.raises(NewerGenerator, match=r"scaffold 0\.10\.0 or later"):
        require_not_newer("0.10.0", "0.9.0")
