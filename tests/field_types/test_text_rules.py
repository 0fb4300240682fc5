"""The rules of text: contract, models and tables accept the same ones, and so do defaults."""

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import asyncpg
import pydantic
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError, validators

from scaffold.database.layout import flat
from scaffold.plan.python import Module
from scaffold.spec.problems import Refusal
from scaffold.types import patterns
from scaffold.types.email import EmailKind
from scaffold.types.fields import RULES
from scaffold.types.string import StringField, StringKind
from scaffold.types.text import TextField, TextKind
from scaffold.types.textual import Textual
from scaffold.types.url import UrlKind

PATTERNS = (
    "^[A-Z]{2,4}-[0-9]{4,8}$",
    "^.{1,10}$",
    "^[^,]*$",
    r"^[^@\-]+@.+$",
    "^[ -ÿ]{0,9}$",
    "^(a|[^b]b)+$",
    "^x{256,400}$",
)
KINDS = (
    StringKind(0, 12),
    StringKind(3, 200),
    TextKind(0, 12),
    TextKind(1, 400),
    EmailKind(),
    UrlKind(0, 30),
    *(StringKind(0, 500, pattern) for pattern in PATTERNS),
)
SPECIAL = (
    *map(chr, (*range(0x21), *range(0x7E, 0xA1))),
    *"\u1680\u2000\u200a\u200b\u2027\u2028\u2029\u202a\u202f\u205f\u3000\ufeff\ufffe",
    *"\"'\\^`{|}<>[]$é🙂",
)
"""The characters that engines, or types, disagree about; the first is not even text to SQL."""

Question = Callable[[str], bool]


def pattern_of_ecma(_: object, pattern: str, value: object, __: object) -> Iterator[Exception]:
    """A pattern as JSON Schema has it: `$` is the end, and not the place before a line feed."""
    if not re.search(re.sub(r"\$$", r"\\Z", pattern), str(value)):
        yield ValidationError("pattern")


ECMA = validators.extend(Draft202012Validator, {"pattern": pattern_of_ecma})


@pytest.fixture(scope="module")
def table(postgres_server: str) -> Iterator[Callable[[Textual], Question]]:
    """Asks PostgreSQL whether a column of a kind takes a text."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(postgres_server))

        def taker(kind: Textual) -> Question:
            query = f"select {flat(kind.check('value'))} from (select $1::text as value) as row"  # noqa: S608

            def takes(text: str) -> bool:
                try:
                    return runner.run(connection.fetchval(query, text)) is True
                except asyncpg.CharacterNotInRepertoireError:
                    return False  # NUL

            return takes

        yield taker
        runner.run(connection.close())


def model(kind: Textual) -> Question:
    """Asks the emitted model."""
    names: dict[str, Any] = {"Annotated": Annotated, "Field": pydantic.Field}
    names["cardless"] = None  # what the model alone asks of free text
    for rule in RULES:
        names[rule.scalar] = Annotated[str, pydantic.StringConstraints(pattern=rule.pattern)]
    annotation = eval(kind.annotation(Module(), ""), names)  # noqa: S307 - what is emitted
    adapter = pydantic.TypeAdapter(annotation)

    def takes(text: str) -> bool:
        try:
            adapter.validate_python(text)
        except pydantic.ValidationError:
            return False
        return True

    return takes


def texts(kind: Textual) -> st.SearchStrategy[str]:
    """Texts of the kind with a special character in them or not, and any others."""
    rule = kind.own_pattern or kind.RULE.pattern
    right = st.from_regex(re.compile(rule), fullmatch=True)
    specials = st.sampled_from(SPECIAL)
    spoiled = st.tuples(right, specials, st.integers(0, 20)).map(
        lambda found: found[0][: found[2]] + found[1] + found[0][found[2] :]
    )
    mixed = st.text(st.one_of(specials, st.sampled_from("ab-A0,@.")), max_size=14)
    return st.one_of(right, spoiled, mixed, st.text(max_size=14))


@pytest.mark.parametrize("kind", KINDS, ids=str)
@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_contract_model_and_table_accept_the_same_texts(
    kind: Textual, table: Callable[[Textual], Question], data: st.DataObject
) -> None:
    text = data.draw(texts(kind))
    said = ECMA(kind.schema()).is_valid(text)
    assert (model(kind)(text), table(kind)(text), kind.accepts(text)) == (said, said, said)


CHARACTERS = st.sampled_from(["a", "Z", "0", "-", " ", "é", "\\.", "\\$", ".", "[^a]", "[^-é,]"])
CLASSES = st.sampled_from(["[a-z]", "[A-Z0-9_-]", "[ -~]", "[!-ÿ]", "[^a-z\\]]", "[é-ü]", "[\\^x]"])
QUANTIFIERS = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,3}", "{300}", "{2,260}", "{256,}"])
PIECES = st.tuples(st.one_of(CHARACTERS, CLASSES), QUANTIFIERS).map("".join)
GROUPS = st.tuples(
    st.sampled_from(["(", "(?:"]), PIECES, st.just("|"), PIECES, st.just(")"), QUANTIFIERS
).map("".join)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(PIECES, GROUPS), max_size=4).map("".join), st.data())
def test_every_engine_reads_a_pattern_alike(
    table: Callable[[Textual], Question], inside: str, data: st.DataObject
) -> None:
    pattern = f"^{inside}$"
    try:
        patterns.check(pattern)
    except Refusal:
        assume(False)
    kind = StringKind(0, 1_000, pattern)
    for each in kind.examples():
        assert ECMA(kind.schema()).is_valid(each)
    text = data.draw(texts(kind))
    said = ECMA(kind.schema()).is_valid(text)
    assert (model(kind)(text), table(kind)(text), kind.accepts(text)) == (said, said, said)


CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
LINES = ["\t", "\n", "\r"]
SEPARATORS = ["\u2028", "\u2029"]
HARMLESS = ["\xa0", "é", "\u200b", "\ufeff", "🙂", " "]


@pytest.mark.parametrize("kind", [StringKind(0, 9), StringKind(0, 9, "^[^,]*$"), TextKind(0, 9)])
def test_which_characters_a_text_has(kind: Textual, table: Callable[[Textual], Question]) -> None:
    refused = [*CONTROLS, *SEPARATORS]
    if isinstance(kind, TextKind):
        refused = sorted({*CONTROLS} - {*LINES})
    for question in (ECMA(kind.schema()).is_valid, model(kind), table(kind), kind.accepts):
        assert [each for each in refused if question(f"a{each}b")] == []
        assert [each for each in HARMLESS if not question(f"a{each}b")] == []


@given(st.one_of(st.text(max_size=9), st.sampled_from(SPECIAL)))
@example("\t")
@example(" a ")
def test_a_default_is_a_text_that_a_caller_could_send(text: str) -> None:
    for field in (
        StringField(type="string", max=8),
        StringField(type="string", max=8, pattern="^[^,]*$"),
        TextField(type="text", max=8),
    ):
        kind = field.kind()
        assert isinstance(kind, Textual)
        try:
            field.check_literal(text)
        except Refusal:
            assert not kind.accepts(text)
        else:
            assert kind.accepts(text)
