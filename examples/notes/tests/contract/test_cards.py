"""Numbers of payment cards are refused where they are sent, and hidden where text is logged (PAY-5)."""

import io
import json
import random
import time
from contextlib import redirect_stdout
from typing import Any, Final
from uuid import UUID

import pytest
import structlog
from prometheus_client import CollectorRegistry

from notes.gate.answers import Answer
from notes.gate.cards import HIDDEN, hide_cards, holds_card, is_checked
from notes.gate.dispatch import Request
from notes.gate.problems import Problem
from notes.telemetry import logs
from notes.telemetry.decisions import Decisions
from tests.contract.harness import (
    ACCESS,
    Service,
    arguments,
    ask,
    body_schema,
    code,
    reachable,
    spoilable,
)

CARDS: Final = (
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4000000000000000006",
    "5555555555554444",
    "2223 0031 2200 3222",
    "378282246310005",
    "3782 822463 10005",
    "30569309025904",
    "6011000990139424",
    "3530111333300000",
    "6200000000000005",
    "6759649826438453",
    "2200000000000004",
)
"""Numbers with which the schemes let people try: a few of each, as people write them."""
REFUSED: Final = "card_number_refused"
FREE: Final[tuple[str, ...]] = (
    r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$",
    r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$",
)
"""The patterns of free text. A field with a pattern of its own says itself what it holds."""


def takes(schema: dict[str, Any]) -> list[object]:
    """The values with a card in them that a field could otherwise have, if it is free text."""
    field = schema.get("anyOf", [schema])[0]
    if field.get("type") == "array":
        return [[each] for each in takes(field["items"])]
    if field.get("pattern") not in FREE:
        return []
    most, least = field["maxLength"], field.get("minLength", 0)
    return [each.ljust(least, ".") for each in CARDS if len(each) <= most]


@pytest.mark.parametrize("operation", reachable())
def test_the_number_of_a_card_is_refused(service: Service, operation: str) -> None:
    """Wherever there is free text; and whatever else it is in, no answer repeats it."""
    request = spoilable(service, operation)
    request.query[CARDS[0]] = CARDS[0]
    response = request.send()
    assert response.status_code == 422
    assert "1111" not in response.text
    schema = body_schema(operation)
    if schema is None:
        return
    request = spoilable(service, operation)
    whole = request.body or {}
    for name, each in schema["properties"].items():
        for value in takes(each):
            request.body = whole | {name: value}
            response = request.send()
            assert (response.status_code, code(response)) == (422, REFUSED), (
                name,
                value,
            )
            assert f"body.{name}" in response.text
            assert not any(number in response.text for number in CARDS)
    request.body = whole | {CARDS[0]: CARDS[0]}
    response = request.send()
    assert (response.status_code, code(response)) == (422, "invalid_request")
    assert "1111" not in response.text


@pytest.mark.parametrize(
    "operation", [each for each in ACCESS if each in reachable("list")]
)
def test_nobody_looks_for_the_number_of_a_card(
    service: Service, operation: str
) -> None:
    """Neither in a URL, which proxies keep, nor in a body."""
    known = arguments(operation)
    for name, schema in known.items():
        field, _, prefix = name.partition(".")
        for value in takes(known.get(field, {}) if prefix else schema):
            response = ask(spoilable(service, operation), **{name: value})
            assert (response.status_code, code(response)) == (422, REFUSED), (
                name,
                value,
            )
            assert not any(number in response.text for number in CARDS)
        response = ask(spoilable(service, operation), **{f"{name}.{CARDS[0]}": "1"})
        assert response.status_code == 422
        assert "1111" not in response.text


@pytest.mark.parametrize("number", CARDS)
def test_a_number_is_found_in_text(number: str) -> None:
    for text in (
        number,
        f"Card {number}, thanks",
        f"{number} 12/30 123",
        f"no:{number}.",
    ):
        assert holds_card(text), text
        assert hide_cards(text) == text.replace(number, HIDDEN)
    digits = [each for each in number if each.isdigit()]
    other = number[:-1] + str((int(digits[-1]) + 1) % 10)
    assert not holds_card(other), other


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",
        "DE89 3704 0044 0532 0130 00",
        "DE95 4111 1111 1111 1111 00",  # the digits of a card are in it
        "GB29 NWBK 6016 1331 9268 19 with thanks",
        "Call +49 170 1234567 or 030 1234567-89",
        "4006381333931",  # an article (EAN-13)
        "490154203237518",  # a telephone (IMEI)
        "8949000000000000005",  # a SIM card (ICCID)
        "1700000000000000",
        "a4111111111111111 4111111111111111b x4111111111111111",
        "2030-01-31 12:00:00",
        "12345678-4111-1111-1111-111111111111",
    ],
)
def test_what_is_no_number_of_a_card_is_let_through(text: str) -> None:
    assert not holds_card(text)
    assert hide_cards(text) == text


def test_ids_are_taken_for_cards_rarely() -> None:
    """Of ids that are drawn at random, none of those with letters, and few of those without."""
    drawn = random.Random(5)  # noqa: S311 - to be the same each time
    for _ in range(20_000):
        assert not holds_card(str(UUID(int=drawn.getrandbits(128))))
        assert not holds_card(f"{drawn.getrandbits(128):032x}")
        assert not holds_card(
            f"+49 {drawn.randrange(100, 999)} {drawn.randrange(10**6, 10**8)}"
        )
    for length, most in (
        (13, 0),
        (14, 0.006),
        (15, 0.004),
        (16, 0.032),
        (17, 0.003),
        (18, 0.003),
        (19, 0.02),
    ):
        found = sum(
            holds_card(str(drawn.randrange(10 ** (length - 1), 10**length)))
            for _ in range(20_000)
        )
        assert found / 20_000 <= most, length


def test_a_last_digit_is_checked() -> None:
    right = [each for each in range(10) if is_checked(f"7992739871{each}")]
    assert right == [3]


@pytest.mark.parametrize(
    "text",
    ["4 " * 100_000, "1 " * 100_000, "AB12" + "C" * 100_000, ("4" * 15 + "2 ") * 6_000],
)
def test_long_text_is_judged_soon(text: str) -> None:
    began = time.perf_counter()
    holds_card(text)
    assert time.perf_counter() - began < 3


def test_a_log_hides_the_numbers_of_cards() -> None:
    number = CARDS[1]
    with redirect_stdout(io.StringIO()) as output:
        logs.configure("ERROR", development=True)
        deep = {"texts": [number, {number: (number,)}], "digits": int(CARDS[0])}
        structlog.get_logger().error(f"sent {number}", note=number, deep=deep, count=3)
        try:
            raise ValueError(number)
        except ValueError:
            structlog.get_logger().exception("failed")
    assert output.getvalue().count(HIDDEN) >= 5
    assert "1111" not in output.getvalue()
    assert '"count": 3' in output.getvalue()


def test_a_decision_hides_the_numbers_of_cards() -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [],
        "query_string": b"",
    }

    async def receive() -> dict[str, Any]:
        return {}

    request = Request(scope, receive, "0123", "127.0.0.1")
    request.refused = Problem(401, "unauthenticated", cause=f"a token of {CARDS[0]}")
    with redirect_stdout(io.StringIO()) as output:
        Decisions(CollectorRegistry()).record(request, Answer(401, b""), 0.001)
    found = json.loads(output.getvalue().splitlines()[0])
    assert found["cause"] == f"a token of {HIDDEN}"
