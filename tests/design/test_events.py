"""Security events: ids that are nobody else's, and alerts that Prometheus reads."""

import re
from typing import Any

import pytest
import yaml

from scaffold.design.events import SecurityEvent, events
from scaffold.design.resolve import resolve
from scaffold.plan.files import unformatted
from scaffold.spec.load import load, loads
from tests.emitted import SPECS

GIVING = """
scaffold: 2
service: {name: library, title: Library}
tenancy: {tenant: town}
identity:
  issuers: [{issuer: "https://login.example.com/", audience: library, algorithms: [ES256]}]
roles:
  reader: {can: [{do: [list, read], on: book}]}
  keeper:
    mfa: any
    can: [{do: [list, read], on: [book, member]}, {do: assign, on: member, roles: GIVEN}]
resources: {book: {fields: {title: {type: string, max: 80}}}}
"""
SERVICES = ("invoicing", "recruiting")
ID = re.compile(r"SEC-[0-9]{3}")


def of(name: str) -> list[SecurityEvent]:
    """The events of a reference spec."""
    return list(events(resolve(load(SPECS / f"{name}.yaml"))))


def test_an_id_is_of_one_event() -> None:
    found: dict[str, str] = {}
    for each in (each for name in SERVICES for each in of(name)):
        assert ID.fullmatch(each.id)
        assert found.setdefault(each.id, each.name) == each.name
    assert len(set(found.values())) == len(found)


def test_only_what_a_spec_can_raise_is_there() -> None:
    found = {each.name for each in of("recruiting")}
    assert "audit_events_exported" in found and "member_deactivated" not in found
    found = {each.name for each in of("invoicing")}
    assert "member_deactivated" in found and "audit_events_exported" not in found


@pytest.mark.parametrize(("given", "values"), [("reader", ()), ("[reader, keeper]", ("keeper",))])
def test_a_privileged_role_is_one_that_asks_for_more(given: str, values: tuple[str, ...]) -> None:
    found = {each.name: each for each in events(resolve(loads(GIVING.replace("GIVEN", given))))}
    event = found.get("privileged_role_given")
    assert (event.values if event else ()) == values


def emitted(service: str, name: str) -> Any:
    """One of the files of alerts."""
    files = unformatted(resolve(load(SPECS / f"{service}.yaml")))
    return yaml.safe_load(files[f"{service}/telemetry/{name}"])


@pytest.mark.parametrize("service", SERVICES)
def test_the_alerts_are_as_prometheus_reads_them(service: str) -> None:
    """After the schema of rule files in its documentation; promtool is asked by hand."""
    (group,) = emitted(service, "alerts.yml")["groups"]
    assert group.keys() == {"name", "rules"}
    for rule, event in zip(group["rules"], of(service), strict=True):
        assert rule.keys() == {"alert", "expr", "labels", "annotations"}
        assert re.fullmatch("[A-Z][A-Za-z]+", rule["alert"])
        assert rule["labels"] == {"severity": event.severity, "event": event.id}
        assert rule["annotations"] == {"summary": event.says, "description": event.response}
        assert rule["expr"] == (
            f'sum by (job) (increase(security_events_total{{event="{event.id}"}}'
            f"[{event.minutes}m])) > {event.above}"
        )


@pytest.mark.parametrize("service", SERVICES)
def test_the_tests_of_alerts_are_about_all_of_them(service: str) -> None:
    document = emitted(service, "alerts_test.yml")
    assert document["rule_files"] == ["alerts.yml"]
    (group,) = emitted(service, "alerts.yml")["groups"]
    for test, rule in zip(document["tests"], group["rules"], strict=True):
        quiet, fired = test["alert_rule_test"]
        assert {quiet["alertname"], fired["alertname"]} == {rule["alert"]}
        assert quiet["exp_alerts"] == []
        (alert,) = fired["exp_alerts"]
        assert alert["exp_labels"] == {**rule["labels"], "job": service}
        assert alert["exp_annotations"] == rule["annotations"]
