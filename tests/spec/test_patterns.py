"""Patterns: what every engine reads alike, in linear time."""

import pytest

from scaffold.spec.patterns import check, matches
from scaffold.spec.problems import Refusal


@pytest.mark.parametrize(
    "pattern",
    [
        "^$",
        "^[A-Z]{2}$",
        "^[A-Z]{2,4}-[0-9]{4,8}$",
        "^[a-z0-9.-]+$",
        "^[a-z]{2}(-[a-z]{2})?$",
        "^[A-Za-z_]+(/[A-Za-z_]+)*$",
        "^([a-z]+-)*[a-z]+$",
        "^(?:draft|sent)$",
        "^(ab|cd)+$",
        r"^\d+\.\d{2}$",
        r"^[^,]*$",
        r"^\$[0-9]+$",
        r"^[\]\-a]+$",
        r"^a\\$",
        "^.{1,10}$",
        "^#[0-9a-f]{6}$",
        "^é+$",
    ],
)
def test_portable_patterns(pattern: str) -> None:
    assert check(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("abc", "whole value"),
        ("^abc", "whole value"),
        (r"^abc\$", "whole value"),
        ("^a|b$", "alternative"),
        ("^(a+)+$", "two ways"),
        ("^(a*)*$", "two ways"),
        ("^(a|a)*$", "two ways"),
        ("^(a|ab)*$", "two ways"),
        ("^(a?b?)*$", "two ways"),
        ("^(.*,)*$", "two ways"),
        ("^([a-z]+-?)*$", "two ways"),
        ("^(a{1,9}){1,9}$", "two ways"),
        ("^((a+))*$", "two ways"),
        ("^()*$", "two ways"),
        ("^(?=a)a$", "Look-around"),
        ("^(?!a)b$", "Look-around"),
        ("^(?<=a)b$", "Look-around"),
        ("^(?P<x>a)$", "Look-around"),
        ("^(?i)a$", "Look-around"),
        (r"^(a)\1$", "does not mean the same"),
        (r"^\bword$", "does not mean the same"),
        (r"^a\Z$", "does not mean the same"),
        (r"^\s$", "does not mean the same"),
        ("^a+?$", "quantifiers"),
        ("^a++$", "quantifiers"),
        ("^*$", "repeats nothing"),
        ("^{2}$", "repeats nothing"),
        ("^a{5,2}$", "repetition"),
        ("^a{9999}$", "repetition"),
        ("^a$b$", "inside"),
        ("^a^b$", "inside"),
        ("^[[:alpha:]]$", "class"),
        ("^[a&&b]$", "class"),
        ("^[]$", "class"),
        ("^[z-a]$", "range"),
        ("^(a$", "middle"),
        ("^a)$", "never opened"),
        ("^[a$", "middle"),
        ("^" + "(" * 30 + ")" * 30 + "$", "nested"),
        ("^" + "a" * 200 + "$", "too long"),
    ],
)
def test_other_patterns(pattern: str, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        check(pattern)


def test_a_pattern_matches_the_whole_text() -> None:
    assert matches("^[a-z]+$", "abc")
    assert not matches("^[a-z]+$", "abc\n")
    assert not matches(r"^\d$", "٣")
