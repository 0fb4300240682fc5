"""YAML from outside: what is read, what is refused, and that the cost is bounded."""

import time
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from scaffold.spec import document
from scaffold.spec.load import load
from scaffold.spec.problems import SpecError

from .samples import marked


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def _each_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs every test with libyaml and with the pure parser."""
    monkeypatch.setattr(document, "_LOADER", getattr(yaml, request.param))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-17", -17),
        ("+3", 3),
        ("1.50", Decimal("1.50")),
        ("-.5", Decimal("-0.5")),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("2030-01-31", "2030-01-31"),
        ("1.2.3", "1.2.3"),
        ("60/min", "60/min"),
        ("y", "y"),
        ("'no'", "no"),
        ('"null"', "null"),
        ("''", ""),
        ("'017'", "017"),
        ('"\\u00e9\\n"', "é\n"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
        ("[a, {b: 1}, []]", ("a", {"b": 1}, ())),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, value: object) -> None:
    assert document.parse(f"key: {text}", "s").data == {"key": value}


def test_ambiguous_words_are_names_when_they_are_keys() -> None:
    assert document.parse("on: x\nno: z", "s").data == {"on": "x", "no": "z"}


@pytest.mark.parametrize("text", ["\ufeffa: 1", "a: 1\r\n", "---\na: 1\n...\n", "# c\na: 1 # d"])
def test_harmless_spellings_are_read(text: str) -> None:
    assert document.parse(text.encode(), "s").data == {"a": 1}


@pytest.mark.parametrize(
    ("sample", "code"),
    [
        ("a: ▸&x 1", "E-ALIAS"),
        ("a: ▸&x {b: ▸*x }", "E-ALIAS"),
        ("a: ▸!!python/object/apply:os.system [ls]", "E-TAG"),
        ("a: ▸! x", "E-TAG"),
        ("▸%YAML 1.1\n---\na: 1", "E-DIRECTIVE"),
        ("a: 1\n▸---\nb: 2", "E-DOCUMENTS"),
        ("a: 1\nb: 2\n▸a: 3\n▸b: 4", "E-DUPLICATE-KEY"),
        ("{a: {b: 1, ▸'b': 2}}", "E-DUPLICATE-KEY"),
        ("▸<<: {a: 1}", "E-MERGE-KEY"),
        ("▸1: a\n▸true: b\n▸null: c\n▸1.5: d", "E-KEY"),
        ("? ▸[a]\n: b", "E-KEY"),
        ("a: ▸yes\nb: [▸No, ▸off, ▸TRUE]", "E-AMBIGUOUS"),
        ("a: ▸017\nb: ▸0x1F\nc: ▸0o17\nd: ▸.inf\ne: ▸1e3\nf: ▸1234567890123456789", "E-NUMBER"),
        ("▸a:\nb: ▸~\nc: {d: ▸null}", "E-EMPTY"),
        ("▸", "E-EMPTY"),
        ("▸[a]", "E-EMPTY"),
        ("a: ▸\u202e", "E-CHARACTER"),
        ("a: x▸\u200by", "E-CHARACTER"),
        ("a: 1\n# ▸\x07", "E-CHARACTER"),
        ("a: ▸\x00", "E-CHARACTER"),
        ("a: b▸\ufeff", "E-CHARACTER"),
        ("a: b▸\U000e0041", "E-CHARACTER"),
        ('a: ▸"\\u202e"', "E-CHARACTER"),
        ('a: ▸"\\0"', "E-CHARACTER"),
        ('▸"\\u2066": 1', "E-CHARACTER"),
        ("a: " + "[" * 19 + "▸" + "[" * 9, "E-DEPTH"),
        ("a: ▸[1, 2", "E-SYNTAX"),
        ("a: ▸'x", "E-SYNTAX"),
        ("a:\n▸\t- b", "E-SYNTAX"),
        ("a: ▸@x", "E-SYNTAX"),
        ("a: b▸: c", "E-SYNTAX"),
        ("do: ▸*", "E-WILDCARD"),
        ("do: [▸*]", "E-WILDCARD"),
    ],
)
def test_everything_surprising_is_refused_at_its_place(sample: str, code: str) -> None:
    text, places = marked(sample)
    with pytest.raises(SpecError) as caught:
        document.parse(text, "s")
    assert [(p.line, p.column) for p in caught.value.problems] == places, str(caught.value)
    assert {p.code for p in caught.value.problems} == {code}


def test_a_surrogate_written_as_an_escape_is_refused() -> None:
    for text in ('a: "\\ud800"', 'a: "\\U00110000"', 'a: "\\UFFFFFFFF"'):
        with pytest.raises(SpecError):
            document.parse(text, "s")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"a: \xff", (1, 4)),
        ("é: 1\nb: ".encode() + b"\xc0", (2, 4)),
        ("a".encode("utf-16"), (1, 1)),
    ],
)
def test_other_encodings_are_refused_at_the_first_bad_byte(
    text: bytes, place: tuple[int, int]
) -> None:
    with pytest.raises(SpecError, match="UTF-8") as caught:
        document.parse(text, "s")
    problem = caught.value.problems[0]
    assert (problem.code, problem.line, problem.column) == ("E-ENCODING", *place)


def test_positions_of_keys_values_and_items() -> None:
    positions = document.parse("a:\n  b: [x, {c: 1}]\n", "s").positions
    assert positions.of(("a", "b")) == (2, 3)
    assert positions.value(("a", "b")) == (2, 6)
    assert positions.of(("a", "b", 0)) == (2, 7)
    assert positions.value(("a", "b", 1, "c")) == (2, 14)
    assert positions.of(("a", "b", 7, "c")) == (2, 3)
    assert positions.of(()) == (1, 1)
    assert positions.has(("a", "b", 1)) and not positions.has(("a", "c"))


HOSTILE = {
    "deep lists": "[" * 1_000_000,
    "deep mappings": "{a: " * 1_000_000,
    "deep blocks": "- " * 1_000_000,
    "explicit keys": "? " * 500_000,
    "anchors": "&a " * 500_000,
    "tags": "!a " * 500_000,
    "billion laughs": "a: &a [x]\n" + "".join(f"b{i}: [*a, *a]\n" for i in range(1_000)),
    "one long text": "a: " + "x " * 500_000,
    "open quote": "'" * 1_000_001,
    "colons": ":" * 200_000,
    "directives": "%" * 500_000,
    "spaces": " \n" * 200_000 + "\ta",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_soon(name: str) -> None:
    start = time.process_time()
    with pytest.raises(SpecError):
        document.parse(HOSTILE[name], "s")
    assert time.process_time() - start < 5


def test_the_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_VALUES", 50)
    assert document.parse(f"a: [{'x,' * 47}]", "s").data == {"a": ("x",) * 47}
    with pytest.raises(SpecError, match="more than 50 values"):
        document.parse(f"a: [{'x,' * 48}]", "s")


def test_the_size_of_a_text_and_of_the_whole_is_bounded() -> None:
    document.parse(f"a: {'x' * document.MAX_SCALAR}", "s")
    with pytest.raises(SpecError, match="longer than 64 KiB"):
        document.parse(f"a: {'x' * (document.MAX_SCALAR + 1)}", "s")
    with pytest.raises(SpecError, match="larger than 8 MiB"):
        document.parse(b"#" * (document.MAX_BYTES + 1), "s")


def test_many_problems_are_capped() -> None:
    with pytest.raises(SpecError) as caught:
        document.parse("a: [" + "yes, " * 5_000 + "]", "s")
    assert len(caught.value.problems) == 50


def test_files_that_cannot_be_read_are_spec_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.yaml", tmp_path, "nul\0byte"):
        with pytest.raises(SpecError) as caught:
            load(path)
        assert caught.value.problems[0].code == "E-READ"


def test_a_file_is_read_no_further_than_it_may_be_long(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(SpecError, match="larger than 8 MiB"):
        load(path)
