"""The report as data: JSON, SARIF and JUnit."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import jsonschema
import pytest

from scaffold.drift.report import Report, render
from scaffold.drift.report.data import as_data, schema
from scaffold.drift.report.words import SCORES

from .samples import CLEAN, EVIL, GRANTED, HOSTILE, ORDINARY, PATH

EACH = pytest.mark.parametrize("report", [ORDINARY, EVIL, CLEAN], ids=["ordinary", "evil", "clean"])
SARIF = json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text(encoding="utf-8"))


def closed(node: Any) -> Any:
    """A schema in which every object has the keys that it names, and no other."""
    if isinstance(node, dict):
        found = {key: closed(each) for key, each in node.items()}
        if "properties" in node and "additionalProperties" not in node:
            found["additionalProperties"] = False
            assert set(node["required"]) <= set(node["properties"])
        return found
    return [closed(each) for each in node] if isinstance(node, list) else node


@EACH
def test_json_is_as_its_schema_says(report: Report) -> None:
    published = json.loads(schema())
    jsonschema.Draft202012Validator.check_schema(published)
    data = json.loads(render(report, "json"))
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(published, format_checker=checker).validate(data)
    jsonschema.Draft202012Validator(closed(published), format_checker=checker).validate(data)
    assert data == as_data(report)


def test_json_has_all_of_a_change() -> None:
    data = json.loads(render(ORDINARY, "json"))
    (found,) = (each for each in data["changes"] if each["fingerprint"] == GRANTED.fingerprint)
    assert (found["from"], found["to"]) == (GRANTED.old, GRANTED.now)
    assert found["place"] == {
        "path": "services/billing app/scaffold.yaml",
        "line": 42,
        "in": "head",
    }
    assert (data["exit_code"], data["outcome"]) == (1, "insecure")
    assert data["counts"] == {
        "blocking": 4,
        "approved": 1,
        "notes": 1,
        "narrowed": 2,
        "by_severity": {"critical": 2, "high": 1, "medium": 1, "low": 0},
    }
    (gone,) = (each for each in data["changes"] if each["rule"] == "SCF601")
    assert gone["to"] is None and gone["place"]["in"] == "base"
    (allowed,) = (each for each in data["changes"] if each["approval"])
    assert allowed["approval"]["expires"] == "2026-12-24" and not allowed["blocks"]


def test_json_keeps_what_was_said_and_is_ascii() -> None:
    text = render(EVIL, "json")
    assert text.isascii()
    assert json.loads(text)["changes"][0]["from"] == HOSTILE


@EACH
def test_sarif_is_as_the_standard_says(report: Report) -> None:
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    log = json.loads(render(report, "sarif"))
    jsonschema.Draft4Validator(SARIF, format_checker=checker).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for each in run["results"]:
        assert rules[each["ruleIndex"]]["id"] == each["ruleId"]
        (location,) = each["locations"]
        place = location["physicalLocation"]
        uri = place["artifactLocation"]["uri"]
        assert re.fullmatch(r"(?:[\w./~-]|%[0-9A-F]{2})+", uri, re.ASCII)
        path = unquote_to_bytes(uri).decode("utf-8", "surrogateescape")
        assert path.removeprefix(report.prefix) in report.paths
        assert place["region"]["startLine"] >= 1
        assert each["partialFingerprints"]["primaryLocationLineHash"].endswith(":1")


def test_sarif_says_what_code_scanning_shows() -> None:
    (run,) = json.loads(render(ORDINARY, "sarif"))["runs"]
    for each in run["tool"]["driver"]["rules"]:
        assert each["properties"]["security-severity"] in SCORES.values()
        assert {"security", "drift", "AZ-1"} <= set(each["properties"]["tags"])
        assert each["help"]["text"] and each["help"]["markdown"] and each["fullDescription"]["text"]
    levels = [(each["ruleId"], each["level"]) for each in run["results"]]
    assert levels == [
        ("SCF102", "error"),
        ("SCF301", "error"),
        ("SCF101", "error"),
        ("SCF601", "warning"),
        ("SCF101", "note"),
        ("SCF101", "error"),
    ]
    (allowed,) = (each for each in run["results"] if "suppressions" in each)
    assert "SEC-41" in allowed["suppressions"][0]["justification"]
    assert run["invocations"][0]["executionSuccessful"] is True
    assert run["automationDetails"]["id"] == "scaffold-drift/services/billing%20app/"


def test_sarif_of_a_crash_is_no_success() -> None:
    (run,) = json.loads(render(EVIL, "sarif"))["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False and invocation["exitCode"] == 2
    assert len(invocation["toolExecutionNotifications"]) == 2


def test_text_of_a_project_is_no_link_in_sarif() -> None:
    (run,) = json.loads(render(EVIL, "sarif"))["runs"]
    for each in run["results"]:
        text = each["message"]["text"].replace("\\\\", "")
        assert not re.search(r"(?<!\\)[\[\]]", text)
        assert "[l\\](https" in text


@EACH
def test_junit_counts_what_it_has(report: Report) -> None:
    root = ElementTree.fromstring(render(report, "junit").encode())  # noqa: S314 - made here
    counted = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in root:
        cases = suite.findall("testcase")
        found = {
            "tests": len(cases),
            "failures": len(suite.findall("testcase/failure")),
            "errors": len(suite.findall("testcase/error")),
            "skipped": len(suite.findall("testcase/skipped")),
        }
        assert {key: int(suite.attrib[key]) for key in found} == found
        counted = {key: counted[key] + found[key] for key in counted}
        names = [case.attrib["name"] for case in cases]
        assert len(names) == len(set(names))
    assert {key: int(root.attrib[key]) for key in counted} == counted
    assert counted["failures"] == len(report.blocking) + len(report.stale)
    assert counted["errors"] == len(report.failures)


def test_a_layer_that_nobody_looked_at_is_skipped_and_never_passed() -> None:
    root = ElementTree.fromstring(render(ORDINARY, "junit").encode())  # noqa: S314 - made here
    for layer in ("application", "database"):
        (suite,) = (each for each in root if each.attrib["name"] == f"scaffold.drift.{layer}")
        assert [len(case) for case in suite] == [1]
        assert suite.find("testcase/skipped") is not None


def test_a_hostile_path_is_escaped_in_junit() -> None:
    root = ElementTree.fromstring(render(EVIL, "junit").encode())  # noqa: S314 - made here
    files = [case.attrib["file"] for case in root.iter("testcase") if "file" in case.attrib]
    assert any("\\x1b[31m" in each for each in files) and PATH not in files
