"""Patterns: what every engine reads alike, in linear time."""

import time
from itertools import product

import pytest

from scaffold.spec.problems import Refusal
from scaffold.types.patterns import (
    Extent,
    check,
    examples,
    extent,
    matches,
    postgresql,
    single_line,
)


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
        "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
        r"^[^@]+@[^@]+\.[a-z]{2,}$",
        r"^([0-9]{1,3}\.){3}[0-9]{1,3}$",
        "^#?([0-9a-f]{6}|[0-9a-f]{3})$",
        "^(draft|done|sent)(-(a|b))*$",
        "^(?:draft|sent)$",
        "^(ab|cd)+$",
        r"^[0-9]+\.[0-9]{2}$",
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
        ("^(-[a-z]+[a-z]+)*$", "two ways"),
        ("^(-(a|a))*$", "two ways"),
        ("^(a|aa){9}$", "two ways"),
        ("^a*a*a*$", "many ways"),
        ("^(a*)(a*)(a*)$", "many ways"),
        ("^(a|a)(a|a)(a|a)b$", "many ways"),
        ("^(a?){1}a?a?a?a$", "many ways"),
        ("^(?=a)a$", "Look-around"),
        ("^(?!a)b$", "Look-around"),
        ("^(?<=a)b$", "Look-around"),
        ("^(?P<x>a)$", "Look-around"),
        ("^(?i)a$", "Look-around"),
        (r"^(a)\1$", "does not mean the same"),
        (r"^\bword$", "does not mean the same"),
        (r"^a\Z$", "does not mean the same"),
        (r"^\s$", "does not mean the same"),
        (r"^\d$", "does not mean the same"),
        (r"^\-$", "does not mean the same"),
        ("^a]$", "no opening bracket"),
        ("^a}$", "no opening bracket"),
        ("^a+?$", "quantifiers"),
        ("^a++$", "quantifiers"),
        ("^*$", "nothing before"),
        ("^{2}$", "nothing before"),
        ("^a{5,2}$", "repetition"),
        ("^a{9999}$", "repetition"),
        ("^a$b$", "inside"),
        ("^a^b$", "inside"),
        ("^[[:alpha:]]$", "class"),
        ("^[a&&b]$", "class"),
        ("^[]$", "class"),
        ("^[z-a]$", "range"),
        ("^(a$", "middle"),
        ("^a)$", "no opening one"),
        ("^[a$", "middle"),
        ("^" + "(" * 30 + ")" * 30 + "$", "nested"),
        ("^" + "a" * 200 + "$", "too long"),
        ("^([a-z]{1,200}-){1,200}$", "too large"),
        ("^a\tb$", "control character"),
        ("^[a\x85]$", "control character"),
        ("^[\u2028-\u2029]$", "control character"),
    ],
)
def test_other_patterns(pattern: str, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        check(pattern)


def test_a_pattern_matches_the_whole_text() -> None:
    assert matches("^[a-z]+$", "abc")
    assert not matches("^[a-z]+$", "abc\n")


@pytest.mark.parametrize(
    "pattern", ["^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "^[^@]+@[^@]+[.][a-z]{2,}$"]
)
def test_an_accepted_pattern_refuses_a_long_text_soon(pattern: str) -> None:
    check(pattern)
    start = time.process_time()
    assert not matches(pattern, "a@" + "a." * 2_000 + "!")
    assert not matches(pattern, "a" * 4_000 + "!")
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("^[A-Za-z0-9.-]+$", "^[A-Za-z0-9.-]+$"),
        (r"^(?:a|b\$){2,}$", r"^(?:a|b\$){2,}$"),
        ("^.{1,10}$", r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,10}$"),
        ("^[^,-]$", r"^[^,\-\x00-\x1f\x7f-\x9f\u2028\u2029]$"),
        ("^[^\t]$", r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]$"),
        ("^[ -ÿ]$", r"^[\u0020-\u007e\u00a0-\u00ff]$"),
        ("^[é-🙂]$", r"^[\u00e9-\u2027\u202a-🙂]$"),
    ],
)
def test_a_pattern_is_about_one_line(pattern: str, said: str) -> None:
    assert check(pattern) == pattern
    assert single_line(pattern) == said


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("^.{1,10}[^,-]$", "^.{1,10}[^,-]$"),
        ("^a{255}$", "^a{255}$"),
        ("^a{256}$", "^a{255}a{1,1}$"),
        ("^[a-z]{300,}$", "^[a-z]{255}[a-z]{45,}$"),
        ("^(ab){2,600}$", "^(ab){2,255}(ab){0,255}(ab){0,90}$"),
    ],
)
def test_postgresql_counts_to_255(pattern: str, said: str) -> None:
    assert postgresql(pattern) == said


@pytest.mark.parametrize(
    ("pattern", "low", "high", "plain"),
    [
        ("^[A-Z]{2,4}-[0-9]{4,8}$", 7, 13, True),
        ("^(a|bc|d{3})?$", 0, 3, True),
        ("^(ab){2,3}c*$", 4, None, True),
        ("^(a|b+)c{0}$", 1, None, True),
        ("^a.$", 2, 2, False),
        ("^[^a]$", 1, 1, False),
        ("^[ -~é]{2}$", 2, 2, False),
        ("^(a|[^b])$", 1, 1, False),
        ("^$", 0, 0, True),
    ],
)
def test_what_a_pattern_says_of_its_texts(
    pattern: str, low: int, high: int | None, plain: bool
) -> None:
    assert extent(check(pattern)) == Extent(low, high, plain)


def test_a_pattern_has_examples() -> None:
    assert examples("^[A-Z]{2}-(a|b)?[0-9]+$", 0, 9) == ("AA-a0", "BB-b1", "CC-a2")
    assert examples("^é+[^x]$", 0, 9)[:2] == ("é0", "é1")
    assert examples("^[^ -~]{2}$", 0, 9)


@pytest.mark.parametrize(
    ("pattern", "low", "high", "known"),
    [
        ("^[a-z]+$", 120, 200, True),
        ("^[a-z]+(-[a-z]+)*$", 200, 200, True),
        ("^(ab|cde){3,40}x?$", 17, 17, True),
        ("^(a{10}|b{7})*$", 9_993, 10_000, True),
        ("^.*$", 9_000, 10_000, True),
        ("^()$", 0, 3, True),
        ("^[A-Z]{2}-[0-9]{4}$", 0, 6, False),
        ("^([a-z]{2})+$", 5, 5, False),
        ("^[a-z]{3}$", 4, 9, False),
        ("^([a-z]{1,31}-){1,300}$", 9_990, 10_000, False),
    ],
)
def test_an_example_is_within_the_bounds(pattern: str, low: int, high: int, known: bool) -> None:
    start = time.process_time()
    found = examples(check(pattern), low, high)
    assert time.process_time() - start < 5
    assert bool(found) is known
    assert all(matches(pattern, each) and low <= len(each) <= high for each in found)


@pytest.mark.parametrize("pattern", ["(ab|cbc){1,3}", "a?(bb)*", "(a{3}|bb)(c|)", "a{2,4}(bbb)?"])
def test_there_is_an_example_of_each_length_that_matches(pattern: str) -> None:
    texts = ("".join(each) for size in range(10) for each in product("abc", repeat=size))
    sizes = {len(each) for each in texts if matches(f"^{pattern}$", each)}
    for size in range(10):
        assert bool(examples(f"^{pattern}$", size, size)) is (size in sizes)
