"""The report as JUnit's XML: a suite a layer, a case a change."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from scaffold.drift.change import Change
from scaffold.drift.report.report import Report
from scaffold.drift.report.words import LAYERS, VERDICTS, approval, delta, headline, shown, where


def junit(report: Report) -> str:
    """What blocks fails, what is approved or was not looked at is skipped, the rest passes."""
    root = Element("testsuites", name="scaffold drift")
    for looked in report.layers:
        found = [each for each in report.changes if each.rule.layer == looked.layer]
        suite = _suite(root, looked.layer)
        if looked.why_not:
            case = _case(suite, looked.layer, f"compared: {LAYERS[looked.layer]}")
            SubElement(case, "skipped", message=shown(looked.why_not))
        elif not any(each.blocks for each in found):
            _case(suite, looked.layer, f"nobody may do more: {LAYERS[looked.layer]}")
        for change in found:
            _change(report, suite, change)
        _count(suite)
    listed = {each.layer for each in report.layers}
    rest = [each for each in report.changes if each.rule.layer not in listed]
    if rest or report.failures or report.stale:
        suite = _suite(root, "check")
        for change in rest:
            _change(report, suite, change)
        for failure in report.failures:
            case = _case(suite, "check", f"judged: {shown(failure)}")
            SubElement(case, "error", message=shown(failure), type="unjudged")
        for each in report.stale:
            case = _case(suite, "check", f"{shown(each.path)} is what the spec yields")
            SubElement(case, "failure", message=shown(each.message), type="stale")
        _count(suite)
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(each.get(key, "0")) for each in root)))
    indent(root)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{tostring(root, encoding='unicode')}\n"


def _suite(root: Element, layer: str) -> Element:
    return SubElement(root, "testsuite", name=f"scaffold.drift.{layer}")


def _case(suite: Element, layer: str, name: str) -> Element:
    return SubElement(suite, "testcase", classname=f"scaffold.drift.{layer}", name=name, time="0")


def _change(report: Report, suite: Element, change: Change) -> None:
    rule, place = change.rule, report.place(change)
    case = _case(suite, rule.layer, f"{rule.id} {delta(change)}")
    case.set("file", shown(report.in_repository(place.path)))
    case.set("line", str(max(1, place.line)))
    if change.approval is not None:
        SubElement(case, "skipped", message=approval(change))
    elif change.blocks:
        failure = SubElement(case, "failure", message=headline(change), type=rule.id)
        lines = [
            headline(change),
            f"{rule.severity} {rule.id} {rule.name} at {where(change)}",
            f"{delta(change)} ({VERDICTS[change.verdict]})",
            rule.why,
            rule.remedy,
            f"fingerprint: {change.fingerprint}",
        ]
        failure.text = "\n".join(lines)


def _count(suite: Element) -> None:
    cases = list(suite)
    suite.set("tests", str(len(cases)))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(sum(1 for each in cases if each.find(tag) is not None)))
