"""What somebody should look at is raised and counted, and names nobody (ID-8, MON-1)."""

import io
import json
import re
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.types import Message

from notes.gate.answers import Answer
from notes.gate.dispatch import Request
from notes.gate.identity import Principal
from notes.gate.problems import Problem, not_found, unauthenticated
from notes.telemetry import events
from notes.telemetry.decisions import Decisions
from notes.telemetry.events import (
    EVENTS,
    MEMORY,
    NETWORKS,
    OF_CAUSES,
    OF_OPERATIONS,
    OF_REASONS,
    REFUSALS,
    REFUSALS_SECONDS,
    SecurityEvent,
    SecurityEvents,
)
from tests.contract.harness import TABLE, Service, allowed, reachable

TENANT = "00000000-0000-4000-8000-000000000001"
ADDRESS = "203.0.113.7"


async def nothing() -> Message:
    raise AssertionError("nobody reads the body")


class Watched:
    """Decisions of requests that are made up, and what they raise."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.decisions = Decisions(self.registry)

    def ids(
        self,
        operation: str = "",
        refused: Problem | None = None,
        pseudonym: str | None = "0123456789abcdef",
        address: str = ADDRESS,
        body: str = "",
    ) -> list[str]:
        """The ids of the events that one decision raises."""
        request = Request({"type": "http"}, nothing, "0123", address)
        request.operation = TABLE[operation] if operation else None
        request.refused = refused
        if pseudonym is not None:
            request.principal = principal(pseudonym)
        answer = Answer(200, b"{}") if refused is None else refused.answer()
        with redirect_stdout(io.StringIO()) as output:
            self.decisions.record(request, answer, 0.001)
        decision, *rest = map(json.loads, output.getvalue().splitlines())
        assert decision["event"] == "decision"
        for line in rest:
            assert line["event"] == "security_event"
            assert line["request_id"] == "0123"
            assert line["principal"] == pseudonym
            assert ADDRESS not in json.dumps(line)
        return [line["id"] for line in rest]

    def count(self, event: SecurityEvent) -> float | None:
        """How many of an event are counted."""
        return self.registry.get_sample_value(
            "security_events_total", {"event": event.id}
        )


def principal(pseudonym: str) -> Principal:
    """A caller."""
    return Principal(
        tenant_id=TENANT,
        pseudonym=pseudonym,
        factors="any",
        caller="{}",
        counted={},
        expires_at=0,
    )


def test_the_counters_are_there_before_the_events() -> None:
    watched = Watched()
    assert {watched.count(each) for each in EVENTS} == {0}
    assert len({each.id for each in EVENTS}) == len(EVENTS)


@pytest.mark.parametrize(
    ("operation", "event"),
    [(operation, each) for operation, found in OF_OPERATIONS.items() for each in found],
)
def test_an_operation_raises_its_event(operation: str, event: SecurityEvent) -> None:
    watched = Watched()
    body = ""
    assert event.id in watched.ids(operation, body=body)
    assert watched.count(event) == 1
    assert event.id not in watched.ids(operation, not_found(), body=body)


@pytest.mark.parametrize(
    "operation", [each for each in reachable() if each in OF_OPERATIONS]
)
def test_the_service_raises_it(service: Service, operation: str) -> None:
    request = allowed(service, operation)
    expected = {each.id for each in OF_OPERATIONS[operation]}
    with redirect_stdout(io.StringIO()) as output:
        response = request.send()
        assert response.is_success, response.text
        known = response.headers["x-request-id"]
        for _ in range(500):
            lines = [each for each in output.getvalue().splitlines() if known in each]
            raised = {
                json.loads(each)["id"] for each in lines[1:] if each.endswith("}")
            }
            if lines and raised == expected:
                return
            time.sleep(0.01)
    raise AssertionError(f"{raised} and not {expected}")


@pytest.mark.parametrize("reason", OF_REASONS)
def test_a_reason_raises_its_event(reason: str) -> None:
    watched = Watched()
    found = watched.ids(reachable()[0], Problem(403, reason))
    assert found == [each.id for each in OF_REASONS[reason]]
    assert [watched.count(each) for each in OF_REASONS[reason]] == [1] * len(found)


@pytest.mark.parametrize("cause", OF_CAUSES)
def test_a_bad_credential_raises_its_event(cause: str) -> None:
    found = Watched().ids(reachable()[0], unauthenticated(cause))
    assert found == [each.id for each in OF_CAUSES[cause]]
    assert Watched().ids(reachable()[0], unauthenticated("expired")) == []


@pytest.mark.parametrize("pseudonym", ["0123456789abcdef", None])
def test_repeated_refusals_are_one_event(pseudonym: str | None) -> None:
    watched = Watched()
    found = [watched.ids("", not_found(), pseudonym) for _ in range(3 * REFUSALS)]
    assert list(chain(*found)) == [events.REPEATED_REFUSALS.id]
    assert found[REFUSALS - 1] == [events.REPEATED_REFUSALS.id]
    other = watched.ids("", not_found(), "fedcba9876543210", "198.51.100.1")
    assert other == [], "of another one"


def test_refusals_are_counted_within_their_time() -> None:
    moments = iter(range(0, 10_000 * REFUSALS, int(REFUSALS_SECONDS) // 10))
    watched = SecurityEvents(CollectorRegistry(), lambda: float(next(moments)))
    assert not any(watched._is_too_much("somebody") for _ in range(3 * REFUSALS))


def test_what_is_remembered_is_bounded() -> None:
    watched = SecurityEvents(CollectorRegistry())
    for number in range(MEMORY + 10):
        watched._is_too_much(str(number))
        watched._is_new(str(number), ADDRESS)
    assert len(watched._refused) == len(watched._networks) == MEMORY
    for number in range(3 * NETWORKS):
        watched._is_new("somebody", f"10.0.{number}.1")
    assert len(watched._networks["somebody"]) == NETWORKS
    assert ADDRESS not in repr(vars(watched))


@pytest.mark.parametrize(
    ("first", "same", "other"),
    [
        (ADDRESS, "203.0.113.200", "203.0.114.7"),
        ("2001:db8:1::1", "2001:db8:1:ffff::2", "2001:db8:2::1"),
        ("2001:db8::1", "2001:db8:0:1::1", "2001:db8:1::1"),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", "::ffff:203.0.114.7"),
        ("unknown", "unknown", ADDRESS),
    ],
)
def test_another_network_is_an_event(first: str, same: str, other: str) -> None:
    watched = Watched()
    operation = next((each for each in reachable() if each not in OF_OPERATIONS), "")
    assert watched.ids(operation, address=first) == []
    assert watched.ids(operation, address=same) == []
    assert watched.ids(operation, pseudonym="fedcba9876543210", address=other) == []
    assert watched.ids(operation, address=other) == [events.NEW_NETWORK.id]
    assert watched.ids(operation, address=first) == []
    assert watched.ids(operation, address=other) == []


def alerts() -> Iterator[tuple[str, str]]:
    """The alerts, each with the id of its event."""
    text = Path(str(events.__file__)).with_name("alerts.yml").read_text("utf-8")
    yield from re.findall(r'- alert: (\w+)\n +expr: .*event="([\w-]+)"', text)


def test_each_event_has_an_alert() -> None:
    found: list[Any] = sorted(event for _, event in alerts())
    assert found == sorted(each.id for each in EVENTS)
