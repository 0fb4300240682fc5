"""The report as SARIF 2.1.0, for code scanning.

It has what blocks, what is approved (as suppressed) and what is new. What is narrower is no alert.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from scaffold import __version__
from scaffold.drift.change import Change
from scaffold.drift.report.report import Report
from scaffold.drift.report.words import SCORES, VERDICTS, approval, delta, headline, shown
from scaffold.drift.rule import Rule, Severity

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS: Final[Mapping[Severity, str]] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
}
ROOT: Final = "%SRCROOT%"
FINGERPRINT: Final = "scaffoldDrift/v1"


def sarif(report: Report) -> str:
    """The log of one run. Its locations are files of the head."""
    told = [each for each in report.changes if each.blocks or each.new or each.approval is not None]
    rules = {each.rule.id: each.rule for each in told}
    listed = [rules[each] for each in sorted(rules)]
    index = {each.id: number for number, each in enumerate(listed)}
    run = {
        "tool": {
            "driver": {
                "name": "scaffold",
                "semanticVersion": __version__,
                "rules": [_rule(each) for each in listed],
            }
        },
        "automationDetails": {"id": f"scaffold-drift/{_uri(report.prefix)}"},
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": [
            *(_result(report, each, index[each.rule.id]) for each in told),
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(each.capitalize() for each in rule.name.split("-")),
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": f"{rule.what} {rule.why}"},
        "help": {
            "text": f"{rule.what}\n\n{rule.why}\n\n{rule.remedy}",
            "markdown": f"{rule.what}\n\n**Why:** {rule.why}\n\n**What to do:** {rule.remedy}\n\n"
            f"`scaffold explain {rule.id}` shows an example.",
        },
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": ["security", "drift", rule.layer, *rule.controls],
            "security-severity": SCORES[rule.severity],
            "precision": "high",
        },
    }


def _result(report: Report, change: Change, index: int) -> dict[str, Any]:
    place = report.place(change)
    lines = [headline(change)]
    if change.witness:
        lines.append(delta(change))
    lines.append(f"This is {VERDICTS[change.verdict]}. {change.rule.why}")
    return {
        "ruleId": change.rule.id,
        "ruleIndex": index,
        "kind": "fail",
        "level": "note" if change.new else LEVELS[change.severity],
        "message": {"text": _plain("\n".join(lines))},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {
                        "uri": _uri(report.in_repository(place.path)),
                        "uriBaseId": ROOT,
                    },
                    "region": {"startLine": max(1, place.line)},
                },
                "logicalLocations": [{"fullyQualifiedName": shown(change.key)}],
            }
        ],
        # The first is what GitHub takes; it stays the same when lines move.
        "partialFingerprints": {
            "primaryLocationLineHash": f"{change.fingerprint}:1",
            FINGERPRINT: change.fingerprint,
        },
        **({} if change.approval is None else {"suppressions": _suppressions(change)}),
        "properties": {
            "from": shown(change.old),
            "to": shown(change.now),
            "verdict": change.verdict,
            "clients": change.clients,
        },
    }


def _suppressions(change: Change) -> Sequence[Mapping[str, str]]:
    return [{"kind": "external", "status": "accepted", "justification": approval(change)}]


def _invocation(report: Report) -> dict[str, Any]:
    said = [*report.failures, *(f"{each.path}: {each.message}" for each in report.stale)]
    return {
        "executionSuccessful": not report.failures,
        "exitCode": report.exit_code(),
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": _plain(shown(each))}} for each in said
        ],
    }


def _plain(text: str) -> str:
    """Text in which nothing is a link."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _uri(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")
