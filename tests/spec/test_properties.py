"""Whatever the text, the loader returns a spec or a `SpecError` with positions inside the text."""

import re
from pathlib import Path

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from scaffold.spec.load import loads
from scaffold.spec.problems import SpecError

from .samples import refusal

LINES = (Path(__file__).parents[2] / "specs" / "invoicing.yaml").read_text().splitlines()
TEXT = "\n".join(LINES)
# Keys of the language, on a line of their own or in a flow mapping, with their places.
KEYS = [
    (index, found.start(1), found[1])
    for index, line in enumerate(LINES)
    for found in re.finditer(
        r"(?:^ *|[{,] ?)(description|type|values|max|fields|actions|can|extends|on|do|idempotent"
        r"|unique|roles|resources|service|identity|tenancy|parent|page|filter|issuers):(?! {type)",
        line.split("  #")[0],
    )
]
WORDS = [
    *("a", "on", "type", ": ", "- ", "\n", "  ", "{", "}", "[", "]", ", ", "'", '"', "|", ">", "&"),
    *("*", "!", "#", "%", "?", "\t", "\\u202e", "1", "yes", "~", "<<", "\ufeff", "\x85", "@", "…"),
]
SOUP = st.lists(st.sampled_from(WORDS), max_size=60).map("".join)

relaxed = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)


def check_survives(text: str | bytes) -> None:
    """Checks that a text loads or is refused with problems at places of the text."""
    try:
        loads(text)
    except SpecError as error:
        assert 1 <= len(error.problems) <= 50
        for problem in error.problems:
            assert problem.line >= 1 and problem.column >= 1
            assert problem.code.startswith("E-") and problem.message
        assert str(error)


@relaxed
@given(st.text(max_size=300))
@example("scaffold: 2\n'\ud800': 1")
@example("\x00")
def test_any_text(text: str) -> None:
    check_survives(text)


@relaxed
@given(st.binary(max_size=300))
@example(b"\xff\xfea\x00")
def test_any_bytes(content: bytes) -> None:
    check_survives(content)


@relaxed
@given(SOUP)
def test_any_soup_of_yaml(text: str) -> None:
    check_survives(text)


@relaxed
@given(st.integers(0, len(LINES) - 1), st.integers(0, 80), SOUP)
def test_any_text_inside_a_spec(line: int, column: int, text: str) -> None:
    changed = list(LINES)
    changed[line] = changed[line][:column] + text + changed[line][column:]
    check_survives("\n".join(changed))


VALUES = st.recursive(
    st.sampled_from(
        ["5", "-1", "1.5", "true", "''", "a", "'$user.id'", "'*'", "null", "9999999999999"]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(
            st.sampled_from(["in", "not", "lte", "contains", "type", "max", "a"]), inner, max_size=3
        ).map(lambda items: "{" + ", ".join(f"{k}: {v}" for k, v in items.items()) + "}"),
    ),
    max_leaves=6,
)


@relaxed
@given(st.sampled_from(KEYS), VALUES)
def test_any_value_under_any_key(place: tuple[int, int, str], value: str) -> None:
    index, column, key = place
    changed = list(LINES)
    changed[index] = f"{changed[index][:column]}{key}: {value}"
    check_survives("\n".join(changed))


@relaxed
@given(st.sampled_from(KEYS), st.data())
def test_a_misspelt_key_is_named_where_it_stands(
    place: tuple[int, int, str], data: st.DataObject
) -> None:
    index, column, key = place
    at = data.draw(st.integers(0, len(key) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz_"))
    wrong = key[:at] + letter + key[at + 1 :]
    assume(wrong not in {known for _, _, known in KEYS} | {"min", "to", "of"})
    changed = list(LINES)
    changed[index] = changed[index][:column] + wrong + changed[index][column + len(key) :]
    problems = refusal("\n".join(changed)).problems
    assert any(
        (problem.line, problem.column) == (index + 1, column + 1) and wrong in problem.message
        for problem in problems
    )
